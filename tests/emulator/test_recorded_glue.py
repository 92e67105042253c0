"""Glue does what was seen of it on AWS: every row of the table of recorded facts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator import permissions
from rehearsal.emulator.glue import crawlers, failure, job_logs, security

TABLE = Path(__file__).parents[1] / "conformance" / "recorded" / "glue.toml"
FACTS: dict[str, Any] = tomllib.loads(TABLE.read_text())


@pytest.mark.parametrize("fact", FACTS["log_group"], ids=lambda fact: fact["name"])
def test_a_jobs_log_group_is_called_as_on_aws(fact: dict[str, str]) -> None:
    arguments = {"--custom-logGroup-prefix": fact["prefix"]} if "prefix" in fact else {}
    found = job_logs.group_name(fact["of"], fact["role"], fact.get("configuration"), arguments)
    assert found == fact["name"]


@pytest.mark.parametrize("fact", FACTS["crawler_log_group"], ids=lambda fact: fact["name"])
def test_a_crawlers_log_group_is_called_as_on_aws(fact: dict[str, str]) -> None:
    crawler = {"Role": fact["role"], "CrawlerSecurityConfiguration": fact.get("configuration")}
    assert crawlers.log_group(crawler) == fact["name"]


@pytest.mark.parametrize("fact", FACTS["job_error"], ids=lambda fact: fact["message"][:40])
def test_a_failed_run_says_what_glue_says(fact: dict[str, Any]) -> None:
    assert failure.error_message(fact["stderr"], fact.get("exit_code", 1)) == fact["message"]


def test_a_security_configuration_is_refused_in_glues_words(monkeypatch: pytest.MonkeyPatch) -> None:
    fact = FACTS["security_configuration"]
    monkeypatch.setattr(permissions, "refusal", lambda question: f"not authorized to perform: {question.action}")
    with pytest.raises(security.NotRetrieved) as refused:
        security.retrieve("security", "arn:aws:iam::111122223333:role/crawler", "AWS-Crawler")
    _status, _headers, body = security.invalid_input(refused.value)
    assert str(refused.value) == f"{fact['message']}not authorized to perform: glue:GetSecurityConfiguration"
    assert fact["code"] in body.decode()


def test_every_row_names_its_source() -> None:
    rows = [row for rows in FACTS.values() for row in (rows if isinstance(rows, list) else [rows])]
    assert rows
    assert [row for row in rows if not row.get("source")] == []
