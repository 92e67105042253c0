"""Conditions of a proof, asked before it begins: the stage approves by itself, and nobody uses the model."""

import json
from typing import Any

from commands.errors import Exit, Refused
from commands.platform import TRAINING, Model, Platform
from commands.proving import holdings
from commands.proving.sample import Sample
from commands.registry import serving, versions
from commands.session import Session
from contract.text import one_line

APPROVES = "ApproveModel"
# What the definition says where the stage approves by itself.
ALWAYS = "{% true %}"


def proven_model(platform: Platform, sample: Sample) -> Model:
    """The sample's model on a stage where a proof can begin.

    Raises:
        Refused: with what stands in the way.
    """
    session = platform.session
    if sample.model not in platform.models:
        raise Refused(
            f"stage {session.stage} has no model {sample.model}, which the proof plays with:"
            f" keep config/models/{sample.model}.toml, deploy, and prove again",
            Exit.NOT_FOUND,
        )
    model = platform.model(sample.model)
    if APPROVES not in _targets(session, model):
        raise Refused(
            f"stage {session.stage} waits for a person's approval, and the proof would wait with it:"
            " prove on a stage with approve_automatically, such as dev; its templates are the same",
            Exit.USAGE,
        )
    used = in_use(platform, model)
    if used:
        raise Refused(
            f"{model.name} is in use on stage {session.stage}: it has {', '.join(used)}; a proof uploads, deploys and"
            " then removes all that the model has, so prove on a stage where nobody uses it",
            Exit.USAGE,
        )
    return model


def in_use(platform: Platform, model: Model) -> list[str]:
    """Things that the model has and that a proof would mix with its own and take away."""
    session = platform.session
    used: list[str] = []
    if stored := next(holdings.objects(platform, model), None):
        used.append(f"objects such as s3://{stored.bucket}/{one_line(stored.key)}")
    if versions(session, model):
        used.append("versions")
    if serving(session, model) is not None:
        used.append("an endpoint")
    if holdings.executions(platform, model):
        used.append("a run under way")
    return used


def _targets(session: Session, model: Model) -> set[str]:
    """The states to which the training machine's question of approval can lead."""
    told = session.client("stepfunctions").describe_state_machine(stateMachineArn=model.machines[TRAINING])
    states: dict[str, Any] = json.loads(told["definition"])["States"]
    rules = states.get("ApproveAutomatically?", {}).get("Choices", [])
    return {rule["Next"] for rule in rules if rule.get("Condition") == ALWAYS}
