"""One model's two machines on the bench: started, followed, and looked at as the account's owner."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import stack_outputs
from rehearsal.launcher import Emulator
from rehearsal.samples import Sample
from tests.emulator.fault_requests import Faults
from tests.rehearsal.machines import executions_of, machine_arn, settings_of

Found = TypeVar("Found")
Change = Callable[[dict[str, Any]], None]
START_SECONDS = 180
END_SECONDS = 900
GLUE_ACTIVE = ("STARTING", "RUNNING", "STOPPING")


def until(probe: Callable[[], Found | None], what: str, deadline_seconds: float = START_SECONDS) -> Found:
    """What the probe finds; fails with what was waited for."""
    deadline = time.monotonic() + deadline_seconds
    while time.monotonic() < deadline:
        if (found := probe()) is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {deadline_seconds:.0f} s for {what}")


class Machine:
    """One deployed state machine, for one model's executions."""

    def __init__(self, emulator: Emulator, kind: str, model: str, *, stage: str = STAGE) -> None:
        self.name, self.arn = f"mlops-{stage}-{kind}", machine_arn(stage, kind)
        self.model = model
        self._emulator, self._stage, self._kind = emulator, stage, kind
        self._states: Any = people.owner(emulator, "stepfunctions")

    def definition(self) -> dict[str, Any]:
        return json.loads(self._states.describe_state_machine(stateMachineArn=self.arn)["definition"])

    def tasks(self) -> dict[str, dict[str, Any]]:
        """Every task state of the deployed definition, those inside of maps included."""
        return dict(_tasks(self.definition()))

    @contextlib.contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Deploy other values for the time of the block, for all models, as another environment would have them."""
        before, changed = self._before_and_after(change)
        self._states.update_state_machine(stateMachineArn=self.arn, definition=json.dumps(changed))
        try:
            yield
        finally:
            self._states.update_state_machine(stateMachineArn=self.arn, definition=json.dumps(before))

    @contextlib.contextmanager
    def copied(self, change: Change) -> Iterator[None]:
        """A copy with other values takes the machine's place: other models go on with the deployed one meanwhile."""
        _, changed = self._before_and_after(change)
        deployed, own = self._states.describe_state_machine(stateMachineArn=self.arn), (self.name, self.arn)
        self.name = f"mlops-{self._stage}-{uuid.uuid4().hex[:8]}-{self._kind}"
        self.arn = self._states.create_state_machine(
            name=self.name,
            definition=json.dumps(changed),
            roleArn=deployed["roleArn"],
            loggingConfiguration=deployed["loggingConfiguration"],
        )["stateMachineArn"]
        try:
            yield
        finally:
            self._states.delete_state_machine(stateMachineArn=self.arn)
            self.name, self.arn = own

    def _before_and_after(self, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
        before = self.definition()
        changed = json.loads(json.dumps(before))
        change(changed)
        assert changed != before, "the change changes nothing"
        return before, changed

    def start(self, state: str, given: dict[str, str]) -> str:
        name = f"{self.model}-fault-{state}-{uuid.uuid4().hex[:8]}"
        value = {"model": self.model, "settings": settings_of(self._emulator, self._stage, self.model), **given}
        return self._states.start_execution(stateMachineArn=self.arn, name=name, input=json.dumps(value))[
            "executionArn"
        ]

    def known(self) -> set[str]:
        return {found["executionArn"] for found in executions_of(self._states, self.arn, self.model)}

    def started_since(self, known: set[str]) -> str:
        """The execution that somebody else has started meanwhile."""
        return until(lambda: next(iter(self.known() - known), None), f"an execution of {self.name}")

    def ended(self, execution: str) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            described = self._states.describe_execution(executionArn=execution)
            return None if described["status"] == "RUNNING" else described

        return until(over, f"the end of {execution}", END_SECONDS)

    def stop(self, execution: str) -> None:
        self._states.stop_execution(executionArn=execution)

    def entered(self, execution: str) -> list[str]:
        """The names of the states in the order in which they were entered."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def seconds_from(self, execution: str, state: str) -> float:
        """From the first entry of the state to the end of the execution."""
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=execution)
        events = [event for page in pages for event in page["events"]]
        entry = next(event for event in events if event.get("stateEnteredEventDetails", {}).get("name") == state)
        return (events[-1]["timestamp"] - entry["timestamp"]).total_seconds()


class Bench:
    """A model with its machines, its data and what they leave. Make it in one thread, use it in any one."""

    def __init__(self, emulator: Emulator, sample: Sample) -> None:
        self.model, self.prefix = sample.model, f"mlops-{STAGE}-{sample.model}"
        self.training = Machine(emulator, "training", self.model)
        self.deployment = Machine(emulator, "deployment", self.model)
        self.faults = Faults(emulator.endpoint_url)
        self._sample = sample
        self._sagemaker: Any = people.owner(emulator, "sagemaker")
        self._cloudwatch: Any = people.owner(emulator, "cloudwatch")
        self._glue: Any = people.owner(emulator, "glue")
        self._dynamodb: Any = people.owner(emulator, "dynamodb")
        self._s3: Any = people.owner(emulator, "s3")
        self._runtime: Any = people.owner(emulator, "sagemaker-runtime")
        outputs = stack_outputs(emulator, f"mlops-{STAGE}-storage")
        self._bucket, self._table = outputs["DataBucketName"], outputs["RunTableName"]

    def upload(self) -> str:
        """Put the sample's files where files go; the training execution that the intake then starts."""
        known = self.training.known()
        for key, content in self._sample.uploads():
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return self.training.started_since(known)

    def forget_accepted_files(self) -> None:
        """Let the files that earlier runs have accepted be new again, so that the next run has work."""
        for item in self.items():
            if item["item"]["S"].startswith("source#"):
                key = {name: item[name] for name in ("model", "item")}
                self._dynamodb.delete_item(TableName=self._table, Key=key)

    def forget_champion(self) -> None:
        """Let the next run be the first: a version that serves would only be kept, and the run would end early."""
        key = {"model": {"S": self.model}, "item": {"S": "champion"}}
        self._dynamodb.delete_item(TableName=self._table, Key=key)

    def items(self) -> list[dict[str, Any]]:
        """The model's items in the run table."""
        return self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="model = :model",
            ExpressionAttributeValues={":model": {"S": self.model}},
        )["Items"]

    def wait_for_free_intake(self) -> None:
        """Until the starter holds no execution any more; fails if it never lets go."""

        def free() -> bool | None:
            held = [item for item in self.items() if item["item"]["S"] == "starter" and "execution" in item]
            return None if held else True

        until(free, f"the starter to release the execution of {self.model}")

    def jobs(self) -> dict[str, str]:
        """The status of every job that the training machine has started so far."""
        training = self._sagemaker.list_training_jobs(NameContains=self.prefix, MaxResults=100)
        transform = self._sagemaker.list_transform_jobs(NameContains=self.prefix, MaxResults=100)
        etl = self.training.definition()["States"]["RunEtl"]["Arguments"]["JobName"]
        runs = [run for run in self._glue.get_job_runs(JobName=etl)["JobRuns"] if self._is_ours(run)]
        return {
            **{job["TrainingJobName"]: job["TrainingJobStatus"] for job in training["TrainingJobSummaries"]},
            **{job["TransformJobName"]: job["TransformJobStatus"] for job in transform["TransformJobSummaries"]},
            **{run["Id"]: run["JobRunState"] for run in runs},
        }

    def _is_ours(self, run: dict[str, Any]) -> bool:
        return f"/runs/{self.model}/" in run["Arguments"]["--manifest_uri"]

    def running_jobs(self) -> list[str]:
        """Jobs that nobody waits for any more."""
        active = (*GLUE_ACTIVE, "InProgress", "Stopping")
        return [name for name, status in self.jobs().items() if status in active]

    def candidates(self) -> list[str]:
        """Models that runs made for their evaluation."""
        listed = self._sagemaker.list_models(NameContains="-candidate", MaxResults=100)["Models"]
        return [model["ModelName"] for model in listed if model["ModelName"].startswith(f"{self.prefix}-")]

    def newest_package(self) -> str:
        listed = self._sagemaker.list_model_packages(
            ModelPackageGroupName=self.prefix, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
        )
        return listed["ModelPackageSummaryList"][0]["ModelPackageArn"]

    def served(self) -> str | None:
        """The configuration whose model answers a request at the moment; None without an endpoint that answers."""
        known = self._sagemaker.list_endpoints(NameContains=self.prefix)["Endpoints"]
        if self.prefix not in [found["EndpointName"] for found in known]:
            return None
        settled = until(self._settled_endpoint, f"the endpoint {self.prefix} to settle", END_SECONDS)
        if settled["EndpointStatus"] != "InService":
            return None
        self._ask()
        return settled["EndpointConfigName"]

    def deployed(self) -> set[str]:
        """The names of everything that deployments have made and not removed, but the endpoint."""
        named = {"NameContains": f"{self.prefix}-v", "MaxResults": 100}
        configs = self._sagemaker.list_endpoint_configs(**named)["EndpointConfigs"]
        models = self._sagemaker.list_models(**named)["Models"]
        alarms = self._cloudwatch.describe_alarms(AlarmNamePrefix=f"{self.prefix}-v")["MetricAlarms"]
        return {
            *(config["EndpointConfigName"] for config in configs),
            *(model["ModelName"] for model in models),
            *(alarm["AlarmName"] for alarm in alarms),
        }

    def _settled_endpoint(self) -> dict[str, Any] | None:
        described = self._sagemaker.describe_endpoint(EndpointName=self.prefix)
        return described if described["EndpointStatus"] in ("InService", "Failed") else None

    def _ask(self) -> None:
        prefix = f"evaluation/{self.model}/"
        listed = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix)["Contents"]
        key = next(entry["Key"] for entry in listed if "/features/" in entry["Key"] and entry["Size"])
        row = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read().splitlines()[0]
        form = "application/jsonlines"
        answer = self._runtime.invoke_endpoint(EndpointName=self.prefix, ContentType=form, Accept=form, Body=row)
        assert json.loads(answer["Body"].read())["row_id"] == json.loads(row)["row_id"]


def _tasks(scope: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in scope["States"].items():
        if state["Type"] == "Task":
            yield name, state
        if "ItemProcessor" in state:
            yield from _tasks(state["ItemProcessor"])
