"""Every machine and asl-validator, a validator of the Amazon States Language that others wrote."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.conformance.shipped import definitions
from tests.conformance.witness import NODE, ROOT, Counts, installed

PACKAGE = ROOT / "node_modules" / "asl-validator"
SCRIPT = """
const validate = require(process.argv[1]);
const found = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(found.map((one) => validate(one).errors)));
"""


def run() -> Counts:
    """Every definition of every stage and variant."""
    return compared(definitions())


def compared(named: Mapping[str, Mapping[str, Any]]) -> Counts:
    """The validator's verdict on each definition."""
    installed(PACKAGE, "node_modules/.ready")
    command = [str(NODE), "-e", SCRIPT, str(PACKAGE)]
    question = json.dumps(list(named.values()))
    done = subprocess.run(command, input=question, capture_output=True, text=True, check=True, timeout=120)
    found = dict(zip(named, json.loads(done.stdout), strict=True))
    wrong = [f"{name}: {_said(error)}" for name, errors in found.items() for error in errors]
    return Counts(sum(not errors for errors in found.values()), differ=tuple(wrong))


def _said(error: Mapping[str, Any]) -> str:
    return " ".join(str(error[part]) for part in ("Error code", "Message", "instancePath", "message") if part in error)
