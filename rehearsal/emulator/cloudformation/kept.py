"""The properties that ministack's own types keep. Any other would be dropped without a word, so it is refused."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ministack.services.cloudformation import provisioners

from rehearsal.emulator.cloudformation.registry import Properties, ResourceRefused, check_properties

KEPT: dict[str, tuple[str, ...]] = {
    "AWS::CloudWatch::Dashboard": ("DashboardBody", "DashboardName", "Tags"),
    "AWS::EC2::InternetGateway": ("Tags",),
    "AWS::EC2::Route": ("DestinationCidrBlock", "GatewayId", "NatGatewayId", "RouteTableId"),
    "AWS::EC2::RouteTable": ("Tags", "VpcId"),
    "AWS::EC2::SecurityGroup": (
        "GroupDescription",
        "GroupName",
        "SecurityGroupEgress",
        "SecurityGroupIngress",
        "Tags",
        "VpcId",
    ),
    "AWS::EC2::Subnet": ("AvailabilityZone", "CidrBlock", "MapPublicIpOnLaunch", "Tags", "VpcId"),
    "AWS::EC2::SubnetRouteTableAssociation": ("RouteTableId", "SubnetId"),
    "AWS::EC2::VPC": ("CidrBlock", "EnableDnsHostnames", "EnableDnsSupport", "InstanceTenancy", "Tags"),
    "AWS::EC2::VPCEndpoint": (
        "PolicyDocument",
        "PrivateDnsEnabled",
        "RouteTableIds",
        "SecurityGroupIds",
        "ServiceName",
        "SubnetIds",
        "Tags",
        "VpcEndpointType",
        "VpcId",
    ),
    "AWS::EC2::VPCGatewayAttachment": ("InternetGatewayId", "VpcId"),
    "AWS::ECR::Repository": (
        "EmptyOnDelete",
        "EncryptionConfiguration",
        "ImageScanningConfiguration",
        "ImageTagMutability",
        "LifecyclePolicy",
        "RepositoryName",
        "RepositoryPolicyText",
        "Tags",
    ),
    "AWS::Events::Rule": (
        "Description",
        "EventBusName",
        "EventPattern",
        "Name",
        "RoleArn",
        "ScheduleExpression",
        "State",
        "Tags",
        "Targets",
    ),
    "AWS::Glue::Database": ("CatalogId", "DatabaseInput"),
    "AWS::IAM::ManagedPolicy": (
        "Description",
        "Groups",
        "ManagedPolicyName",
        "Path",
        "PolicyDocument",
        "Roles",
        "Users",
    ),
    "AWS::IAM::Policy": ("Groups", "PolicyDocument", "PolicyName", "Roles", "Users"),
    "AWS::IAM::Role": (
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "Policies",
        "RoleName",
        "Tags",
    ),
    "AWS::KMS::Alias": ("AliasName", "TargetKeyId"),
    "AWS::KMS::Key": (
        "Description",
        "EnableKeyRotation",
        "Enabled",
        "KeyPolicy",
        "KeySpec",
        "KeyUsage",
        "PendingWindowInDays",
        "RotationPeriodInDays",
        "Tags",
    ),
    "AWS::Lambda::Permission": (
        "Action",
        "FunctionName",
        "Principal",
        "PrincipalOrgID",
        "SourceAccount",
        "SourceArn",
    ),
    "AWS::Logs::LogGroup": (
        "KmsKeyId",
        "LogGroupClass",
        "LogGroupName",
        "ResourcePolicyDocument",
        "RetentionInDays",
        "Tags",
    ),
    "AWS::Logs::MetricFilter": ("FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument", "PolicyName"),
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument"),
    "AWS::SNS::Subscription": (
        "Endpoint",
        "FilterPolicy",
        "FilterPolicyScope",
        "Protocol",
        "RawMessageDelivery",
        "RedrivePolicy",
        "TopicArn",
    ),
    "AWS::SNS::Topic": ("DisplayName", "KmsMasterKeyId", "Subscription", "Tags", "TopicName", "TracingConfig"),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::Queue": (
        "DelaySeconds",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueName",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "Tags",
        "VisibilityTimeout",
    ),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
    "AWS::SSM::Parameter": ("AllowedPattern", "Description", "Name", "Tags", "Tier", "Type", "Value"),
}

# The properties that are lists or objects; every other one is a string, a number or a boolean. A test holds this
# against CloudFormation's schemas.
STRUCTURED: dict[str, tuple[str, ...]] = {
    "AWS::EC2::SecurityGroup": ("SecurityGroupEgress", "SecurityGroupIngress"),
    "AWS::EC2::VPCEndpoint": ("PolicyDocument", "RouteTableIds", "SecurityGroupIds", "SubnetIds"),
    "AWS::ECR::Repository": (
        "EncryptionConfiguration",
        "ImageScanningConfiguration",
        "LifecyclePolicy",
        "RepositoryPolicyText",
    ),
    "AWS::Events::Rule": ("EventPattern", "Targets"),
    "AWS::Glue::Database": ("DatabaseInput",),
    "AWS::IAM::ManagedPolicy": ("Groups", "PolicyDocument", "Roles", "Users"),
    "AWS::IAM::Policy": ("Groups", "PolicyDocument", "Roles", "Users"),
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "ManagedPolicyArns", "Policies"),
    "AWS::KMS::Key": ("KeyPolicy",),
    "AWS::Logs::LogGroup": ("ResourcePolicyDocument",),
    "AWS::Logs::MetricFilter": ("MetricTransformations",),
    "AWS::Logs::ResourcePolicy": ("PolicyDocument",),
    "AWS::S3::BucketPolicy": ("PolicyDocument",),
    "AWS::SNS::Subscription": ("FilterPolicy", "RedrivePolicy"),
    "AWS::SNS::Topic": ("Subscription",),
    "AWS::SNS::TopicPolicy": ("PolicyDocument", "Topics"),
    "AWS::SQS::Queue": ("RedriveAllowPolicy", "RedrivePolicy"),
    "AWS::SQS::QueuePolicy": ("PolicyDocument", "Queues"),
}
EVERYWHERE = ("Tags",)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
}


def install() -> None:
    """Put the table before ministack's handlers. Runs after the types that replace them are registered."""
    for name, known in KEPT.items():
        handlers = provisioners._RESOURCE_HANDLERS[name]
        provisioners._RESOURCE_HANDLERS[name] = {
            **handlers,
            "create": _checked(name, handlers["create"], 1, known),
            **({"update": _checked(name, handlers["update"], 2, known)} if "update" in handlers else {}),
        }


def check_scalars(name: str, properties: Properties) -> None:
    """Refuse an object or a list where a string, a number or a boolean belongs."""
    structured = (*STRUCTURED.get(name, ()), *EVERYWHERE)
    for key, value in properties.items():
        if key not in structured and isinstance(value, dict | list):
            found = "JSONObject" if isinstance(value, dict) else "JSONArray"
            raise ResourceRefused(
                f"Properties validation failed for {name}: #/{key}: expected type: String, found: {found}"
            )


def _checked(name: str, function: Callable[..., Any], position: int, known: Collection[str]) -> Callable[..., Any]:
    def checked(*arguments: Any) -> Any:
        properties: Properties = arguments[position]
        check_properties(name, properties, known)
        check_scalars(name, properties)
        return function(*arguments)

    return checked
