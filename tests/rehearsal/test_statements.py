"""Every statement of every role was needed on the way to a prediction, or a table says who needs it and when."""

import json
from collections import defaultdict
from collections.abc import Iterator

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import Outcome
from tests.audit import tables, usage
from tests.audit.templates import allowed
from tests.rehearsal.conftest import JOURNEY_CALLS, Platform
from tests.rehearsal.deployed import DeployedStack
from tests.synth import MODULES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def allowances(platform: Platform, outcome: Outcome) -> list[usage.Allowance]:
    assert outcome.predictions
    return list(_allowances(platform))


def _allowances(platform: Platform) -> Iterator[usage.Allowance]:
    calls, iam = _calls_by_role(platform), people.owner(platform.emulator, "iam")
    for module in MODULES:
        stack = DeployedStack.read(platform, module)
        for policy in stack.properties_of("AWS::IAM::Policy"):
            for role in policy["Roles"]:
                name = stack.resolve(role)
                deployed = iam.get_role_policy(RoleName=name, PolicyName=policy["PolicyName"])["PolicyDocument"]
                for designed, real in zip(allowed(policy["PolicyDocument"]), allowed(deployed), strict=True):
                    yield from usage.allowances(role, designed, real, STAGE, calls[name])


def _calls_by_role(platform: Platform) -> defaultdict[str, defaultdict[str, set[str]]]:
    """What IAM was asked for and allowed: the resources, by role and action."""
    found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in (platform.emulator.home / JOURNEY_CALLS).read_text().splitlines():
        call = json.loads(line)
        if ":assumed-role/" in call["caller"] and call["decision"] == "allowed":
            found[call["caller"].split("/")[1]][call["action"]].add(call["resource"])
    return found


def test_every_resource_of_every_statement_was_used_or_a_table_says_when_it_is(
    allowances: list[usage.Allowance],
) -> None:
    assert len(allowances) > 400
    assert usage.over_granted(allowances, tables.aws_only().permission, tables.elsewhere()) == []


def test_what_the_table_calls_asked_was_asked_and_nothing_else_of_it(allowances: list[usage.Allowance]) -> None:
    assert usage.asked_otherwise(allowances, tables.aws_only().permission) == []
