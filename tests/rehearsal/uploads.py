"""The uploads of one model on a deployed platform, the runs that they start, and what serves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.execution import follow
from rehearsal.journey import stack_outputs
from tests.rehearsal.bucket import Bucket
from tests.rehearsal.conftest import Platform
from tests.rehearsal.machines import executions_of, machine_arn

START_DEADLINE_SECONDS = 60
IDLE_DEADLINE_SECONDS = 300


@dataclass(frozen=True)
class Serving:
    """What must not change when a file is bad: the endpoint's configuration, and the registered versions."""

    configuration: str | None
    versions: tuple[tuple[str, str], ...]


class Uploads:
    """One model's part of the platform."""

    def __init__(self, platform: Platform, model: str) -> None:
        outputs = stack_outputs(platform.emulator, f"mlops-{STAGE}-storage")
        self._platform, self.model, self._table = platform, model, outputs["RunTableName"]
        self.bucket = Bucket(platform)
        self._uploader: Any = people.uploader(
            platform.emulator, data_bucket=self.bucket.name, key_arn=outputs["KeyArn"]
        )
        self._states: Any = people.owner(platform.emulator, "stepfunctions")

    def put(self, key: str, content: bytes) -> str:
        """Upload as a person would; the version's id."""
        return self._uploader.put_object(Bucket=self.bucket.name, Key=key, Body=content)["VersionId"]

    def set_aside(self) -> dict[str, bytes]:
        """Take away what other tests left, to be put back with put()."""
        found = {key: self.bucket.read(key) for key in self.bucket.keys(f"raw/{self.model}/")}
        self.bucket.delete(f"raw/{self.model}/")
        self.wait_until_idle()
        return found

    def wait_until_idle(self) -> None:
        """Until the starter knows that the last run is over, and has nothing to start."""
        wait, name = self._platform.view.wait, f"no run of {self.model}"
        wait(name, self._is_idle, deadline_seconds=IDLE_DEADLINE_SECONDS)

    def executions(self, kind: str) -> list[str]:
        """ARNs, the newest first."""
        found = executions_of(self._states, machine_arn(STAGE, kind), self.model)
        return [execution["executionArn"] for execution in found]

    def follow_new(self, kind: str, known: list[str]) -> dict[str, Any]:
        """The output of the execution that starts after those that are known; it must succeed."""

        def started() -> str | None:
            return next((arn for arn in self.executions(kind) if arn not in known), None)

        arn = self._platform.view.wait(f"{kind} of {self.model}", started, deadline_seconds=START_DEADLINE_SECONDS)
        return json.loads(follow(self._platform.view, self._states, arn)["output"])

    def serving(self) -> Serving:
        """Endpoint and registry as they are now."""
        sagemaker, name = people.owner(self._platform.emulator, "sagemaker"), f"mlops-{STAGE}-{self.model}"
        endpoints = sagemaker.list_endpoints(NameContains=name)["Endpoints"]
        present = any(endpoint["EndpointName"] == name for endpoint in endpoints)
        packages = sagemaker.list_model_packages(ModelPackageGroupName=name)["ModelPackageSummaryList"]
        return Serving(
            sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] if present else None,
            tuple(sorted((each["ModelPackageArn"], each["ModelApprovalStatus"]) for each in packages)),
        )

    def _is_idle(self) -> bool | None:
        key = {"model": {"S": self.model}, "item": {"S": "starter"}}
        dynamodb = people.owner(self._platform.emulator, "dynamodb")
        item = dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        covered = "last_upload" not in item or item["last_upload"]["S"] <= item.get("covers", {"S": ""})["S"]
        return ("execution" not in item and covered) or None
