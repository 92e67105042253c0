"""From a file to a prediction on the deployed platform, as its users would go."""

import json
from dataclasses import dataclass
from typing import Any

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.execution import follow, wait_for_execution
from rehearsal.launcher import ACCOUNT, REGION, Emulator
from rehearsal.samples import Sample
from rehearsal.view import View

START_DEADLINE_SECONDS = 60
PREDICTED_ROWS = 5


@dataclass(frozen=True)
class Outcome:
    """The results of a journey, for the reader and for tests."""

    training_execution: str
    deployment_execution: str
    report: dict[str, Any]
    package: dict[str, Any]
    predictions: list[dict[str, Any]]


def travel(view: View, emulator: Emulator, sample: Sample, *, state_seconds: float | None = None) -> Outcome:
    """Upload the sample, follow training and deployment, ask the endpoint for predictions.

    Raises:
        ExecutionEnded, WaitExpired: where the journey stopped, and why.
    """
    states = people.owner(emulator, "stepfunctions")

    def started(kind: str) -> str:
        machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:mlops-{STAGE}-{kind}"
        return wait_for_execution(view, states, machine, sample.model, deadline_seconds=START_DEADLINE_SECONDS)

    view.title(f"Upload {sample.name}")
    upload(view, emulator, sample)

    view.title("Train, evaluate, register")
    training = started("training")
    result = json.loads(follow(view, states, training, state_seconds=state_seconds)["output"])

    view.title("Deploy")
    deployment = started("deployment")
    follow(view, states, deployment, state_seconds=state_seconds)

    return Outcome(
        training_execution=training,
        deployment_execution=deployment,
        report=_read_json(emulator, result["report_uri"]),
        package=newest_package(emulator, sample),
        predictions=predict(emulator, sample, result["run"]),
    )


def upload(view: View, emulator: Emulator, sample: Sample) -> None:
    """Put the sample's files into the data bucket, under a role that may do nothing else."""
    outputs = stack_outputs(emulator, f"mlops-{STAGE}-storage")
    bucket, key_arn = outputs["DataBucketName"], outputs["KeyArn"]
    s3 = people.uploader(emulator, data_bucket=bucket, key_arn=key_arn)
    for key, content in sample.uploads():
        with view.step(f"s3://<data>/{key}  {len(content) / 1024:,.0f} KiB"):
            s3.put_object(Bucket=bucket, Key=key, Body=content)


def predict(emulator: Emulator, sample: Sample, run: str) -> list[dict[str, Any]]:
    """Ask the endpoint about a few hold-out rows of the run, under a role that may only invoke it."""
    bucket = stack_outputs(emulator, f"mlops-{STAGE}-storage")["DataBucketName"]
    rows = first_lines(emulator, bucket, f"evaluation/{sample.model}/{run}/features/", PREDICTED_ROWS)
    endpoint_name = f"mlops-{STAGE}-{sample.model}"
    runtime = people.caller(emulator, endpoint_name=endpoint_name)
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint_name,
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        Body=b"\n".join(rows),
    )
    lines = answer["Body"].read().decode().splitlines()
    return [{"row": json.loads(row), "answer": json.loads(line)} for row, line in zip(rows, lines, strict=True)]


def stack_outputs(emulator: Emulator, stack_name: str) -> dict[str, str]:
    [stack] = people.owner(emulator, "cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def newest_package(emulator: Emulator, sample: Sample) -> dict[str, Any]:
    """DescribeModelPackage's answer for the newest version of the sample's group."""
    sagemaker = people.owner(emulator, "sagemaker")
    group = f"mlops-{STAGE}-{sample.model}"
    [newest] = sagemaker.list_model_packages(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )["ModelPackageSummaryList"]
    return sagemaker.describe_model_package(ModelPackageName=newest["ModelPackageArn"])


def first_lines(emulator: Emulator, bucket: str, prefix: str, count: int) -> list[bytes]:
    """The first non-empty lines of the objects under a prefix, in the order of their keys."""
    s3 = people.owner(emulator, "s3")
    lines: list[bytes] = []
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        lines += [line for line in body.splitlines() if line.strip()]
        if len(lines) >= count:
            break
    return lines[:count]


def _read_json(emulator: Emulator, uri: str) -> dict[str, Any]:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return json.loads(people.owner(emulator, "s3").get_object(Bucket=bucket, Key=key)["Body"].read())
