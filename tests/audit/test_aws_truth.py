"""The table of what only AWS checks says what the templates say, and the templates what the table says."""

import re
from collections.abc import Sequence

import pytest

from tests.audit import tables
from tests.audit.templates import Grant, grants, resource_grants, trusts
from tests.synth import ROOT, assembly

STAGES = ("dev", "prod")


@pytest.mark.parametrize("stage", STAGES)
def test_every_row_stands_in_the_templates_with_each_role_action_resource_and_condition(stage: str) -> None:
    found = grants(assembly(stage))
    missing = [
        f"{row.id}: {role} may not do {action} on {', '.join(row.resources)}"
        for row in tables.aws_only().permission
        for role in row.roles
        for action in row.actions
        if not any(row.covers(grant) for grant in found if (grant.holder, grant.action) == (role, action))
    ]

    assert missing == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_statement_of_a_class_that_only_aws_checks_has_exactly_one_row(stage: str) -> None:
    table = tables.aws_only()
    found = [grant for grant in grants(assembly(stage)) if table.classes.hold(grant)]

    assert len(found) > 100
    assert _without_one_row(found, table.permission) == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_policy_of_a_resource_has_exactly_one_row_and_every_row_a_policy(stage: str) -> None:
    rows = tables.aws_only().resource_policy
    found = resource_grants(assembly(stage))
    stale = [
        f"{row.id}: {action}" for row in rows for action in row.actions if not any(map(row.covers, _of(found, action)))
    ]

    assert _without_one_row(found, rows) == []
    assert stale == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_role_is_trusted_by_the_service_of_the_table(stage: str) -> None:
    assert trusts(assembly(stage)) == {role: row.service for row in tables.aws_only().trust for role in row.roles}


def test_no_row_asks_for_what_it_does_not_allow_and_no_two_rows_have_one_name() -> None:
    table = tables.aws_only()
    names = [row.id for row in (*table.permission, *table.resource_policy)]

    assert [row.id for row in table.permission if not set(row.asked) <= set(row.actions)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("row", tables.elsewhere(), ids=lambda row: row.actions[0])
def test_what_no_good_day_needs_is_allowed_and_has_a_test_of_its_own(row: tables.Elsewhere) -> None:
    allowed = {(grant.holder, grant.action) for grant in grants(assembly("dev"))}
    path, _, name = row.test.partition("::")

    assert {(role, action) for role in row.roles for action in row.actions} <= allowed
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE), row.test


def _without_one_row(found: list[Grant], rows: Sequence[tables.Permission | tables.ResourcePolicy]) -> list[str]:
    return [
        f"{grant.holder}: {grant.action} on {', '.join(grant.resources)} if {grant.conditions}: {count} rows"
        for grant in found
        if (count := sum(row.covers(grant) for row in rows)) != 1
    ]


def _of(found: list[Grant], action: str) -> list[Grant]:
    return [grant for grant in found if grant.action == action]
