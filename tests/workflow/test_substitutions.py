"""Definitions as texts with placeholders: each value of the template stands in them once, under a telling name."""

import json

import aws_cdk as cdk
import pytest

from mlops_constructs.workflow.substitutions import as_joined, with_substitutions


def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "one")


def test_a_value_that_stands_in_a_definition_twice_has_one_placeholder() -> None:
    text, values = with_substitutions(stack(), {"a": f"arn:{cdk.Aws.PARTITION}:x", "b": cdk.Aws.PARTITION, "c": 1})
    assert text == '{"a":"arn:${AWSPartition}:x","b":"${AWSPartition}","c":1}'
    assert list(values) == ["AWSPartition"]


def test_with_its_values_the_text_is_the_definition_again() -> None:
    own = stack()
    topic = cdk.CfnResource(own, "Topic", type="AWS::SNS::Topic")
    definition = {"topic": topic.get_att("TopicArn").to_string(), "region": cdk.Aws.REGION, "plain": "{% $x %}"}
    text, values = with_substitutions(own, definition)
    joined = as_joined({"DefinitionString": text, "DefinitionSubstitutions": own.resolve(values)})
    assert joined["Fn::Join"][1][1::2] == [{"Fn::GetAtt": ["Topic", "TopicArn"]}, {"Ref": "AWS::Region"}]
    assert json.loads("".join(part if isinstance(part, str) else "x" for part in joined["Fn::Join"][1])) == {
        "topic": "x",
        "region": "x",
        "plain": "{% $x %}",
    }


def test_a_value_that_is_no_reference_is_refused() -> None:
    lazy = cdk.Fn.select(0, cdk.Fn.get_azs())
    with pytest.raises(ValueError, match="neither a reference nor an asset"):
        with_substitutions(stack(), {"zone": lazy})


def test_two_values_of_one_name_are_refused() -> None:
    own = stack()
    first, second = (cdk.CfnResource(own, name, type="AWS::SNS::Topic") for name in ("AB", "A"))
    definition = {"one": first.get_att("C").to_string(), "two": second.get_att("BC").to_string()}
    with pytest.raises(ValueError, match="two values of a definition have one name"):
        with_substitutions(own, definition)
