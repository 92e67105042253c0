"""IAM is asked for the resources that AWS names for each action of Glue."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.authorization import resources
from tests.emulator.conftest import Emulator, statement

BASE = "arn:aws:glue:us-east-1:000000000000:"


@pytest.mark.parametrize(
    ("action", "data", "expected"),
    [
        ("StartCrawler", {"Name": "churn"}, ["crawler/churn"]),
        ("GetCrawler", {"Name": "churn"}, ["crawler/churn"]),
        ("StartJobRun", {"JobName": "etl"}, ["job/etl"]),
        ("GetJobRun", {"JobName": "etl", "RunId": "r"}, ["job/etl"]),
        ("BatchStopJobRun", {"JobName": "etl"}, ["job/etl"]),
        ("GetDatabase", {"Name": "mlops"}, ["database/mlops", "catalog"]),
        ("CreateDatabase", {"DatabaseInput": {"Name": "mlops"}}, ["database/mlops", "catalog"]),
        ("GetTable", {"DatabaseName": "mlops", "Name": "t"}, ["table/mlops/t", "database/mlops", "catalog"]),
        (
            "CreateTable",
            {"DatabaseName": "mlops", "TableInput": {"Name": "t"}},
            ["table/mlops/t", "database/mlops", "catalog"],
        ),
        ("GetTables", {"DatabaseName": "mlops"}, ["table/mlops/*", "database/mlops", "catalog"]),
        (
            "BatchCreatePartition",
            {"DatabaseName": "mlops", "TableName": "t"},
            ["table/mlops/t", "database/mlops", "catalog"],
        ),
    ],
)
def test_an_action_needs_all_the_resources_that_it_touches(
    action: str, data: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(resources(f"glue:{action}", data)) == sorted(BASE + resource for resource in expected)


@pytest.mark.slow
def test_a_table_is_only_seen_with_its_database_and_its_catalog(emulator: Emulator) -> None:
    name = f"access-{uuid.uuid4().hex[:8]}"
    database = name.replace("-", "_")
    owner = emulator.client("glue")
    owner.create_database(DatabaseInput={"Name": database})
    owner.create_table(DatabaseName=database, TableInput={"Name": "t"})
    role = emulator.role(name, "glue.amazonaws.com")
    table, around = f"{BASE}table/{database}/*", [f"{BASE}database/{database}", f"{BASE}catalog"]
    for missing in (table, *around):
        emulator.allow(name, [statement("glue:GetTable", [one for one in (table, *around) if one != missing])])
        caller = emulator.client("glue", emulator.session(role, f"without-{uuid.uuid4().hex[:6]}"))
        with pytest.raises(ClientError) as denied:
            caller.get_table(DatabaseName=database, Name="t")
        assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    emulator.allow(name, [statement("glue:GetTable", [table, *around])])
    caller = emulator.client("glue", emulator.session(role, "with-all"))
    assert caller.get_table(DatabaseName=database, Name="t")["Table"]["Name"] == "t"


@pytest.mark.slow
def test_a_crawler_is_started_by_whoever_may_start_this_crawler(emulator: Emulator) -> None:
    name = f"access-{uuid.uuid4().hex[:8]}"
    role = emulator.role(name, "glue.amazonaws.com", [statement("glue:StartCrawler", f"{BASE}crawler/{name}*")])
    caller = emulator.client("glue", emulator.session(role))
    with pytest.raises(ClientError) as missing:
        caller.start_crawler(Name=name)
    assert missing.value.response["Error"]["Code"] == "EntityNotFoundException"
    with pytest.raises(ClientError) as denied:
        caller.start_crawler(Name="another")
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
