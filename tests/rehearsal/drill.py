"""A deployed stage and one model whose versions are registered, approved by a person, deployed and taken back."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal import people
from rehearsal.cloud import Cloud
from rehearsal.journey import first_lines, stack_outputs
from rehearsal.launcher import Emulator
from rehearsal.samples import Sample
from tests.rehearsal.bench import until
from tests.rehearsal.machines import executions_of, machine_arn, settings_of

STAGE = "drill"
PREFIX = f"mlops-{STAGE}"
START_DEADLINE_SECONDS = 120
END_DEADLINE_SECONDS = 600
COPIED = (
    "ModelPackageGroupName",
    "ModelPackageDescription",
    "ModelMetrics",
    "DriftCheckBaselines",
    "CustomerMetadataProperties",
)
# Changes of one file of a model archive, by its name.
Changes = Mapping[str, Callable[[bytes], bytes]]


@dataclass(frozen=True)
class Drill:
    """The deployed stage, and the one model that is drilled."""

    emulator: Emulator
    cloud: Cloud
    sample: Sample
    stage: str = STAGE

    @property
    def name(self) -> str:
        """What endpoint and package group are called."""
        return f"mlops-{self.stage}-{self.sample.model}"

    def client(self, service: str) -> Any:
        """A client of the account's owner, for looking on."""
        return people.owner(self.emulator, service)

    def outputs(self, module: str) -> dict[str, str]:
        return stack_outputs(self.emulator, f"mlops-{self.stage}-{module}")

    def upload(self) -> None:
        """Put the sample's files into the stage's data bucket, under a role that may do nothing else."""
        storage = self.outputs("storage")
        bucket = storage["DataBucketName"]
        s3 = people.uploader(self.emulator, data_bucket=bucket, key_arn=storage["KeyArn"])
        for key, content in self.sample.uploads():
            s3.put_object(Bucket=bucket, Key=key, Body=content)

    def judge(self, package_arn: str, status: str) -> None:
        """Approve or reject a version, as a person who may do nothing else."""
        person = people.approver(self.emulator, package_group=self.name)
        person.update_model_package(ModelPackageArn=package_arn, ModelApprovalStatus=status)

    def package(self, package_arn: str) -> dict[str, Any]:
        return self.client("sagemaker").describe_model_package(ModelPackageName=package_arn)

    def endpoint(self) -> dict[str, Any]:
        return self.client("sagemaker").describe_endpoint(EndpointName=self.name)

    def register_copy(self, package_arn: str, changes: Changes | None = None) -> str:
        """A further version: the archive of a trained one, with changes; it waits for approval."""
        package = self.package(package_arn)
        [container] = package["InferenceSpecification"]["Containers"]
        bucket, key = container["ModelDataUrl"].removeprefix("s3://").split("/", 1)
        s3, models_bucket = self.client("s3"), self.outputs("storage")["ModelsBucketName"]
        archive = changed(s3.get_object(Bucket=bucket, Key=key)["Body"].read(), changes or {})
        copy = f"{self.sample.model}/copies/{time.time_ns()}/model.tar.gz"
        s3.put_object(Bucket=models_bucket, Key=copy, Body=archive)
        specification = package["InferenceSpecification"]
        changed_container = {
            "Image": container["Image"],
            "ModelDataUrl": f"s3://{models_bucket}/{copy}",
            "Environment": container["Environment"],
        }
        created = self.client("sagemaker").create_model_package(
            **{name: package[name] for name in COPIED},
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={**specification, "Containers": [changed_container]},
        )
        return created["ModelPackageArn"]

    def deploy(self, package_arn: str, *, name: str) -> dict[str, Any]:
        """Start the deployment machine as a person would, and wait for its end."""
        machine, settings = self.machine("deployment"), settings_of(self.emulator, self.stage, self.sample.model)
        given = {
            "model": self.sample.model,
            "package_arn": package_arn,
            "reason": "manual",
            "settings": settings,
        }
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, name=name, input=json.dumps(given)
        )
        return self.end_of(started["executionArn"])

    def approve(self, package_arn: str) -> dict[str, Any]:
        """Approve a version as a person and wait for the end of the deployment that follows."""
        known = {execution["executionArn"] for execution in self.executions("deployment")}
        self.judge(package_arn, "Approved")

        def started() -> str | None:
            new = [one["executionArn"] for one in self.executions("deployment") if one["executionArn"] not in known]
            return new[0] if new else None

        return self.end_of(until(started, "a deployment to start", START_DEADLINE_SECONDS))

    def machine(self, kind: str) -> str:
        return machine_arn(self.stage, kind)

    def executions(self, kind: str) -> list[dict[str, Any]]:
        """The model's, the newest first."""
        return executions_of(self.client("stepfunctions"), self.machine(kind), self.sample.model)

    def end_of(self, execution_arn: str) -> dict[str, Any]:
        """DescribeExecution's answer of an execution that is over."""
        states = self.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            execution = states.describe_execution(executionArn=execution_arn)
            return None if execution["status"] == "RUNNING" else execution

        return until(ended, f"{execution_arn} to end", END_DEADLINE_SECONDS)

    def history(self, execution: Mapping[str, Any]) -> list[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in pages.paginate(executionArn=execution["executionArn"]) for event in page["events"]]

    def path(self, execution: Mapping[str, Any]) -> list[str]:
        """The states that an execution entered, in order."""
        entered = (event.get("stateEnteredEventDetails") for event in self.history(execution))
        return [details["name"] for details in entered if details]

    def calls(self, *actions: str) -> list[dict[str, Any]]:
        """The lines of the call log about these actions."""
        log = self.emulator.home / "calls.jsonl"
        lines = map(json.loads, log.read_text().splitlines())
        return [line for line in lines if line["action"] in actions]

    def predictions(self, package_arn: str, count: int = 3) -> list[Any]:
        """What the endpoint answers to the first hold-out rows of a version's run."""
        uri = self.package(package_arn)["CustomerMetadataProperties"]["requests_uri"]
        bucket, prefix = uri.removeprefix("s3://").split("/", 1)
        rows = first_lines(self.emulator, bucket, prefix, count)
        answer = people.caller(self.emulator, endpoint_name=self.name).invoke_endpoint(
            EndpointName=self.name,
            ContentType="application/jsonlines",
            Accept="application/jsonlines",
            Body=b"\n".join(rows),
        )
        return [json.loads(line)["prediction"] for line in answer["Body"].read().splitlines()]

    def champion(self) -> dict[str, Any]:
        key = {"model": {"S": self.sample.model}, "item": {"S": "champion"}}
        table = self.outputs("storage")["RunTableName"]
        return self.client("dynamodb").get_item(TableName=table, Key=key)["Item"]


def changed(archive: bytes, changes: Changes) -> bytes:
    """The archive with some of its files changed; each must be there."""
    packed, missing = io.BytesIO(), set(changes)
    with tarfile.open(fileobj=io.BytesIO(archive)) as before, tarfile.open(fileobj=packed, mode="w") as after:
        for entry in before:
            stream = before.extractfile(entry)
            name = entry.name.removeprefix("./")
            content = stream.read() if stream else b""
            if name in changes:
                content = changes[name](content)
                entry.size = len(content)
                missing.discard(name)
            after.addfile(entry, io.BytesIO(content) if stream else None)
    assert not missing, f"no {missing} in the archive"
    return gzip.compress(packed.getvalue(), mtime=0)
