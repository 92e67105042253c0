"""Between a state's JSON and an API's parameters: field names, numbers, times, and what is not accepted."""

from __future__ import annotations

import base64
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.validate import ParamValidator

from rehearsal.emulator.sagemaker import constraints
from rehearsal.emulator.stepfunctions.expressions import dumped, is_expression
from rehearsal.emulator.stepfunctions.fields import FieldTree
from rehearsal.emulator.stepfunctions.resources import Integration

LEADING_CAPITALS = re.compile(r"[A-Z]{2,}")
JSON_MEMBERS = {"Message", "MessageBody", "Detail", "Payload"}
JSON_TEXT_FIELDS = {("sns", "Message"), ("sqs", "MessageBody"), ("events", "Detail"), ("lambda", "Payload")}
RESERVED_WORDS = {"Null": "Nul"}
# botocore's reasons that are no matter of types: the service refuses these, with an error that can be caught.
LEFT_TO_THE_SERVICE = ("invalid length", "invalid range", "invalid enum", "missing required field")


def sdk_name(member: str) -> str:
    """A member's name in `aws-sdk:` tasks: upper camel case as the Java SDK spells it (`SS` is `Ss`, `ETag` stays)."""
    found = LEADING_CAPITALS.match(member)
    if found is None:
        return member[0].upper() + member[1:]
    run = found[0]
    head = run if len(run) == len(member) else run[:-1]
    name = head[0] + head[1:].lower() + member[len(head) :]
    return RESERVED_WORDS.get(name, name)


def to_request(integration: Integration, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the API call. An unknown field is left to botocore to refuse."""
    shape = integration.operation.input_shape
    named = _renamed(shape, dict(arguments), native=integration.optimised)
    for service, name in JSON_TEXT_FIELDS:
        if integration.optimised and service == integration.service:
            _texts(named, name)
    return named


def from_response(integration: Integration, response: Mapping[str, Any]) -> Any:
    """The result as the state sees it."""
    plain = {key: value for key, value in response.items() if key != "ResponseMetadata"}
    return _seen(integration.operation.output_shape, plain, integration.optimised)


def wrong_types(integration: Integration, request: Mapping[str, Any]) -> str | None:
    """The reason why Step Functions itself cannot make a request of it, or None."""
    report = ParamValidator().validate(request, integration.operation.input_shape)
    wrong = [str(report._format_error(entry)) for entry in report._errors if entry[0] not in LEFT_TO_THE_SERVICE]
    return "; ".join(wrong) or None


def refusal(integration: Integration, request: Mapping[str, Any]) -> str | None:
    """The refusal of the service by its model, or None: a length, a range, a pattern, a missing member."""
    found = list(constraints.problems(integration.operation.input_shape, request, ""))
    if not found:
        return None
    return f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: {'; '.join(found)}"


def wrong_fields(integration: Integration, arguments: Any) -> Iterator[str]:
    """The problem of a literal Arguments field, found before the machine is created."""
    if not isinstance(arguments, Mapping):
        return
    shape = integration.operation.input_shape
    members = shape.members if shape else {}
    names = {name if integration.optimised else sdk_name(name): name for name in members}
    yield from _unknown(shape, arguments, integration.fields, native=integration.optimised, path="")
    for required in shape.required_members if shape else []:
        shown = required if integration.optimised else sdk_name(required)
        if shown not in arguments and names.get(shown):
            yield f'The field "{shown}" is required but was missing'


def _unknown(shape: Any, value: Any, allowed: FieldTree | None, *, native: bool, path: str) -> Iterator[str]:
    if shape is None or is_expression(value):
        return
    if shape.type_name == "list" and isinstance(value, list):
        for item in value:
            yield from _unknown(shape.member, item, allowed, native=native, path=path)
    if shape.type_name == "map" and isinstance(value, Mapping):
        for item in value.values():
            yield from _unknown(shape.value, item, None, native=native, path=path)
    if shape.type_name == "structure" and isinstance(value, Mapping) and not shape.metadata.get("document"):
        members = {name if native else sdk_name(name): member for name, member in shape.members.items()}
        for key, item in value.items():
            if key not in members or (allowed and key not in allowed):
                yield f'The field "{path}{key}" is not supported by Step Functions'
                continue
            yield from _unknown(members[key], item, (allowed or {}).get(key), native=native, path=f"{path}{key}.")


def _renamed(shape: Any, value: Any, *, native: bool) -> Any:
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        names = {name if native else sdk_name(name): name for name in shape.members}
        return {
            names.get(key, key): _renamed(shape.members.get(names.get(key, key)), item, native=native)
            for key, item in value.items()
            if item is not None or (native and key in JSON_MEMBERS)  # recorded: a null member is not sent
        }
    if shape.type_name == "blob" and not native and not isinstance(value, str):
        return dumped(value).encode()  # recorded: an S3 body that is no text is sent as its JSON
    if shape.type_name == "list" and isinstance(value, list):
        return [_renamed(shape.member, item, native=native) for item in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: _renamed(shape.value, item, native=native) for key, item in value.items()}
    return value


def _texts(parameters: dict[str, Any], name: str) -> None:
    """Optimised integrations take JSON where the API takes its text."""
    holders = [parameters, *[entry for entry in parameters.get("Entries", []) if isinstance(entry, dict)]]
    for holder in holders:
        if name in holder and (name == "Payload" or not isinstance(holder[name], str)):
            holder[name] = json.dumps(holder[name])


def _seen(shape: Any, value: Any, optimised: bool) -> Any:
    if isinstance(value, datetime.datetime):
        return _time(value, optimised)
    if hasattr(value, "read"):
        return _text(value.read())
    if isinstance(value, bytes):
        return _text(value)
    kind = None if shape is None else shape.type_name
    if isinstance(value, Mapping):
        if kind == "map":
            return {key: _seen(shape.value, item, optimised) for key, item in value.items()}
        members = shape.members if kind == "structure" else {}
        return {
            key if optimised else sdk_name(key): _seen(members.get(key), item, optimised) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_seen(shape.member if kind == "list" else None, item, optimised) for item in value]
    return value


def _time(moment: datetime.datetime, optimised: bool) -> Any:
    moment = moment.astimezone(datetime.UTC)
    if optimised:
        return int(moment.timestamp() * 1000)
    text = moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()
