"""Every statement of every role was needed on the way to a prediction, or a table says who needs it and when."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import Outcome
from tests.audit import tables
from tests.audit.templates import Grant, allowed, as_list, grants_of
from tests.rehearsal.conftest import JOURNEY_CALLS, Platform
from tests.rehearsal.deployed import DeployedStack
from tests.synth import MODULES

pytestmark = pytest.mark.slow


class Allowance(NamedTuple):
    """One action of one statement, and whether the rehearsal asked for it on one of the statement's resources."""

    grant: Grant
    used: bool


@pytest.fixture(scope="module")
def allowances(platform: Platform, outcome: Outcome) -> list[Allowance]:
    assert outcome.predictions
    return list(_allowances(platform))


def _allowances(platform: Platform) -> Iterator[Allowance]:
    calls, iam = _calls_by_role(platform), people.owner(platform.emulator, "iam")
    for module in MODULES:
        stack = DeployedStack.read(platform, module)
        for policy in stack.properties_of("AWS::IAM::Policy"):
            for role in policy["Roles"]:
                name = stack.resolve(role)
                deployed = iam.get_role_policy(RoleName=name, PolicyName=policy["PolicyName"])["PolicyDocument"]
                for designed, real in zip(allowed(policy["PolicyDocument"]), allowed(deployed), strict=True):
                    for grant in grants_of(role, designed, STAGE):
                        yield Allowance(grant, _any_on(calls[name][grant.action], as_list(real["Resource"])))


def _any_on(resources: Iterable[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(resource, pattern) for resource in resources for pattern in patterns)


def _calls_by_role(platform: Platform) -> defaultdict[str, defaultdict[str, set[str]]]:
    """What IAM was asked for and allowed: the resources, by role and action."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in (platform.emulator.home / JOURNEY_CALLS).read_text().splitlines():
        call = json.loads(line)
        if ":assumed-role/" in call["caller"] and call["decision"] == "allowed":
            found[call["caller"].split("/")[1]][call["action"]].add(call["resource"])
    return found


def test_every_statement_was_used_or_a_table_says_when_it_is(allowances: list[Allowance]) -> None:
    rows = (*tables.aws_only().permission, *tables.elsewhere())
    unused = [one.grant for one in allowances if not one.used]

    assert len(allowances) > 200
    assert [grant for grant in unused if not any(row.covers(grant) for row in rows)] == []


def test_what_the_table_calls_asked_was_asked_and_nothing_else_of_it(allowances: list[Allowance]) -> None:
    wrong = [
        f"{row.id}: {grant.holder} was {'' if used else 'not '}asked for {grant.action}"
        for row in tables.aws_only().permission
        for grant, used in allowances
        if row.covers(grant) and used is not (grant.action in row.asked)
    ]

    assert wrong == []
