"""Every shipped expression as the emulator evaluates it, and as the official engine does without anything of ours."""

import json
import re
import subprocess
from collections.abc import Sequence
from typing import Any

from rehearsal.emulator.jsonata import shared_engine
from tests.conformance.inputs import bindings
from tests.conformance.shipped import shipped_expressions
from tests.conformance.witness import NODE, ROOT, Counts

INPUTS = 40
SCRIPT = ROOT / "tests" / "conformance" / "expressions.js"
PACKAGE = ROOT / "node_modules" / "jsonata"
CODE = re.compile(r"([A-Z]\d{4}): ")
Outcome = dict[str, Any]


def run() -> Counts:
    """Every expression of every machine with generated inputs."""
    return compared(shipped_expressions())


def compared(expressions: Sequence[str], inputs: int = INPUTS) -> Counts:
    """The counts; a refusal is alike when both give the same code or both have no value."""
    asked = [(text, bindings(text, seed)) for text in expressions for seed in range(inputs)]
    agree, refused, differ, valued = 0, 0, [], set[str]()
    for (text, data), other in zip(asked, official(asked), strict=True):
        ours = _ours(text, data)
        if ours != other:
            differ.append(f"{text[:80]}: here {ours}, there {other}, with {json.dumps(data)[:200]}")
        elif "value" in ours:
            agree += 1
            valued.add(text)
        else:
            refused += 1
    never = [f"{text[:80]}: no generated input gives it a value" for text in expressions if text not in valued]
    return Counts(
        agree, refused, differ=(*differ, *never), note=f"{len(expressions)} expressions, {inputs} inputs each"
    )


def official(asked: Sequence[tuple[str, Any]]) -> list[Outcome]:
    """What the npm package says by itself."""
    command = [str(NODE), str(SCRIPT), str(PACKAGE)]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def _ours(text: str, data: Any) -> Outcome:
    [found] = shared_engine().evaluate([text], data)
    if "value" in found:
        return found
    if "error" not in found:
        return {}
    code = CODE.match(found["error"])
    return {"error": code[1] if code else "no code"}
