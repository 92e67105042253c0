"""A definition as CloudFormation takes it: a plain text, and each value of the template beside it, once.

CloudFormation looks a value of another stack up at each place that holds it, and a definition holds some of them often.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack

TOKEN = re.compile(r"\$\{Token\[[^\]]+\]\}")
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def with_substitutions(stack: Stack, definition: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The text with a placeholder for each token, and the token of each placeholder."""
    text = json.dumps(definition, separators=(",", ":"))
    named = {token: _name(stack.resolve(token)) for token in TOKEN.findall(text)}
    if len(set(named.values())) < len(named):
        raise ValueError(f"{stack.node.path}: two values of a definition have one name: {sorted(named.values())}")
    return TOKEN.sub(lambda found: f"${{{named[found[0]]}}}", text), {name: token for token, name in named.items()}


def as_joined(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The definition of a state machine in a template, as the Fn::Join that it stands for."""
    values = properties.get("DefinitionSubstitutions", {})
    parts = PLACEHOLDER.split(properties["DefinitionString"])
    return {"Fn::Join": ["", [values[part] if number % 2 else part for number, part in enumerate(parts)]]}


def _name(resolved: Any) -> str:
    """A name that says where the value comes from, without what is made of a content or differs between stages."""
    match resolved:
        case {"Ref": str(origin)}:
            pass
        case {"Fn::GetAtt": [resource, attribute]}:
            origin = f"{resource}{attribute}"
        case {"Fn::ImportValue": str(export)}:
            origin = export.rpartition(":")[2]
        case {"Fn::FindInMap": [mapping, _, key]}:
            origin = f"{mapping}{key}"
        case {"Fn::Sub": str(text)}:
            origin = f"Asset{text.rpartition('.')[2]}"
        case _:
            raise ValueError(f"a value of a definition is neither a reference nor an asset: {resolved}")
    return re.sub(r"[^A-Za-z0-9]", "", origin)
