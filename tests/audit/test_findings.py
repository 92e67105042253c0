"""Checkov and cdk-nag's NIST pack: every finding that remains has one reason, in one table, and none outlives it."""

from functools import cache

import pytest

from tests.audit import findings
from tests.audit.findings import Entry, Finding
from tests.synth import assembly

STAGES = ("dev", "prod")


@cache
def of_checkov() -> list[Finding]:
    return findings.checkov([assembly(stage) for stage in STAGES])


@cache
def of_nist() -> list[Finding]:
    return findings.nist("prod")


def test_every_finding_of_nist_800_53_has_one_reason_and_no_reason_outlives_its_finding() -> None:
    assert len(of_nist()) > 20
    assert findings.unexplained(of_nist(), findings.entries()) == []
    assert findings.outlived(of_nist(), findings.entries(), "NIST") == []


@pytest.mark.slow
def test_every_finding_of_checkov_has_one_reason_and_no_reason_outlives_its_finding() -> None:
    assert len(of_checkov()) > 20
    assert findings.unexplained(of_checkov(), findings.entries()) == []
    assert findings.outlived(of_checkov(), findings.entries(), "CKV") == []


def test_the_table_explains_nothing_that_neither_judge_could_find() -> None:
    assert {rule.partition("_")[0].partition(".")[0] for entry in findings.entries() for rule in entry.rules} == {
        "NIST",
        "CKV",
    }


def test_a_finding_without_a_reason_one_with_two_and_a_reason_without_a_finding_are_told() -> None:
    wide = Entry(rules=("CKV_1",), resources=".*", reason="because")
    narrow = Entry(rules=("CKV_1", "CKV_2"), resources="storage/A", reason="because")
    found = [Finding("CKV_1", "storage/A"), Finding("CKV_1", "storage/B"), Finding("CKV_3", "storage/B")]

    told = findings.unexplained(found, [wide, narrow])

    assert [line.partition(" entries")[0] for line in told] == ["CKV_1 at storage/A: 2", "CKV_3 at storage/B: 0"]
    assert [line.partition(":")[0] for line in findings.outlived(found, [wide, narrow], "CKV")] == [
        "CKV_2 at storage/A"
    ]
