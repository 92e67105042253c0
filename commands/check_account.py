"""Checks of the account: who asks, is the CDK at home here, and how do the stacks stand."""

import json
from typing import Any

from botocore.exceptions import ClientError

from commands.errors import code_of
from commands.findings import Finding, Patient, ok
from commands.platform import stack_outputs
from commands.session import Session

TOOLKIT = "CDKToolkit"
# AWS's own key, or one that the bootstrap stack makes (`--bootstrap-customer-key`).
KEYS_OF_THE_CDK = ("AWS_MANAGED_KEY", "")
STUCK = ("ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")


def check_credentials(session: Session) -> list[Finding]:
    """Tell who asks, and where. Without credentials no other check means anything: its error ends the command."""
    sts = session.client("sts")
    caller = sts.get_caller_identity()
    return ok("credentials", f"account {caller['Account']}, region {sts.meta.region_name}, as {caller['Arn']}")


def check_bootstrap(patient: Patient) -> list[Finding]:
    """The CDK refuses to deploy where its own stack is missing or too old."""
    needed, parameter = _needed_bootstrap(patient)
    way_out = "run `cdk bootstrap` once for this account and region"
    try:
        found = int(patient.session.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"])
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return [Finding("bootstrap", "problem", f"the CDK is not bootstrapped here (no {parameter})", way_out)]
    if found < needed:
        return [Finding("bootstrap", "problem", f"version {found}, and {needed} is needed", way_out)]
    return ok("bootstrap", f"version {found}, at least {needed} is needed")


def check_bootstrap_key(patient: Patient) -> list[Finding]:
    """Functions and jobs read contract and code from the CDK's bucket; its own kinds of keys let them."""
    try:
        found = patient.session.client("cloudformation").describe_stacks(StackName=TOOLKIT)["Stacks"]
    except ClientError as error:
        if code_of(error) != "ValidationError":
            raise
        found = []
    parameters = [each for stack in found for each in stack.get("Parameters", [])]
    keys = [each["ParameterValue"] for each in parameters if each["ParameterKey"] == "FileAssetsBucketKmsKeyId"]
    if not found:
        return ok("bootstrap key", f"no stack {TOOLKIT}: nothing to say of its key")
    if not keys or keys[0] in KEYS_OF_THE_CDK:
        return ok("bootstrap key", "the CDK's bucket is under a key that lets this account read through S3")
    return [
        Finding(
            "bootstrap key",
            "warning",
            f"the CDK's bucket is under a key of your own ({keys[0]}), and no role of the platform names it",
            "let the key's policy allow kms:Decrypt to all principals under the conditions kms:CallerAccount (this"
            " account) and kms:ViaService (s3 of this region), as the key of `cdk bootstrap` does",
        )
    ]


def _needed_bootstrap(patient: Patient) -> tuple[int, str]:
    manifest = json.loads((patient.assembly.folder / "manifest.json").read_text())
    properties = [artifact.get("properties", {}) for artifact in manifest["artifacts"].values()]
    needed = max(int(each.get("requiresBootstrapStackVersion", 0)) for each in properties)
    [parameter] = {
        template["Parameters"]["BootstrapVersion"]["Default"] for template in patient.assembly.templates.values()
    }
    return needed, parameter


def stacks_of(session: Session, prefix: str) -> dict[str, str]:
    """Name and status of every stack of the stage."""
    pages = session.client("cloudformation").get_paginator("describe_stacks").paginate()
    found: list[dict[str, Any]] = [stack for page in pages for stack in page["Stacks"]]
    return {stack["StackName"]: stack["StackStatus"] for stack in found if stack["StackName"].startswith(f"{prefix}-")}


def check_stacks(patient: Patient) -> list[Finding]:
    deployed = stacks_of(patient.session, patient.assembly.prefix)
    wanted = list(patient.assembly.templates)
    deploy = f"`make deploy STAGE={patient.session.stage}`"
    if not deployed:
        return ok("stacks", f"none of {len(wanted)} is deployed yet: {deploy}")
    findings = [
        Finding("stacks", "problem", f"{name} is {status}", f"delete the stack {name} in CloudFormation, then {deploy}")
        for name, status in deployed.items()
        if status in STUCK
    ]
    missing = [name for name in wanted if name not in deployed]
    if missing:
        findings.append(Finding("stacks", "warning", f"not deployed: {', '.join(missing)}", deploy))
    busy = [name for name, status in deployed.items() if status.endswith("_IN_PROGRESS")]
    if busy:
        findings.append(Finding("stacks", "warning", f"changing just now: {', '.join(busy)}", "wait for its end"))
    return findings or ok("stacks", f"all {len(wanted)} are deployed")


def check_subscribers(patient: Patient) -> list[Finding]:
    """Failures are published; whether anybody reads it is another question."""
    name = f"{patient.assembly.prefix}-monitoring"
    if name not in stacks_of(patient.session, patient.assembly.prefix):
        return ok("subscribers", "not deployed yet")
    topic = stack_outputs(patient.session, name)["TopicArn"]
    listed = patient.session.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    confirmed = [each for each in listed if each["SubscriptionArn"].startswith("arn:")]
    if confirmed:
        return ok("subscribers", f"{len(confirmed)} of {len(listed)} subscriptions of the alert topic are confirmed")
    return [
        Finding(
            "subscribers",
            "warning",
            f"nobody is told of failures: {len(listed)} subscriptions, none is confirmed",
            f"`aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint YOU`, then confirm it",
        )
    ]
