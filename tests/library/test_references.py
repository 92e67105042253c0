"""Values that another stack may hold on to, their handing on, and lookups made once (ADR 11)."""

from typing import Any

import pytest
from aws_cdk import App, CfnOutput, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from constructs import Construct

from mlops_constructs.references import hand_on, hold, look_up_once


def _template(stack: Stack) -> dict[str, Any]:
    return dict(Template.from_stack(stack).to_json())


def _exports(stack: Stack) -> list[Any]:
    return [output["Value"] for output in _template(stack).get("Outputs", {}).values() if "Export" in output]


def _stacks() -> tuple[Stack, Stack]:
    app = App()
    return Stack(app, "producer"), Stack(app, "consumer")


def test_what_is_held_is_exported_before_anybody_uses_it() -> None:
    producer, _consumer = _stacks()
    bucket = s3.Bucket(producer, "Data")
    hold(bucket)
    logical_id = producer.get_logical_id(bucket.node.default_child)  # type: ignore[arg-type]
    exported = _exports(producer)
    assert {"Ref": logical_id} in exported
    assert {"Fn::GetAtt": [logical_id, "Arn"]} in exported
    assert len(exported) == 2


def test_of_a_role_only_the_name_is_exported() -> None:
    producer, _consumer = _stacks()
    hold(iam.Role(producer, "Role", assumed_by=iam.ServicePrincipal("glue.amazonaws.com")))
    [exported] = _exports(producer)
    assert list(exported) == ["Ref"]


def test_another_stack_imports_what_is_held() -> None:
    producer, consumer = _stacks()
    held = s3.CfnBucket(producer, "Held")
    hold(held)
    CfnOutput(consumer, "HeldName", value=held.ref)
    export = next(
        output["Export"]["Name"]
        for output in _template(producer)["Outputs"].values()
        if output["Value"] == {"Ref": producer.get_logical_id(held)}
    )
    assert _template(consumer)["Outputs"]["HeldName"]["Value"] == {"Fn::ImportValue": export}


def test_several_constructs_are_held_at_once() -> None:
    producer, _consumer = _stacks()
    hold(s3.CfnBucket(producer, "One"), s3.CfnBucket(producer, "Two"))
    assert len(_exports(producer)) == 4


def test_what_comes_and_goes_cannot_be_held() -> None:
    producer, _consumer = _stacks()
    with pytest.raises(KeyError, match="AWS::SQS::Queue"):
        hold(sqs.Queue(producer, "Queue"))
    assert _exports(producer) == []


def test_a_construct_that_is_no_resource_cannot_be_held() -> None:
    producer, _consumer = _stacks()
    with pytest.raises(AssertionError, match="producer/Group is no resource"):
        hold(Construct(producer, "Group"))


def test_a_held_value_is_handed_on_under_the_name_of_the_stack_that_hands_it_on() -> None:
    _producer, consumer = _stacks()
    returned = hand_on(consumer, "Vpc", "vpc-1")
    template = _template(consumer)
    assert template["Outputs"]["Vpc"] == {"Value": "vpc-1", "Export": {"Name": "consumer:Vpc"}}
    assert consumer.resolve(returned) == {"Fn::ImportValue": "consumer:Vpc"}
    assert template["Metadata"]["cfn-lint"] == {"config": {"ignore_checks": ["W6001"]}}


def test_what_is_looked_up_is_kept_in_one_parameter_each_and_read_from_there() -> None:
    _producer, consumer = _stacks()
    returned = look_up_once(consumer, "Found", {"gate_function": "arn:gate", "queue": "arn:queue"})
    parameters = {
        name: resource["Properties"]
        for name, resource in _template(consumer)["Resources"].items()
        if resource["Type"] == "AWS::SSM::Parameter"
    }
    assert {name[:-8]: value["Value"] for name, value in parameters.items()} == {
        "FoundGateFunction": "arn:gate",
        "FoundQueue": "arn:queue",
    }
    assert {value["Type"] for value in parameters.values()} == {"String"}
    assert list(returned) == ["gate_function", "queue"]
    for name, token in returned.items():
        assert Token.is_unresolved(token)
        logical_id, attribute = consumer.resolve(token)["Fn::GetAtt"]
        assert attribute == "Value"
        assert parameters[logical_id]["Value"] == {"gate_function": "arn:gate", "queue": "arn:queue"}[name]
