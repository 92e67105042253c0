"""Reasons for permissions that are wider than one resource. What stands here is allowed; anything else fails the synth.

The same reasons acknowledge cdk-nag's findings, each finding once, at the policy that it is about.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsii
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct, IValidation

from mlops_constructs.acknowledgements import acknowledge

_NO_RESOURCE: Final = "the action knows no resource"
_LIST: Final = "a list can only be asked for as a whole"

UNSCOPED: Final[Mapping[str, str]] = {
    "application-autoscaling:DescribeScalableTargets": _LIST,
    "application-autoscaling:DescribeScalingPolicies": _LIST,
    "cloudwatch:DescribeAlarms": "within narrower bounds it answers no composite alarms, and services do not tell",
    "cloudwatch:PutMetricData": "the action knows no resource; a condition names the namespaces",
    "ec2:AssignPrivateIpAddresses": "Lambda tries a role on all interfaces before a function's own exist",
    "ec2:CreateNetworkInterface": "Lambda and SageMaker try a role on all interfaces before their own exist",
    "ec2:CreateNetworkInterfacePermission": "SageMaker names the interface only once it has made it",
    "ec2:DeleteNetworkInterface": "Lambda and SageMaker try a role on all interfaces before their own exist",
    "ec2:DeleteNetworkInterfacePermission": "SageMaker names the interface only once it has made it",
    "ec2:DescribeDhcpOptions": _NO_RESOURCE,
    "ec2:DescribeNetworkInterfaces": _NO_RESOURCE,
    "ec2:DescribeSecurityGroups": _NO_RESOURCE,
    "ec2:DescribeSubnets": _NO_RESOURCE,
    "ec2:DescribeVpcs": _NO_RESOURCE,
    "ec2:UnassignPrivateIpAddresses": "Lambda tries a role on all interfaces before a function's own exist",
    "ecr:GetAuthorizationToken": _NO_RESOURCE,
    "events:ListRules": _LIST,
    "glue:GetSecurityConfiguration": _NO_RESOURCE,
    "lambda:ListEventSourceMappings": _LIST,
    "logs:CreateLogDelivery": "log delivery of a state machine knows no resource",
    "logs:DeleteLogDelivery": "log delivery of a state machine knows no resource",
    "logs:DescribeLogGroups": _LIST,
    "logs:DescribeResourcePolicies": "log delivery of a state machine knows no resource",
    "logs:GetLogDelivery": "log delivery of a state machine knows no resource",
    "logs:ListLogDeliveries": "log delivery of a state machine knows no resource",
    "logs:PutResourcePolicy": "log delivery of a state machine knows no resource",
    "logs:UpdateLogDelivery": "log delivery of a state machine knows no resource",
    "sagemaker:ListApps": _LIST,
    "sagemaker:ListDomains": _LIST,
    "sagemaker:ListEndpointConfigs": _LIST,
    "sagemaker:ListEndpoints": _LIST,
    "sagemaker:ListModelPackageGroups": _LIST,
    "sagemaker:ListModels": _LIST,
    "sagemaker:ListSpaces": _LIST,
    "sagemaker:ListTags": "Step Functions reads the tags of a job before it knows whether the job is its own",
    "sagemaker:ListTrainingJobs": _LIST,
    "sagemaker:ListTransformJobs": _LIST,
    "sagemaker:ListUserProfiles": _LIST,
    "states:ListStateMachines": _LIST,
    "xray:GetSamplingRules": _NO_RESOURCE,
    "xray:GetSamplingTargets": _NO_RESOURCE,
    "xray:PutTelemetryRecords": _NO_RESOURCE,
    "xray:PutTraceSegments": _NO_RESOURCE,
}

# The first pattern found in the resource, as cdk-nag writes it, gives the reason. The platform's prefix is two words,
# <name>-<stage>.
BEHIND_A_PREFIX: Final[Mapping[str, str]] = {
    r":sagemaker:.*:model-package/.*/\*$": "versions are numbered by the registry, inside groups of the platform",
    r":sagemaker:.*:(app|space|user-profile)/": "apps, spaces and profiles are made by people, inside the one domain",
    r":sagemaker:.*:[a-z-]+/[a-z0-9]+-[a-z0-9]+-\*$": "runs name what they make, behind the platform's prefix",
    r":s3:::.*assets.*/[a-z0-9]+-[a-z0-9]+/\*\.zip$": "archives of the platform are named by their content",
    r":ssm:.*:parameter/[a-z0-9]+-[a-z0-9]+/models/\*$": "there is one per model, below the platform's own path",
    r":glue:.*:(crawler|table)/": "there is one per model, and tables are named by the crawler",
    r":logs:.*:log-group:/aws(-glue)?/": "the service names its log groups and streams",
    r":states:.*:(execution|stateMachine):[a-z0-9]+-[a-z0-9]+-": "starts name executions, behind the platform's prefix",
    r":(events|cloudwatch):.*:(rule/|alarm:)": "there is one per model or update, named behind the platform's prefix",
    r":application-autoscaling:.*:scalable-target/\*$": "targets have random names; a condition names the service",
    r":lambda:.*:event-source-mapping:\*$": "mappings have random names; a condition names the function",
    r":ec2:.*:security-group/\*$": "the groups of Studio's file system are made by SageMaker, which tags them",
    r":ec2:.*:network-interface/\*$": "EFS names the interfaces of its mount targets; a condition names the subnets",
    r":elasticfilesystem:.*:file-system/\*$": "Studio's file system is made by SageMaker, which tags it",
    r":iam:.*:role/aws-service-role/": "the service completes the name of its own role",
    r"(?i)bucket.*/": "objects come and go under a prefix of the bucket",
}


def why(resource: str, actions: list[str]) -> str | None:
    """The reason for a wildcard, or None if there is none."""
    if resource == "*":
        reasons = [UNSCOPED.get(action) for action in actions]
        return None if None in reasons else "; ".join(sorted({str(reason) for reason in reasons}))
    return next((reason for pattern, reason in BEHIND_A_PREFIX.items() if re.search(pattern, resource)), None)


def explain_wildcards(scope: IConstruct) -> None:
    """Hold every policy under the scope to the reasons above, once references between stacks are known."""
    scope.node.add_validation(_Reasons(scope))


@jsii.implements(IValidation)
class _Reasons:
    def __init__(self, scope: IConstruct) -> None:
        self._scope = scope

    def validate(self) -> list[str]:
        problems: list[str] = []
        for policy in self._scope.node.find_all():
            if isinstance(policy, iam.CfnPolicy | iam.CfnRole):
                problems += _explain(policy)
        return problems


def _explain(policy: iam.CfnPolicy | iam.CfnRole) -> Iterator[str]:
    wide: dict[str, list[str]] = {}
    for statement in _statements(policy):
        for inverted in sorted({"NotAction", "NotResource"} & set(statement)):
            yield f"{policy.node.path}: {inverted} allows all but what it names; name what is allowed"
        actions = _as_list(statement.get("Action", []))
        for action in actions:
            if "*" in action:
                yield f"{policy.node.path}: action {action} is a wildcard; name the actions"
        for resource in map(flatten, _as_list(statement.get("Resource", []))):
            if "*" in resource:
                wide.setdefault(resource, []).extend(actions)
    for resource, actions in wide.items():
        reason = why(resource, actions)
        if reason is None:
            yield f"{policy.node.path}: {', '.join(actions)} on {resource} has no reason in wildcards.py"
        else:
            acknowledge(policy, f"AwsSolutions-IAM5[Resource::{resource}]", reason)


def _statements(policy: iam.CfnPolicy | iam.CfnRole) -> list[Mapping[str, Any]]:
    stack = Stack.of(policy)
    if isinstance(policy, iam.CfnPolicy):
        documents = [stack.resolve(policy.policy_document)]
    else:
        documents = [inline["policyDocument"] for inline in stack.resolve(policy.policies) or []]
    statements = [statement for document in documents for statement in document["Statement"]]
    return [statement for statement in statements if statement["Effect"] == "Allow"]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def flatten(value: Any) -> str:
    """A resource as cdk-nag writes it into the name of a finding."""
    match value:
        case str():
            return re.sub(r"\$\{", "<", value).replace("}", ">")
        case {"Fn::Join": [separator, items]}:
            return separator.join(flatten(item) for item in items)
        case {"Fn::Sub": str(text)}:
            return flatten(text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{flatten(resource)}.{flatten(attribute)}>"
        case {"Ref": name}:
            return f"<{flatten(name)}>"
        case {"Fn::ImportValue": name}:
            return flatten(name)
        case _:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
