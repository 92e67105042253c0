"""The catalogue's tables, written over HTTP with the crawler's role."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.glue.tables import Table, storage, table_input, table_name

PARTITIONS_PER_CALL = 100
HEX_DIGITS = 8


@dataclass(frozen=True)
class Policy:
    """What the crawler may change in a table that is already there."""

    update: bool
    merge_new_columns: bool

    @classmethod
    def of(cls, crawler: Mapping[str, Any], configuration: Mapping[str, Any]) -> Policy:
        """From SchemaChangePolicy and Configuration."""
        output = configuration.get("CrawlerOutput", {}).get("Tables", {})
        behaviour = (crawler.get("SchemaChangePolicy") or {}).get("UpdateBehavior", "UPDATE_IN_DATABASE")
        return cls(behaviour == "UPDATE_IN_DATABASE", output.get("AddOrUpdateBehavior") == "MergeNewColumns")


def write(client: Any, crawler: Mapping[str, Any], tables: list[Table], policy: Policy) -> list[str]:
    """Create or update the tables; one line for the crawler's log about each."""
    database = crawler["DatabaseName"]
    client.get_database(Name=database)
    lines = []
    for table, name in _named(tables, crawler.get("TablePrefix") or ""):
        wanted = table_input(table, name, crawler["Name"])
        known = _find(client, database, name)
        if known is None:
            client.create_table(DatabaseName=database, TableInput=wanted)
            lines.append(f"INFO : Created table {name} in database {database}")
        elif policy.update:
            if policy.merge_new_columns:
                wanted["StorageDescriptor"]["Columns"] = _with_new(known, wanted)
            client.update_table(DatabaseName=database, TableInput=wanted)
            lines.append(f"INFO : Updated table {name} in database {database}")
        else:
            lines.append(f"INFO : Table {name} is left as it is: the update behaviour is LOG")
        _add_partitions(client, database, name, table, wanted)
    return lines


def _named(tables: list[Table], prefix: str) -> list[tuple[Table, str]]:
    """Each table with a name of its own."""
    used: dict[str, str] = {}
    named = []
    for table in tables:
        name = table_name(table, prefix)
        if used.get(name, table.location) != table.location:
            name = f"{name}_{_digest(table.location)}"
        used[name] = table.location
        named.append((table, name))
    return named


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:HEX_DIGITS]


def _find(client: Any, database: str, name: str) -> dict[str, Any] | None:
    try:
        return client.get_table(DatabaseName=database, Name=name)["Table"]
    except client.exceptions.EntityNotFoundException:
        return None


def _with_new(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[dict[str, str]]:
    old = known["StorageDescriptor"]["Columns"]
    names = {column["Name"] for column in old}
    return [*old, *[column for column in wanted["StorageDescriptor"]["Columns"] if column["Name"] not in names]]


def _add_partitions(client: Any, database: str, name: str, table: Table, wanted: Mapping[str, Any]) -> None:
    """One partition per folder; those that are known stay as they are."""
    if not wanted["PartitionKeys"]:
        return
    folders = sorted({table.partition_of(file) for file in table.files})
    inputs = [
        {
            "Values": [part.split("=", 1)[-1] for part in folder],
            "StorageDescriptor": storage(table, f"{table.location}{'/'.join(folder)}/", wanted["Parameters"]),
            "Parameters": dict(wanted["Parameters"]),
        }
        for folder in folders
    ]
    for start in range(0, len(inputs), PARTITIONS_PER_CALL):
        batch = inputs[start : start + PARTITIONS_PER_CALL]
        client.batch_create_partition(DatabaseName=database, TableName=name, PartitionInputList=batch)
