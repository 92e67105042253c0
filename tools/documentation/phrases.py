"""Values of a template in words: references as the names of constructs, ARNs as what tells them apart."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tools.documentation.assembly import Platform

ARN = re.compile(r"arn:\{\w+\}:[a-z0-9-]+:[^:\s]*:[^:\s]*:")
ASSET = re.compile(r"cdk-\w+-assets-[^/]*/(?:[a-z0-9]+-[a-z0-9]+/)?(?:[0-9a-f]{64}|\*)")


def phrase(platform: Platform, module: str, value: Any) -> str:
    """One value in words, for any stage and model."""
    text = _text(platform, module, value)
    return platform.general(ASSET.sub("assets of the CDK: *", ARN.sub("", text)))


def phrases(platform: Platform, module: str, values: Any) -> list[str]:
    """A value or a list of them, without repetitions and without what belongs to other models."""
    listed = values if isinstance(values, list) else [values]
    found = [text for text in (phrase(platform, module, value) for value in listed) if text]
    return list(dict.fromkeys(text for text in found if not platform.is_of_another_model(text)))


def references(value: Any) -> Iterator[dict[str, Any]]:
    """Every reference to another stack inside a value."""
    if isinstance(value, dict):
        if "Fn::GetStackOutput" in value or "Fn::ImportValue" in value:
            yield value
        else:
            for inner in value.values():
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def referenced(platform: Platform, reference: dict[str, Any]) -> tuple[str, Any, str]:
    """The module that a reference leads to, the value there, and how strongly it binds."""
    match reference:
        case {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output}}:
            return *platform.output(stack, output), "weak"
        case {"Fn::ImportValue": name}:
            return *platform.export(name), "strong"
        case _:
            raise ValueError(f"not a reference to another stack: {reference}")


def _text(platform: Platform, module: str, value: Any) -> str:
    match value:
        case str() | int() | float():
            return str(value)
        case {"Ref": str(name)}:
            return f"{{{name.removeprefix('AWS::')}}}" if name.startswith("AWS::") else _name(platform, module, name)
        case {"Fn::GetAtt": [name, "Arn" | "GroupId" | "QueueName"]}:
            return _name(platform, module, name)
        case {"Fn::GetAtt": [name, "Value"]}:
            # A parameter that keeps what was looked up once.
            return _text(platform, module, platform.stacks[module].resources[name]["Properties"]["Value"])
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{_name(platform, module, name)}.{attribute}"
        case {"Fn::Join": [separator, items]}:
            return separator.join(_text(platform, module, item) for item in items)
        case {"Fn::Sub": str(text)}:
            return text.replace("${AWS::", "{").replace("${", "{")
        case {"Fn::FindInMap": [_, _, key]}:
            return f"[{_text(platform, module, key)}]"
        case {"Fn::GetStackOutput": _} | {"Fn::ImportValue": _}:
            other, inner, _strength = referenced(platform, value)
            return _text(platform, other, inner)
        case _:
            return json.dumps(value, sort_keys=True)


def _name(platform: Platform, module: str, logical_id: str) -> str:
    return platform.stacks[module].names[logical_id]
