"""Checks of names: what already bears one of ours, and is not ours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commands.check_account import stacks_of
from commands.findings import Finding, Patient, ok
from commands.session import Session

# Resources with a name that we choose: a second one of that name cannot be made.
FIXED: Mapping[str, str] = {
    "AWS::SageMaker::ModelPackageGroup": "ModelPackageGroupName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
    "AWS::Glue::Job": "Name",
    "AWS::Glue::Crawler": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SSM::Parameter": "Name",
}


@dataclass(frozen=True)
class Kind:
    """A listing of the names of one kind of thing."""

    type: str
    service: str
    operation: str
    listing: str
    name: str | None
    path: str | None = None
    """The only path that is searched, where a listing takes one; {prefix} stands for the platform's."""

    def names(self, session: Session) -> Iterator[str]:
        """Every name of this kind in the account and region, or below the path."""
        asked = {} if self.path is None else {"Path": self.path.format(prefix=session.prefix)}
        for page in session.client(self.service).get_paginator(self.operation).paginate(**asked):
            for entry in page[self.listing]:
                yield entry if self.name is None else entry[self.name]


KINDS = (
    Kind(
        "AWS::SageMaker::ModelPackageGroup",
        "sagemaker",
        "list_model_package_groups",
        "ModelPackageGroupSummaryList",
        "ModelPackageGroupName",
    ),
    Kind("AWS::SageMaker::Endpoint", "sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    Kind("AWS::StepFunctions::StateMachine", "stepfunctions", "list_state_machines", "stateMachines", "name"),
    Kind("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Kind("AWS::S3::Bucket", "s3", "list_buckets", "Buckets", "Name"),
    Kind("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames", None),
    Kind("AWS::SSM::Parameter", "ssm", "get_parameters_by_path", "Parameters", "Name", "/{prefix}/models"),
    Kind("AWS::IAM::Role", "iam", "list_roles", "Roles", "RoleName"),
)


def check_names(patient: Patient) -> list[Finding]:
    """Names of ours that no stack of ours owns: in the way of a deployment, or left by an earlier one."""
    prefix = patient.assembly.prefix
    stacks = stacks_of(patient.session, prefix)
    owned = {name for stack in stacks for name in _owned(patient.session, stack)}
    fixed = {
        str(resource.properties[member])
        for resource in patient.assembly.resources
        if (member := FIXED.get(resource.type)) and isinstance(resource.properties.get(member), str)
    }
    findings: list[Finding] = []
    for kind in KINDS:
        if kind.type == "AWS::SageMaker::Endpoint" and f"{prefix}-step-functions" in stacks:
            continue  # the deployment machines made them; the teardown takes them away
        for name in kind.names(patient.session):
            if _is_ours(name, prefix) and name.lower() not in owned:
                findings.append(_stray(kind.type.removeprefix("AWS::"), name, name in fixed, patient.session.stage))
    return findings or ok("names", f"nothing else in this account is called {prefix}-...")


def _is_ours(name: str, prefix: str) -> bool:
    return name.startswith(f"{prefix}-") or name.startswith(
        (f"/aws/vendedlogs/states/{prefix}-", f"/aws/sagemaker/Endpoints/{prefix}-", f"/{prefix}/models/")
    )


def _stray(kind: str, name: str, fixed: bool, stage: str) -> Finding:
    if fixed:
        text = f"{kind} {name} exists, and no stack owns it: the deployment of stage {stage} would fail on its name"
        return Finding("names", "problem", text, "delete it, or import it with `cdk import`")
    text = f"{kind} {name} is no part of a stack: left by an earlier stage {stage}, it may still cost"
    return Finding("names", "warning", text, "keep it if you need what it holds, else delete it")


def _owned(session: Session, stack: str) -> Iterator[str]:
    pages: Any = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for resource in page["StackResourceSummaries"]:
            # An ARN ends with the name; bucket names are in lower case where the template's are not.
            physical = resource.get("PhysicalResourceId", "").lower()
            yield physical
            yield physical.rpartition(":")[2].rpartition("/")[2]
