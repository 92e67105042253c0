"""From the schemas of single files to the tables of the catalogue."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.glue.classify import Column, Format, Schema
from rehearsal.emulator.glue.value_types import wider

SIMILARITY = 0.7
NOT_A_NAME = re.compile(r"[^a-z0-9_]+")
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
LAZY_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
JSON_SERDE = "org.openx.data.jsonserde.JsonSerDe"


@dataclass(frozen=True)
class CrawledFile:
    """One object and what was made of it."""

    bucket: str
    key: str
    size: int
    schema: Schema


@dataclass(frozen=True)
class Grouping:
    """The crawler's Grouping configuration."""

    combine: bool
    level: int | None


@dataclass(frozen=True)
class Table:
    """One table: where it lies and the files it stands for."""

    bucket: str
    path: str
    files: tuple[CrawledFile, ...]

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.path}"

    @property
    def format(self) -> Format:
        return self.files[0].schema.format

    @property
    def columns(self) -> tuple[Column, ...]:
        return merged(file.schema.columns for file in self.files)

    def partition_of(self, file: CrawledFile) -> tuple[str, ...]:
        """The folders between the table's place and the file."""
        folder = posixpath.dirname(file.key[len(self.path) :])
        return tuple(part for part in folder.split("/") if part)


def merged(schemas: Iterable[Sequence[Column]]) -> tuple[Column, ...]:
    """All columns in the order of their first appearance, each with a type that fits every file."""
    columns: dict[str, str] = {}
    for schema in schemas:
        for name, kind in schema:
            columns[name] = wider(columns.get(name, ""), kind)
    return tuple(columns.items())


def group(files: Sequence[CrawledFile], target: str, grouping: Grouping) -> list[Table]:
    """Files under one target that belong together; the largest group gets the target's own place."""
    groups: list[list[CrawledFile]] = []
    for file in files:
        fitting = next((one for one in groups if _compatible(one, file, target, grouping)), None)
        if fitting is None:
            groups.append([file])
        else:
            fitting.append(file)
    groups.sort(key=len, reverse=True)
    tables: list[Table] = []
    taken: set[str] = set()
    for one in groups:
        path = _root(one[0], target, grouping)
        if path in taken:
            tables += [Table(file.bucket, file.key, (file,)) for file in one]
            continue
        taken.add(path)
        tables.append(Table(one[0].bucket, path, tuple(one)))
    return tables


def table_name(table: Table, prefix: str) -> str:
    """The name as Glue derives it from the place: lower case, nothing but letters, digits and underscores."""
    last = table.path.rstrip("/").rsplit("/", 1)[-1] or table.bucket
    return f"{prefix}{NOT_A_NAME.sub('_', last.lower())}"


def table_input(table: Table, name: str, crawler_name: str) -> dict[str, Any]:
    """The TableInput of CreateTable and UpdateTable."""
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler_name,
        "classification": table.format.classification,
        "compressionType": table.format.compression,
        "objectCount": str(len(table.files)),
        "sizeKey": str(sum(file.size for file in table.files)),
        "typeOfData": "file",
        **_format_parameters(table.format),
    }
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Owner": "owner",
        "PartitionKeys": partition_keys(table),
        "Parameters": parameters,
        "StorageDescriptor": storage(table, table.location, parameters),
    }


def storage(table: Table, location: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The StorageDescriptor of the table or of one of its partitions."""
    is_json = table.format.classification == "json"
    serde = (
        {"paths": ",".join(name for name, _ in table.columns)} if is_json else {"field.delim": table.format.delimiter}
    )
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in table.columns],
        "Compressed": table.format.compression != "none",
        "InputFormat": TEXT_INPUT,
        "OutputFormat": TEXT_OUTPUT,
        "Location": location,
        "NumberOfBuckets": -1,
        "Parameters": dict(parameters),
        "SerdeInfo": {"SerializationLibrary": JSON_SERDE if is_json else LAZY_SERDE, "Parameters": serde},
        "StoredAsSubDirectories": False,
    }


def partition_keys(table: Table) -> list[dict[str, str]]:
    """A key per folder level below the table, if all files lie equally deep."""
    depths = {table.partition_of(file) for file in table.files}
    if len({len(parts) for parts in depths}) != 1:
        return []
    sample = next(iter(depths))
    names = [part.split("=", 1)[0] if "=" in part else f"partition_{index}" for index, part in enumerate(sample)]
    return [{"Name": name.lower(), "Type": "string"} for name in names]


def _format_parameters(layout: Format) -> dict[str, str]:
    if layout.classification != "csv":
        return {}
    found = {"areColumnsQuoted": "false", "columnsOrdered": "true", "delimiter": layout.delimiter}
    return {**found, "skip.header.line.count": "1"} if layout.header else found


def _compatible(files: Sequence[CrawledFile], file: CrawledFile, target: str, grouping: Grouping) -> bool:
    first = files[0]
    if first.schema.format != file.schema.format or _root(first, target, grouping) != _root(file, target, grouping):
        return False
    if grouping.combine:
        return True
    known = set(merged(one.schema.columns for one in files))
    new = set(file.schema.columns)
    return len(known & new) >= SIMILARITY * max(len(known), len(new), 1)


def _root(file: CrawledFile, target: str, grouping: Grouping) -> str:
    """The folder of the file's table: at the configured level (the bucket is 1), else the target itself."""
    if grouping.level is None:
        return target if target.endswith("/") or not target else posixpath.dirname(target) + "/"
    folders = file.key.split("/")[:-1]
    return "".join(f"{part}/" for part in folders[: grouping.level - 1])
