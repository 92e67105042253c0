"""The settings of every model, where the starter and the command line find them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from contract.run import models_path

# Parameter Store takes a few writes a second: CloudFormation is to make no more than these at once.
AT_ONCE: Final = 3


class ModelSettings(Construct):
    """One parameter per model: what state machines read of a model, and what needs no resource of its own."""

    def __init__(
        self, scope: Construct, construct_id: str, *, prefix: str, models: Mapping[str, Mapping[str, Any]]
    ) -> None:
        super().__init__(scope, construct_id)
        made: list[ssm.CfnParameter] = []
        for model, settings in models.items():
            parameter = ssm.CfnParameter(
                self,
                model,
                name=f"{models_path(prefix)}/{model}",
                type="String",
                value=json.dumps(settings, separators=(",", ":"), sort_keys=True),
            )
            if len(made) >= AT_ONCE:
                parameter.add_dependency(made[-AT_ONCE])
            made.append(parameter)
        self.last: Sequence[IConstruct] = made[-AT_ONCE:]
        """The ends of the chains: a dependency on them is one on all parameters."""
