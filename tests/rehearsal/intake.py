"""One model's way in: its folder in the data bucket, its training machine, its queue."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import stack_outputs
from tests.rehearsal.conftest import Platform
from tests.rehearsal.machines import executions_of, machine_arn

DEADLINE_SECONDS = 600
QUIET_SECONDS = 4
QUEUE_DEPTH = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(frozen=True)
class Intake:
    """What people may do to start runs of a model, and what can be seen of them."""

    platform: Platform
    model: str

    def client(self, service: str) -> Any:
        return people.owner(self.platform.emulator, service)

    def output(self, module: str, name: str) -> str:
        return stack_outputs(self.platform.emulator, f"mlops-{STAGE}-{module}")[name]

    @cached_property
    def bucket(self) -> str:
        return self.output("storage", "DataBucketName")

    def machine(self, kind: str = "training") -> str:
        return machine_arn(STAGE, kind)

    # --- what people do ---

    def put(self, key: str, body: bytes) -> str:
        """Upload as somebody who may do nothing else; the version of the object."""
        key_arn = self.output("storage", "KeyArn")
        s3 = people.uploader(self.platform.emulator, data_bucket=self.bucket, key_arn=key_arn)
        return s3.put_object(Bucket=self.bucket, Key=key, Body=body)["VersionId"]

    def upload(self, name: str, body: bytes) -> str:
        return self.put(f"raw/{self.model}/{name}", body)

    def send(self, kind: str, **more: Any) -> None:
        """A message on the starter's queue, as a rule or a person sends it."""
        now = datetime.now(UTC).isoformat()
        message = {"kind": kind, "model": self.model, "state_machine_arn": self.machine(), "time": now, **more}
        queue_url = self.output("step-functions", "IntakeQueueUrl")
        self.client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(message))

    def tell_notifier(self, event: dict[str, Any]) -> None:
        """Deliver an event to the notifier once more."""
        found = self.client("cloudformation").describe_stack_resources(StackName=f"mlops-{STAGE}-monitoring")
        functions = [each for each in found["StackResources"] if each["ResourceType"] == "AWS::Lambda::Function"]
        [name] = [each["PhysicalResourceId"] for each in functions if "Notifier" in each["LogicalResourceId"]]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        assert "FunctionError" not in answer, answer["Payload"].read()

    # --- what can be seen ---

    def executions(self, kind: str = "training") -> list[dict[str, Any]]:
        """Oldest first."""
        found = executions_of(self.client("stepfunctions"), self.machine(kind), self.model)
        return sorted(found, key=lambda execution: execution["startDate"])

    def describe(self, execution_arn: str) -> dict[str, Any]:
        return self.client("stepfunctions").describe_execution(executionArn=execution_arn)

    def states(self, execution_arn: str) -> list[str]:
        """The states that the execution has entered so far."""
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        events = [event for page in pages.paginate(executionArn=execution_arn) for event in page["events"]]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def manifest(self, execution_arn: str) -> dict[str, Any]:
        """What the run worked on."""
        run = json.loads(self.describe(execution_arn)["output"])["run"]
        return json.loads(self.read(f"runs/{self.model}/{run}/manifest.json"))

    def read(self, key: str) -> bytes:
        return self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def trainings(self) -> int:
        jobs = self.client("sagemaker").list_training_jobs(NameContains=f"mlops-{STAGE}-{self.model}-")
        return len(jobs["TrainingJobSummaries"])

    def packages(self) -> int:
        group = f"mlops-{STAGE}-{self.model}"
        return len(self.client("sagemaker").list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"])

    # --- waiting ---

    def wait(self, what: str, probe: Callable[[], Any], deadline_seconds: float = DEADLINE_SECONDS) -> Any:
        """The first result that is not None; `what` stands in the error."""
        return self.platform.view.wait(what, lambda: probe() or None, deadline_seconds=deadline_seconds)

    def new_execution(self, known: int) -> str:
        """The next execution after so many."""
        found = self.wait(f"a run of {self.model}", lambda: self.executions()[known:])
        return found[0]["executionArn"]

    def end_of(self, execution_arn: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            described = self.describe(execution_arn)
            return described if described["status"] != "RUNNING" else None

        return self.wait(f"the end of {execution_arn}", ended)

    def wait_for_state(self, execution_arn: str, state: str) -> None:
        """Until the execution enters the state; an end before that is an error at once."""

        def entered() -> bool:
            described = self.describe(execution_arn)
            found = state in self.states(execution_arn)
            assert found or described["status"] == "RUNNING", described
            return found

        self.wait(f"{execution_arn} to enter {state}", entered)

    def wait_until_idle(self) -> None:
        """Nothing runs, nothing waits in the queue, and for a while nothing new begins."""
        busy = time.monotonic()

        def quiet() -> bool:
            nonlocal busy
            running = [each for kind in ("training", "deployment") for each in self.executions(kind)]
            if any(each["status"] == "RUNNING" for each in running) or self._waiting():
                busy = time.monotonic()
            return time.monotonic() - busy > QUIET_SECONDS

        self.wait(f"{self.model} to be idle", quiet)

    def _waiting(self) -> int:
        queue_url = self.output("step-functions", "IntakeQueueUrl")
        asked = self.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(QUEUE_DEPTH))
        return sum(int(asked["Attributes"][name]) for name in QUEUE_DEPTH)

    @contextmanager
    def time_limit(self, seconds: int) -> Iterator[None]:
        """The training machine with another time limit."""
        states = self.client("stepfunctions")
        written = states.describe_state_machine(stateMachineArn=self.machine())["definition"]
        limited = json.dumps(json.loads(written) | {"TimeoutSeconds": seconds})
        states.update_state_machine(stateMachineArn=self.machine(), definition=limited)
        try:
            yield
        finally:
            states.update_state_machine(stateMachineArn=self.machine(), definition=written)

    def clear(self) -> None:
        """Take the model's uploads away again."""
        s3 = self.client("s3")
        for entry in s3.list_objects_v2(Bucket=self.bucket, Prefix=f"raw/{self.model}/").get("Contents", []):
            s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
