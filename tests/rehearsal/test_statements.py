"""Every statement of every role was needed on the way to a prediction, or a table says who needs it and when."""

import json
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from rehearsal.journey import Outcome
from tests.audit import tables
from tests.audit.templates import allowed, as_list, role_name
from tests.rehearsal.conftest import JOURNEY_CALLS, Platform
from tests.rehearsal.deployed import DeployedStack
from tests.synth import MODULES

pytestmark = pytest.mark.slow


class Allowance(NamedTuple):
    """One action of one statement, and whether the rehearsal asked for it on one of the statement's resources."""

    role: str
    action: str
    resources: tuple[str, ...]
    used: bool


@pytest.fixture(scope="module")
def allowances(platform: Platform, outcome: Outcome) -> list[Allowance]:
    assert outcome.predictions
    return list(_allowances(platform))


def _allowances(platform: Platform) -> Iterator[Allowance]:
    calls = _calls_by_role(platform)
    for module in MODULES:
        stack = DeployedStack.read(platform, module)
        for policy in stack.properties_of("AWS::IAM::Policy"):
            for role in policy["Roles"]:
                asked = calls[stack.resolve(role)]
                for statement in allowed(policy["PolicyDocument"]):
                    resources = tuple(map(stack.resolve, as_list(statement["Resource"])))
                    for action in as_list(statement["Action"]):
                        used = any(fnmatchcase(one, pattern) for one in asked[action] for pattern in resources)
                        yield Allowance(role_name(role), action, resources, used)


def _calls_by_role(platform: Platform) -> defaultdict[str, defaultdict[str, set[str]]]:
    """What IAM was asked for and allowed: the resources, by role and action."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in (platform.emulator.home / JOURNEY_CALLS).read_text().splitlines():
        call = json.loads(line)
        if ":assumed-role/" in call["caller"] and call["decision"] == "allowed":
            found[call["caller"].split("/")[1]][call["action"]].add(call["resource"])
    return found


def test_every_statement_was_used_or_a_table_says_when_it_is(allowances: list[Allowance]) -> None:
    explained = {
        (role, action)
        for row in (*tables.aws_only().permission, *tables.elsewhere())
        for role in row.roles
        for action in row.actions
    }

    assert len(allowances) > 200
    assert [one for one in allowances if not one.used and (one.role, one.action) not in explained] == []


def test_what_the_table_calls_asked_was_asked_and_nothing_else_of_it(allowances: list[Allowance]) -> None:
    used = {(one.role, one.action) for one in allowances if one.used}
    wrong = [
        f"{row.id}: {role} was {'' if (role, action) in used else 'not '}asked for {action}"
        for row in tables.aws_only().permission
        for role in row.roles
        for action in row.actions
        if ((role, action) in used) is not (action in row.asked)
    ]

    assert wrong == []
