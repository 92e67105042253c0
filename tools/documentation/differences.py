"""The differences between two stages: not whole properties but the values inside them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.documentation.assembly import STAGE, Platform
from tools.documentation.markdown import NOTHING, code, codes
from tools.documentation.phrases import phrases

# Texts of their own: the machines have a page, and policies are compared by what they allow.
LEFT_OUT = ("DefinitionString", "PolicyDocument")
ALLOWS = "allows besides"
Leaves = dict[str, list[str]]


def differences(dev: Platform, prod: Platform, module: str) -> Iterator[Sequence[str]]:
    """Resource, property, value in dev, value in prod."""
    in_dev, in_prod = (dict(platform.resources(module)) for platform in (dev, prod))
    for name in dict.fromkeys([*in_dev, *in_prod]):
        bodies = in_dev.get(name), in_prod.get(name)
        if bodies[0] is None or bodies[1] is None:
            yield [code(name), "the resource", *("there" if body else NOTHING for body in bodies)]
            continue
        one, two = _leaves(dev, module, bodies[0]), _leaves(prod, module, bodies[1])
        for key in sorted({*one, *two}):
            if one.get(key) != two.get(key):
                yield [code(name), code(key), *_sides(key, one.get(key, []), two.get(key, []))]


def _sides(key: str, one: list[str], two: list[str]) -> tuple[str, str]:
    """Of long lists of actions only what the other side has not."""
    if key == ALLOWS:
        one, two = [item for item in one if item not in two], [item for item in two if item not in one]
    return codes(one), codes(two)


def _leaves(platform: Platform, module: str, body: Mapping[str, Any]) -> Leaves:
    """Every plain value of a resource by its path, in words that are the same for every stage."""
    properties = {key: value for key, value in body.get("Properties", {}).items() if key not in LEFT_OUT}
    document = body.get("Properties", {}).get("PolicyDocument", {})
    return {
        **_walk(platform, module, "", properties),
        ALLOWS: list(dict.fromkeys(_actions(document))),
        "DeletionPolicy": [body.get("DeletionPolicy", "Delete")],
    }


def _walk(platform: Platform, module: str, path: str, value: Any) -> Leaves:
    if isinstance(value, dict) and not _is_function(value):
        parts = ((f"{path}.{key}".lstrip("."), inner) for key, inner in value.items())
    elif isinstance(value, list) and any(isinstance(item, dict) and not _is_function(item) for item in value):
        parts = ((f"{path}[{number}]", inner) for number, inner in enumerate(value))
    else:
        return {path: [STAGE if text == platform.stage else text for text in phrases(platform, module, value)]}
    leaves: Leaves = {}
    for inner_path, inner in parts:
        leaves |= _walk(platform, module, inner_path, inner)
    return leaves


def _is_function(value: Mapping[str, Any]) -> bool:
    return any(key == "Ref" or key.startswith("Fn::") for key in value)


def _actions(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in document.get("Statement", []):
        actions = statement["Action"]
        yield from actions if isinstance(actions, list) else [actions]
