"""CloudFormation drops nothing: unknown types and properties are refused, and so are deletions that AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.emulator.cloudformation.kept import KEPT
from tests.emulator.conftest import Emulator, lambda_runtime, statement
from tests.emulator.stacks import Stacks, refused, resource


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


@pytest.mark.parametrize("kind", ["AWS::SageMaker::Pipeline", "AWS::Glue::Blueprint", "AWS::EC2::TransitGateway"])
def test_an_unknown_type_is_refused_before_anything_is_made(stacks: Stacks, kind: str) -> None:
    reason = refused(lambda: stacks.create({"Known": resource("AWS::SQS::Queue"), "Unknown": resource(kind)}))
    assert f"Unrecognized resource types: [{kind}]" in reason


OWN_TYPES: list[tuple[str, dict[str, Any]]] = [
    ("AWS::EC2::EIP", {}),
    ("AWS::EC2::NatGateway", {"SubnetId": "subnet-1"}),
    ("AWS::EC2::FlowLog", {"ResourceId": "vpc-1", "ResourceType": "VPC"}),
    ("AWS::EC2::SecurityGroupIngress", {"GroupId": "sg-1", "IpProtocol": "tcp"}),
    ("AWS::EC2::SecurityGroupEgress", {"GroupId": "sg-1", "IpProtocol": "tcp"}),
    ("AWS::S3::Bucket", {}),
    ("AWS::DynamoDB::Table", {"KeySchema": [], "AttributeDefinitions": []}),
    ("AWS::Lambda::Function", {"Code": {}, "Role": "r", "Runtime": "python3.11", "Handler": "h.h"}),
    ("AWS::Lambda::EventSourceMapping", {"EventSourceArn": "arn:a", "FunctionName": "f"}),
    ("AWS::Glue::Job", {"Command": {}, "Role": "r"}),
    ("AWS::Glue::Crawler", {"Role": "r", "Targets": {}}),
    ("AWS::Glue::Classifier", {}),
    ("AWS::Glue::SecurityConfiguration", {"EncryptionConfiguration": {}}),
    ("AWS::StepFunctions::StateMachine", {"RoleArn": "r"}),
    ("AWS::SageMaker::ModelPackageGroup", {"ModelPackageGroupName": "g"}),
    ("AWS::SageMaker::Domain", {"AuthMode": "IAM", "DomainName": "d", "DefaultUserSettings": {}}),
    ("AWS::SageMaker::UserProfile", {"DomainId": "d", "UserProfileName": "u"}),
]


@pytest.mark.parametrize(("kind", "properties"), OWN_TYPES, ids=[kind for kind, _properties in OWN_TYPES])
def test_an_unknown_property_of_our_types_is_refused(stacks: Stacks, kind: str, properties: dict[str, Any]) -> None:
    reason = refused(lambda: stacks.create({"It": resource(kind, **properties, Misspelt="x")}))
    assert f"Properties validation failed for {kind}: extraneous key [Misspelt] is not permitted" in reason


@pytest.mark.parametrize("kind", sorted(KEPT))
def test_a_property_that_a_stock_type_would_drop_is_refused(stacks: Stacks, kind: str) -> None:
    reason = refused(lambda: stacks.create({"It": resource(kind, Misspelt="x")}))
    assert f"Properties validation failed for {kind}: extraneous key [Misspelt] is not permitted" in reason


def test_a_missing_required_property_is_refused(stacks: Stacks) -> None:
    reason = refused(lambda: stacks.create({"Group": resource("AWS::SageMaker::ModelPackageGroup")}))
    assert "required key [ModelPackageGroupName] not found" in reason


def test_a_wrong_field_inside_a_glue_job_is_refused(stacks: Stacks, emulator: Emulator) -> None:
    role = emulator.role("nested", "glue.amazonaws.com")
    job = resource("AWS::Glue::Job", Role=role, Command={"Name": "glueetl", "Script": "s3://bucket/key.py"})
    assert 'Unknown parameter in Command: "Script"' in refused(lambda: stacks.create({"Job": job}))


def test_a_lifecycle_rule_with_an_unknown_field_is_refused(stacks: Stacks) -> None:
    rules = {"Rules": [{"Status": "Enabled", "ExpireAfter": 3}]}
    bucket = resource("AWS::S3::Bucket", LifecycleConfiguration=rules)
    assert "extraneous key [ExpireAfter]" in refused(lambda: stacks.create({"Bucket": bucket}))


def test_a_bucket_that_is_not_empty_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create({"Bucket": resource("AWS::S3::Bucket", VersioningConfiguration={"Status": "Enabled"})})
    bucket = stacks.physical_id(name, "Bucket")
    s3 = emulator.client("s3")
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    assert "not empty" in refused(lambda: stacks.delete(name))
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert "not empty" in refused(lambda: stacks.delete(name))
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker)
    stacks.delete(name)


def test_a_protected_table_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    table = resource(
        "AWS::DynamoDB::Table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        DeletionProtectionEnabled=True,
    )
    name = stacks.create({"Table": table})
    assert "protected against deletion" in refused(lambda: stacks.delete(name))
    physical = stacks.physical_id(name, "Table")
    emulator.client("dynamodb").update_table(TableName=physical, DeletionProtectionEnabled=False)
    stacks.delete(name)


@pytest.mark.parametrize("held", ["Group", "Subnet"])
def test_what_an_interface_uses_is_not_deleted(stacks: Stacks, emulator: Emulator, held: str) -> None:
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.1.0.0/16"),
        "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.1.0.0/24"),
        "Group": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}, GroupDescription="g"),
    }
    name = stacks.create(resources)
    ec2 = emulator.client("ec2")
    subnet, group = stacks.physical_id(name, "Subnet"), stacks.physical_id(name, "Group")
    interface = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    without = {key: value for key, value in resources.items() if key != held}
    stacks.update(name, without)
    kept = ec2.describe_security_groups() if held == "Group" else ec2.describe_subnets()
    assert (group if held == "Group" else subnet) in str(kept)
    assert "DependencyViolation" in str(
        emulator.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    )
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    stacks.delete(name)


def test_a_function_in_a_network_holds_its_security_group(stacks: Stacks, emulator: Emulator) -> None:
    actions = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
    role = emulator.role("holder", "lambda.amazonaws.com", [statement(actions)])
    network = stacks.create(
        {
            "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.2.0.0/16"),
            "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.2.0.0/24"),
            "Group": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}, GroupDescription="g"),
        }
    )
    runtime, architecture = lambda_runtime()
    subnet, group = stacks.physical_id(network, "Subnet"), stacks.physical_id(network, "Group")
    function = resource(
        "AWS::Lambda::Function",
        Code={"ZipFile": "def handler(event, context): pass"},
        Role=role,
        Runtime=runtime,
        Architectures=[architecture],
        Handler="index.handler",
        VpcConfig={"SubnetIds": [subnet], "SecurityGroupIds": [group]},
    )
    holder = stacks.create({"Function": function})
    filters = [{"Name": "group-id", "Values": [group]}]
    assert len(emulator.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]) == 1
    assert "DependencyViolation" in refused(lambda: stacks.delete(network))
    stacks.delete(holder)
    stacks.delete(network)


def test_a_package_group_with_versions_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    group = resource("AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName="mlops-test-kept")
    name = stacks.create({"Group": group})
    sagemaker = emulator.client("sagemaker")
    emulator.client("s3").create_bucket(Bucket="kept-models")
    emulator.client("s3").put_object(Bucket="kept-models", Key="model.tar.gz", Body=b"x")
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    package = sagemaker.create_model_package(
        ModelPackageGroupName="mlops-test-kept",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": "s3://kept-models/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
    )["ModelPackageArn"]
    assert "DeleteModelPackageGroup" in refused(lambda: stacks.delete(name))
    sagemaker.delete_model_package(ModelPackageName=package)
    stacks.delete(name)


def test_one_stacks_inline_policy_does_not_overwrite_anothers(stacks: Stacks, emulator: Emulator) -> None:
    emulator.role("shared", "lambda.amazonaws.com")

    def policy(action: str) -> dict[str, Any]:
        document = {"Version": "2012-10-17", "Statement": [statement(action)]}
        return {"Policy": resource("AWS::IAM::Policy", PolicyName="grants", PolicyDocument=document, Roles=["shared"])}

    first = stacks.create(policy("s3:GetObject"))
    assert "would overwrite the inline policy grants" in refused(lambda: stacks.create(policy("sqs:SendMessage")))
    stacks.update(first, policy("s3:PutObject"))
    kept = emulator.client("iam").get_role_policy(RoleName="shared", PolicyName="grants")["PolicyDocument"]
    assert kept["Statement"][0]["Action"] == "s3:PutObject"
