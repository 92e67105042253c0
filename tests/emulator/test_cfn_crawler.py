"""A crawler made by CloudFormation: Glue fetches its security configuration as the crawler's role.

terraform-provider-aws#50018 and AWS's Glue guide (encryption by security configurations) have the refusal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement
from tests.emulator.stacks import Stacks, refused, resource

FETCH = "glue:GetSecurityConfiguration"


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


@pytest.fixture
def name() -> str:
    return f"crawler-{os.urandom(4).hex()}"


def crawler(emulator: Emulator, name: str, *allowed: dict[str, Any]) -> dict[str, Any]:
    """A template of a crawler with a security configuration, and its role."""
    encryption = {"CloudWatchEncryption": {"CloudWatchEncryptionMode": "DISABLED"}}
    return {
        "Encryption": resource("AWS::Glue::SecurityConfiguration", Name=name, EncryptionConfiguration=encryption),
        "Crawler": resource(
            "AWS::Glue::Crawler",
            Name=name,
            Role=emulator.role(name, "glue.amazonaws.com", [*allowed]),
            DatabaseName="any",
            Targets={"S3Targets": [{"Path": f"s3://{name}/"}]},
            CrawlerSecurityConfiguration={"Ref": "Encryption"},
        ),
    }


def fetches(emulator: Emulator, name: str) -> list[tuple[str, str]]:
    """The callers that fetched security configurations as this role, each with the decision."""
    asked = [call for call in emulator.calls() if call["action"] == FETCH]
    return [(call["caller"].split("/")[1], call["decision"]) for call in asked if f"/{name}/" in call["caller"]]


def test_the_security_configuration_is_fetched_in_a_session_of_the_crawlers_role(
    stacks: Stacks, emulator: Emulator, name: str
) -> None:
    stacks.create(crawler(emulator, name, statement(FETCH)))

    made = emulator.client("glue").get_crawler(Name=name)["Crawler"]
    assert made["CrawlerSecurityConfiguration"] == name
    assert fetches(emulator, name) == [(name, "allowed")]


def test_a_role_that_may_not_fetch_it_gets_no_crawler_and_the_reason_names_both(
    stacks: Stacks, emulator: Emulator, name: str
) -> None:
    template = crawler(emulator, name, statement("glue:GetTable"))
    reason = refused(lambda: stacks.create(template))

    assert "Error trying to retrieve security config" in reason
    assert FETCH in reason
    assert f"assumed-role/{name}/" in reason
    assert fetches(emulator, name) == [(name, "denied")]
    glue = emulator.client("glue")
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_crawler(Name=name)
