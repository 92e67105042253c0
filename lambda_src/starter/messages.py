"""The messages on the starter's queue, read strictly: what is not understood is reported, never dropped."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambda_src.common.models import is_model_name
from lambda_src.starter.subject import PACKAGE, MalformedMessage, model_of
from lambda_src.starter.times import NoTimeOfAnEvent, event_time, first_digits

STATE_MACHINE = re.compile(r"arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]+")
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class Uploaded:
    """A file arrived, at the latest at this time: some run must see it."""

    time: datetime


@dataclass(frozen=True)
class Asked:
    """A schedule or a person asks for a run that trains, whether there is a new file or not.

    The time is the queue's: a person's clock may be wrong, and a wish from the past would be met already.
    """

    time: datetime


@dataclass(frozen=True)
class Ended:
    """An execution of the machine is over."""

    execution_arn: str


@dataclass(frozen=True)
class Approved:
    """A model version was approved."""

    package_arn: str
    version: int
    approved_at: str


@dataclass(frozen=True)
class FolderMarker:
    """The empty object some tools write for a folder: nothing to do."""

    key: str


Event = Uploaded | Asked | Ended | Approved | FolderMarker


@dataclass(frozen=True)
class Message:
    """One event, and the machine it belongs to."""

    model: str
    state_machine_arn: str
    event: Event


def read_message(body: str, sent: datetime) -> Message:
    """Parse one message body, or say what is wrong with it. `sent` is when the queue took it."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"the body is not JSON: {error}") from None
    if not isinstance(value, Mapping):
        raise MalformedMessage("the body is not a JSON object")
    value = _with_event(value)
    machine = _text(value, "state_machine_arn")
    if not STATE_MACHINE.fullmatch(machine):
        raise MalformedMessage(f"'state_machine_arn' is {machine!r}, which is no state machine")
    model = _model(value)
    return Message(model, _machine_of_all(machine, model), _read_event(value, model, machine, sent))


def _model(value: Mapping[str, Any]) -> str:
    """People and schedules name the model; the other rules send events that tell it."""
    if "event" in value and "model" not in value:
        return model_of(value)
    model = _text(value, "model")
    if not is_model_name(model):
        raise MalformedMessage(f"'model' is {model!r}, which is no model name")
    return model


def _machine_of_all(machine: str, model: str) -> str:
    """The machine that serves all models, for messages from before ADR 27 that name one of the model's own."""
    start, _, kind = machine.rpartition("-")
    return f"{start.removesuffix(f'-{model}')}-{kind}"


def _with_event(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """A rule sends its whole event; people, and messages from before an update, name the members themselves."""
    event = value.get("event")
    if not isinstance(event, Mapping):
        return value
    detail = _mapping(event.get("detail"))
    given = event.get("resources")
    resources = given if isinstance(given, list) and given else [None]
    named = {
        "time": event.get("time"),
        "key": _mapping(detail.get("object")).get("key"),
        "execution_arn": detail.get("executionArn"),
        "status": detail.get("status"),
        "input": detail.get("input"),
        "group": detail.get("ModelPackageGroupName"),
        "package_arn": detail.get("ModelPackageArn") or resources[0],
        "changed": detail.get("LastModifiedTime"),
    }
    return {**named, **value}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _read_event(value: Mapping[str, Any], model: str, machine: str, sent: datetime) -> Event:
    match _text(value, "kind"):
        case "upload":
            return _upload(value, model, sent)
        case "manual":
            return Asked(sent)
        case "ended":
            return _ended(value, machine)
        case "approved":
            return _approved(value, sent)
        case kind:
            raise MalformedMessage(f"'kind' is {kind!r}; it must be upload, manual, ended or approved")


def _upload(value: Mapping[str, Any], model: str, sent: datetime) -> Event:
    key = _text(value, "key")
    if not key.startswith((f"raw/{model}/", f"holdout/{model}/")):
        raise MalformedMessage(f"the object {key!r} lies outside raw/{model}/ and holdout/{model}/")
    if key.endswith("/"):
        return FolderMarker(key)
    try:
        return Uploaded(event_time(_text(value, "time"), sent))
    except NoTimeOfAnEvent as error:
        raise MalformedMessage(f"'time' {error}") from None


def _ended(value: Mapping[str, Any], machine: str) -> Ended:
    execution, status = _text(value, "execution_arn"), _text(value, "status")
    if status not in ENDED:
        raise MalformedMessage(f"'status' is {status!r}; an ended execution is one of {', '.join(ENDED)}")
    if not execution.startswith(machine.replace(":stateMachine:", ":execution:") + ":"):
        raise MalformedMessage(f"'execution_arn' is {execution!r}, which is no execution of {machine}")
    return Ended(execution)


def _approved(value: Mapping[str, Any], sent: datetime) -> Approved:
    package = _text(value, "package_arn")
    found = PACKAGE.fullmatch(package)
    if not found:
        raise MalformedMessage(f"'package_arn' is {package!r}, which is no model package version")
    # Of the change itself, so that several events about one approval give one deployment; else of the event.
    approved_at = first_digits(value.get("changed"), value.get("time"), sent=sent)
    return Approved(package, int(found["version"]), approved_at)


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if isinstance(found, int | float) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or not found:
        raise MalformedMessage(f"'{name}' is missing")
    return found
