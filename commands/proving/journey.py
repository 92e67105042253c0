"""The journey of a proof: one run to a prediction, then the same bytes again, a stopped run and two that fail."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.errors import Refused, name_of
from commands.executions import Execution, describe, history
from commands.follow import POLL_SECONDS, follow, known_executions, wait_for_start
from commands.platform import DEPLOYMENT, TRAINING, Model, Platform
from commands.predict import JSON_LINES
from commands.proving.sample import STRANGER, Sample
from commands.request_rows import rows_of_file
from commands.train import ask_for_run

FIRST_RUN = "first run"
STOPPED_IN = "RunEtl"
STOP_ERROR, STOP_CAUSE = "StoppedByProof", "mlops prove stops a run to see what AWS tells of it"
NO_VERSION = 999_999_999
PREDICTED_ROWS = 3
# AWS refuses, or answers in another form than it is read in: one step or look is lost, the others go on.
SPOILT = (
    Refused,
    ClientError,
    BotoCoreError,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
)


@dataclass
class Journey:
    """A journey, and all that it has met so far."""

    platform: Platform
    model: Model
    sample: Sample
    runs: dict[str, Execution] = field(default_factory=dict[str, Execution])
    uploads: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    answers: list[Any] = field(default_factory=list[Any])
    trouble: dict[str, str] = field(default_factory=dict[str, str])
    """Why a step could not be taken, by its name."""

    def travel(self) -> None:
        """Every step; one that cannot be taken is noted, and the next ones are tried all the same."""
        # Those of an earlier proof stay in the lists.
        deployments = known_executions(self.platform.session, self.model, DEPLOYMENT)
        self._step(FIRST_RUN, lambda: self._started_by(FIRST_RUN, self._upload))
        self._step("deployment", lambda: self._wait_for("deployment", DEPLOYMENT, deployments))
        self._step("prediction", self._predict)
        self._step("same bytes again", lambda: self._started_by("same bytes again", self._upload))
        self._step("stopped run", self._stopped_run)
        self._step("failed run", lambda: self._started_by("failed run", self._upload_stranger))
        self._step("failed deployment", self._failed_deployment)

    def histories(self) -> dict[str, list[dict[str, Any]]]:
        """All events of each run, by its name."""
        return {name: history(self.platform.session, run.arn) for name, run in self.runs.items()}

    def _step(self, name: str, take: Callable[[], None]) -> None:
        screen = self.platform.session.screen
        screen.note(name, style="bold")
        try:
            take()
        except SPOILT as error:
            self.trouble[name] = error.message if isinstance(error, Refused) else name_of(error)
            screen.note(f"  {name_of(error)}: {error}", style="yellow")

    def _started_by(self, name: str, ask: Callable[[], None]) -> None:
        known = known_executions(self.platform.session, self.model, TRAINING)
        ask()
        self._wait_for(name, TRAINING, known)

    def _wait_for(self, name: str, kind: str, known: frozenset[str]) -> None:
        started = wait_for_start(self.platform.session, self.model, kind, known)
        self.runs[name] = started
        self.runs[name] = follow(self.platform.session, self.model, started)

    def _upload(self) -> None:
        s3, bucket = self.platform.session.client("s3"), self.platform.data_bucket
        s3.put_object(Bucket=bucket, Key=self.sample.key, Body=self.sample.path.read_bytes())
        self.uploads.append(s3.head_object(Bucket=bucket, Key=self.sample.key, ChecksumMode="ENABLED"))

    def _upload_stranger(self) -> None:
        s3 = self.platform.session.client("s3")
        s3.put_object(Bucket=self.platform.data_bucket, Key=self.sample.stranger_key, Body=STRANGER)

    def _predict(self) -> None:
        rows = rows_of_file(self.platform.contract(self.model), self.sample.path.read_bytes())
        body = b"".join(row.text + b"\n" for row in rows[:PREDICTED_ROWS])
        answer = self.platform.session.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=self.model.endpoint, ContentType=JSON_LINES, Accept=JSON_LINES, Body=body
        )
        self.answers = [json.loads(line) for line in answer["Body"].read().decode().splitlines()]

    def _stopped_run(self) -> None:
        session = self.platform.session
        known = known_executions(session, self.model, TRAINING)
        ask_for_run(self.platform, self.model)
        started = wait_for_start(session, self.model, TRAINING, known)
        while not self._is_in(started, STOPPED_IN):
            time.sleep(POLL_SECONDS)
        session.client("stepfunctions").stop_execution(executionArn=started.arn, error=STOP_ERROR, cause=STOP_CAUSE)
        self.runs["stopped run"] = follow(session, self.model, started)

    def _is_in(self, execution: Execution, state: str) -> bool:
        """Tell whether the state's job has begun, or the run is over without it."""
        session = self.platform.session
        if describe(session, self.model, TRAINING, execution.arn).status != "RUNNING":
            return True
        events = history(session, execution.arn)
        entered = [event for event in events if event.get("stateEnteredEventDetails", {}).get("name") == state]
        return bool(entered) and any(
            event["type"] == "TaskSubmitted" and event["id"] > entered[-1]["id"] for event in events
        )

    def _failed_deployment(self) -> None:
        """A version that does not exist: the registry's own error is what is looked for."""
        session = self.platform.session
        known = known_executions(session, self.model, DEPLOYMENT)
        group = session.client("sagemaker").describe_model_package_group(ModelPackageGroupName=self.model.endpoint)
        package = group["ModelPackageGroupArn"].replace(":model-package-group/", ":model-package/")
        given = {
            "model": self.model.name,
            "package_arn": f"{package}/{NO_VERSION}",
            "reason": "manual",
            "settings": self.model.settings,
        }
        session.client("stepfunctions").start_execution(
            stateMachineArn=self.model.machines[DEPLOYMENT],
            input=json.dumps(given),
        )
        self._wait_for("failed deployment", DEPLOYMENT, known)
