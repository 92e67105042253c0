"""The deployed stage, found through the outputs of the stacks and through names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from commands.errors import Exit, Refused, code_of
from commands.session import Session
from contract.archive import contract_of
from contract.model import Contract
from contract.run import models_path

TRAINING, DEPLOYMENT = "training", "deployment"
INTAKE, NOTIFIER = "intake", "notifier"


@dataclass(frozen=True)
class Model:
    """The names of one deployed model, the machines that work for it, and its settings."""

    name: str
    prefix: str
    machines: Mapping[str, str]
    settings: Mapping[str, Any]

    @property
    def endpoint(self) -> str:
        """Endpoint, package group and crawler share this name."""
        return f"{self.prefix}-{self.name}"


class Platform:
    """The stage as it stands in the account."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @cached_property
    def data_bucket(self) -> str:
        return self._outputs("storage")["DataBucketName"]

    @cached_property
    def buckets(self) -> tuple[str, ...]:
        """The buckets in which runs write."""
        outputs = self._outputs("storage")
        return tuple(outputs[f"{kind}BucketName"] for kind in ("Data", "Models", "Artifacts"))

    @cached_property
    def run_table(self) -> str:
        return self._outputs("storage")["RunTableName"]

    @cached_property
    def queue_url(self) -> str:
        return self._workflow["IntakeQueueUrl"]

    @cached_property
    def dead_letters(self) -> dict[str, str]:
        """The queues of what nobody could handle, by who gave up."""
        return {
            INTAKE: self._output("step-functions", "IntakeDeadLettersUrl"),
            NOTIFIER: self._output("monitoring", "NotifierDeadLettersUrl"),
        }

    @cached_property
    def notifier(self) -> str:
        """The name of the function that tells people."""
        return self._output("monitoring", "NotifierName")

    @cached_property
    def models(self) -> dict[str, Model]:
        """Every model of the stage, by name."""
        machines = {
            TRAINING: self._output("step-functions", "TrainingMachineArn"),
            DEPLOYMENT: self._output("step-functions", "DeploymentMachineArn"),
        }
        pages = self.session.client("ssm").get_paginator("get_parameters_by_path")
        found = {
            each["Name"].rpartition("/")[2]: json.loads(each["Value"])
            for page in pages.paginate(Path=models_path(self.session.prefix))
            for each in page["Parameters"]
        }
        return {name: Model(name, self.session.prefix, machines, settings) for name, settings in sorted(found.items())}

    def model(self, name: str) -> Model:
        """One model.

        Raises:
            Refused: naming the models that there are.
        """
        if name not in self.models:
            raise Refused(
                f"stage {self.session.stage} has no model {name!r}: its models are {', '.join(self.models) or 'none'}",
                Exit.NOT_FOUND,
            )
        return self.models[name]

    def contract(self, model: Model) -> Contract:
        """The contract that is deployed for the model, whatever the working copy says."""
        archive = read_object(self.session, self._output("step-functions", "ContractsUri"))
        found = contract_of(archive, model.name)
        if found is None:
            raise Refused(
                f"the deployed contracts hold none of {model.name}: deploy the platform again", Exit.NOT_FOUND
            )
        return found

    @cached_property
    def _workflow(self) -> dict[str, str]:
        return self._outputs("step-functions")

    def _output(self, module: str, name: str) -> str:
        """One output, which a stage that was deployed by an older version may not have."""
        found = self._outputs(module).get(name)
        if found is None:
            stack = f"{self.session.prefix}-{module}"
            raise Refused(f"the stack {stack} has no output {name}: deploy the platform again", Exit.NOT_FOUND)
        return found

    def _outputs(self, module: str) -> dict[str, str]:
        return stack_outputs(self.session, f"{self.session.prefix}-{module}")


def stack_outputs(session: Session, name: str) -> dict[str, str]:
    """The outputs of a deployed stack.

    Raises:
        Refused: when it is not deployed.
    """
    try:
        [stack] = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if code_of(error) == "ValidationError":
            raise Refused(
                f"the stack {name} is not deployed here: `make deploy STAGE={session.stage}`,"
                " or choose another --stage, AWS_PROFILE or AWS_REGION",
                Exit.NOT_FOUND,
            ) from None
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def read_object(session: Session, uri: str) -> bytes:
    """The content of an object, by its s3:// address."""
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def keys_below(session: Session, bucket: str, prefix: str) -> list[dict[str, Any]]:
    """The objects under a prefix, in the order of their keys."""
    pages = session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [entry for page in pages for entry in page.get("Contents", [])]
