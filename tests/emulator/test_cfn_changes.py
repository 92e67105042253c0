"""Updates: what can change in place does, what cannot is replaced, and a named resource is never replaced silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, lambda_runtime, statement
from tests.emulator.functions import LOGS
from tests.emulator.stacks import Stacks, refused, resource


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


def _network(**changed: Any) -> dict[str, Any]:
    nat = {"SubnetId": {"Ref": "One"}, "AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}, **changed}
    return {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.5.0.0/16"),
        "One": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.5.0.0/24"),
        "Two": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.5.1.0/24"),
        "Address": resource("AWS::EC2::EIP", Domain="vpc"),
        "Nat": resource("AWS::EC2::NatGateway", **nat),
    }


def test_an_immutable_change_replaces_the_resource(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    before = stacks.physical_id(name, "Nat")
    stacks.update(name, _network(SubnetId={"Ref": "Two"}))
    after = stacks.physical_id(name, "Nat")
    assert after != before
    gateways = emulator.client("ec2").describe_nat_gateways()["NatGateways"]
    assert [gateway["NatGatewayId"] for gateway in gateways if gateway["NatGatewayId"] in (before, after)] == [after]


def test_a_change_of_tags_keeps_the_resource(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    before = stacks.physical_id(name, "Nat")
    stacks.update(name, _network(Tags=[{"Key": "team", "Value": "risk"}]))
    assert stacks.physical_id(name, "Nat") == before
    gateway = emulator.client("ec2").describe_nat_gateways(NatGatewayIds=[before])["NatGateways"][0]
    assert {"Key": "team", "Value": "risk"} in gateway["Tags"]


def test_a_change_set_tells_a_replacement(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    cloudformation = emulator.client("cloudformation")
    template = json.dumps({"Resources": _network(SubnetId={"Ref": "Two"})})
    cloudformation.create_change_set(StackName=name, ChangeSetName="look", TemplateBody=template)
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="look")
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in described["Changes"]}
    assert changes["Nat"]["Replacement"] == "True"


def test_a_named_resource_that_needs_replacing_is_refused(stacks: Stacks) -> None:
    def table(key: str) -> dict[str, Any]:
        return {
            "Table": resource(
                "AWS::DynamoDB::Table",
                TableName="mlops-test-named",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            )
        }

    name = stacks.create(table("one"))
    reason = refused(lambda: stacks.update(name, table("two")))
    assert "cannot update a stack when a custom-named resource requires replacing" in reason


def test_objects_survive_a_change_of_their_bucket(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create({"Bucket": resource("AWS::S3::Bucket")})
    bucket, s3 = stacks.physical_id(name, "Bucket"), emulator.client("s3")
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    rules = {"Rules": [{"Status": "Enabled", "ExpirationInDays": 1}]}
    stacks.update(name, {"Bucket": resource("AWS::S3::Bucket", LifecycleConfiguration=rules)})
    assert stacks.physical_id(name, "Bucket") == bucket
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"] == {"Days": 1}
    stacks.update(name, {"Bucket": resource("AWS::S3::Bucket")})
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="k")


def test_resources_wait_for_what_they_depend_on(stacks: Stacks, emulator: Emulator) -> None:
    """A mapping is refused while the function's role may not read the queue, so order decides."""
    runtime, architecture = lambda_runtime()
    role = emulator.role("ordered", "lambda.amazonaws.com", [LOGS])
    read = statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    policy = {"Version": "2012-10-17", "Statement": [read]}
    resources = {
        "Queue": resource("AWS::SQS::Queue", VisibilityTimeout=60),
        "Function": resource(
            "AWS::Lambda::Function",
            Code={"ZipFile": "def handler(event, context): pass"},
            Role=role,
            Runtime=runtime,
            Architectures=[architecture],
            Handler="index.handler",
        ),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
            FunctionName={"Ref": "Function"},
            BatchSize=10,
        ),
        "Policy": resource("AWS::IAM::Policy", PolicyName="read", PolicyDocument=policy, Roles=["ordered"]),
    }
    too_late = {**resources, "Policy": {**resources["Policy"], "DependsOn": "Mapping"}}
    assert "does not have permissions to call ReceiveMessage" in refused(lambda: stacks.create(too_late))
    in_time = {**resources, "Mapping": {**resources["Mapping"], "DependsOn": "Policy"}}
    stacks.create(in_time)


def test_a_weak_reference_reads_the_other_stacks_output(stacks: Stacks, emulator: Emulator) -> None:
    producer = stacks.create({"Queue": resource("AWS::SQS::Queue")}, {"Name": {"Fn::GetAtt": ["Queue", "QueueName"]}})
    reference = {"Fn::GetStackOutput": {"StackName": producer, "OutputName": "Name"}}
    consumer = stacks.create(
        {"Parameter": resource("AWS::SSM::Parameter", Name="/weak", Type="String", Value=reference)}
    )
    value = emulator.client("ssm").get_parameter(Name="/weak")["Parameter"]["Value"]
    assert value == stacks.outputs(producer)["Name"]
    stacks.delete(consumer)
    missing = {"Fn::GetStackOutput": {"StackName": producer, "OutputName": "Nothing"}}
    wrong = {"Parameter": resource("AWS::SSM::Parameter", Name="/weak", Type="String", Value=missing)}
    assert "Nothing" in refused(lambda: stacks.create(wrong))


def test_a_condition_that_flips_adds_and_removes_its_resource(stacks: Stacks, emulator: Emulator) -> None:
    """Recorded on AWS: localstack/localstack tests/aws/services/cloudformation/test_change_set_conditions.py,
    test_condition_update_removes_resource and test_condition_update_adds_resource."""
    cloudformation, name = emulator.client("cloudformation"), "flipping"
    stacks.names.append(name)
    kept, held = resource("AWS::SNS::Topic"), {**resource("AWS::SNS::Topic"), "Condition": "Wanted"}

    def change(kind: str, other: str) -> list[tuple[str, str]]:
        body = json.dumps(
            {"Conditions": {"Wanted": {"Fn::Equals": ["yes", other]}}, "Resources": {"Kept": kept, "Held": held}}
        )
        asked = {"StackName": name, "ChangeSetName": "again"}
        cloudformation.create_change_set(**asked, ChangeSetType=kind, TemplateBody=body)
        found = cloudformation.describe_change_set(**asked)
        assert found["Status"] == "CREATE_COMPLETE", found
        cloudformation.execute_change_set(**asked)
        cloudformation.get_waiter(f"stack_{kind.lower()}_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        changes = [one["ResourceChange"] for one in found["Changes"]]
        return [(one["Action"], one["LogicalResourceId"]) for one in changes]

    assert change("CREATE", "no") == [("Add", "Kept")]
    assert change("UPDATE", "yes") == [("Add", "Held")]
    assert len(cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]) == 2
    assert change("UPDATE", "no") == [("Remove", "Held")]
