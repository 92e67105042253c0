"""Glue job: from the uploads of a run's manifest to clean, held-out and quarantined rows.

Every line of every new object has exactly one outcome (contract.intake); the job fails unless all are accounted for.
Writing replaces, and what is written depends on the inputs alone: the same run twice leaves the same data.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
from py4j.protocol import Py4JNetworkError
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, count, create_map, length, lit, struct
from pyspark.sql.functions import sum as total
from pyspark.sql.types import DataType, DoubleType, LongType, StringType, StructField, StructType

from contract.intake import CLEAN, KINDS, original, read_line
from contract.manifest import Manifest, ManifestObject
from contract.model import Contract
from contract.sources import row_id
from contract.split import splits_of

OBJECTS_AT_ONCE = 4
ROWS_PER_EVALUATION_FILE = 100_000
FOLDER_OF_ROLE = {"training": "raw", "holdout": "holdout"}
TYPES: dict[str, DataType] = {"integer": LongType(), "number": DoubleType(), "text": StringType()}


class PreparationError(Exception):
    """The job cannot read something, or cannot account for what it read."""


class SparkLost(Exception):
    """Spark's Java process is gone: the data are as good as before, and the same work may succeed a second time."""


@dataclass(frozen=True)
class Folders:
    """The places where the job reads and writes; every URI ends with a slash."""

    raw_uri: str
    official_holdout_uri: str
    clean_uri: str
    heldout_uri: str
    evaluation_uri: str
    quarantine_uri: str
    report_uri: str


# --- reading ---------------------------------------------------------------------------------


def arrival_uri(arrival: ManifestObject, model: str, folders: Folders) -> str:
    """The address at which an object of the manifest is read: its key, taken as it is, below the folder of its role."""
    if arrival.role not in FOLDER_OF_ROLE:
        raise PreparationError(f"{arrival.key}: unknown role {arrival.role!r} in the manifest")
    prefix = f"{FOLDER_OF_ROLE[arrival.role]}/{model}/"
    if not arrival.key.startswith(prefix):
        raise PreparationError(f"{arrival.key}: a {arrival.role} object must stand below {prefix}")
    folder = folders.raw_uri if arrival.role == "training" else folders.official_holdout_uri
    return folder + arrival.key.removeprefix(prefix)


def read_lines(spark: SparkSession, uri: str) -> DataFrame:
    """The lines of one file as bytes, each with the position of the block that it was read in."""
    without_wildcards = re.sub(r"([\\{}\[\]*?])", r"\\\1", uri)
    lines = spark.read.text(without_wildcards, lineSep="\n")
    return lines.select(col("_metadata.file_block_start").alias("block"), col("value").cast("binary").alias("raw"))


def first_line_numbers(lines: DataFrame, arrival: ManifestObject) -> tuple[dict[int, int], int]:
    """The number of the first line of each block, and how many lines there are; all bytes must have been seen."""
    blocks = lines.groupBy("block").agg(count(lit(1)).alias("lines"), total(length("raw")).alias("bytes")).collect()
    numbers: dict[int, int] = {}
    line_count = seen_bytes = 0
    for block in sorted(blocks, key=lambda row: row["block"]):
        numbers[block["block"]] = line_count + 1
        line_count += block["lines"]
        seen_bytes += block["bytes"] + block["lines"]
    # A last line without terminator counts one byte too many; a byte order mark is three that Spark does not show.
    if arrival.size - seen_bytes not in (-1, 0, 2, 3):
        raise PreparationError(
            f"{arrival.key}: the manifest says {arrival.size} bytes, {seen_bytes} were read: either the object was "
            "replaced after the run began (the next run takes it), or its name begins with '_' or '.' (rename it)"
        )
    return numbers, line_count


# --- applying the contract --------------------------------------------------------------------


def row_schema(contract: Contract) -> StructType:
    """The columns of a clean row, as Parquet holds them."""
    columns = [StructField(column.name, TYPES[column.type]) for column in contract.columns]
    return StructType([StructField("row_id", StringType(), nullable=False), *columns])


def line_reader(
    contract: Contract, arrival: ManifestObject, numbers: Mapping[int, int]
) -> Callable[[Iterable[Any]], Iterator[tuple[Any, ...]]]:
    """Make the function that Spark runs on each partition: number the lines, give each its outcome."""

    def read(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        block, number = None, 0
        for row in rows:
            number = number + 1 if row["block"] == block else numbers[row["block"]]
            block, raw = row["block"], bytes(row["raw"])
            outcome = read_line(contract, raw, number, arrival.role)
            clean = None if outcome.row is None else (row_id(arrival.source, number), *outcome.row.values())
            kept = base64.b64encode(original(raw, number)).decode() if outcome.kind == "quarantined" else None
            yield number, outcome.kind, outcome.column, outcome.reason, kept, clean

    return read


def apply_contract(
    lines: DataFrame, contract: Contract, arrival: ManifestObject, numbers: Mapping[int, int]
) -> DataFrame:
    """One row per line: its number, its outcome, and either the clean row or the original bytes."""
    texts = [StructField(name, StringType()) for name in ("kind", "column", "reason", "original_base64")]
    schema = StructType([StructField("line", LongType()), *texts, StructField("row", row_schema(contract))])
    outcomes = lines.rdd.mapPartitions(line_reader(contract, arrival, numbers))
    return lines.sparkSession.createDataFrame(outcomes, schema, verifySchema=False)


def count_outcomes(outcomes: DataFrame, contract: Contract, arrival: ManifestObject, line_count: int) -> dict[str, Any]:
    """The object's entry in the report; an error unless all of its lines are accounted for."""
    kinds: dict[str, int] = dict.fromkeys(KINDS, 0)
    kinds |= {row["kind"]: row["count"] for row in outcomes.groupBy("kind").count().collect()}
    if sum(kinds.values()) != line_count:
        raise PreparationError(f"{arrival.key}: {line_count} lines were read, {sum(kinds.values())} have an outcome")
    if contract.format.header and line_count and kinds["header"] != 1:
        header = contract.format.separator.join(contract.names)
        raise PreparationError(f"{arrival.key}: line 1 is not the header {header}")
    pinned = {name: getattr(arrival, name) for name in ("key", "version_id", "source", "role", "size")}
    return {**pinned, "lines": line_count, "clean": sum(kinds[kind] for kind in CLEAN), **kinds}


# --- writing ----------------------------------------------------------------------------------


def prepare_session(spark: SparkSession) -> None:
    """No _SUCCESS markers: a batch transform would take them for input."""
    spark.conf.set("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    spark.conf.set("spark.sql.parquet.compression.codec", "snappy")


def write_json_lines(rows: DataFrame, folder_uri: str, stem: str) -> None:
    """Replace folder/<stem>-*.jsonl, one file per non-empty partition.

    Spark names its files at random and cannot be told the ending, so they are renamed.
    """
    spark: Any = rows.sparkSession
    parts_uri = f"{folder_uri}_parts-{stem}/"
    rows.write.mode("overwrite").option("ignoreNullFields", "false").json(parts_uri)
    path = spark._jvm.org.apache.hadoop.fs.Path
    files = path(folder_uri).getFileSystem(spark._jsparkSession.sessionState().newHadoopConf())
    for old in files.globStatus(path(f"{folder_uri}{stem}-*.jsonl")) or ():
        files.delete(old.getPath(), False)
    parts = sorted(
        (part for part in files.listStatus(path(parts_uri)) if part.getLen()), key=lambda part: str(part.getPath())
    )
    for number, part in enumerate(parts):
        named = path(f"{folder_uri}{stem}-{number:05}.jsonl")
        if not files.rename(part.getPath(), named):
            raise PreparationError(f"{part.getPath()} could not be renamed to {named}")
    files.delete(path(parts_uri), True)


def write_outcomes(outcomes: DataFrame, contract: Contract, arrival: ManifestObject, folders: Folders) -> None:
    """Replace the Parquet files of this source, and its file in the run's quarantine."""
    splits = splits_of(contract, arrival.role)
    if "train" in splits:
        clean = outcomes.where(col("kind").isin("train", "validation")).select("row.*", col("kind").alias("split"))
        clean.write.mode("overwrite").partitionBy("split").parquet(f"{folders.clean_uri}source={arrival.source}/")
    if "holdout" in splits:
        heldout = outcomes.where(col("kind") == "holdout").select("row.*")
        heldout.write.mode("overwrite").parquet(f"{folders.heldout_uri}source={arrival.source}/")
    quarantined = outcomes.where(col("kind") == "quarantined").sortWithinPartitions("line")
    pinned = [lit(arrival.key).alias("key"), lit(arrival.version_id).alias("version_id")]
    kept = quarantined.select(*pinned, "line", "column", "reason", "original_base64")
    write_json_lines(kept, folders.quarantine_uri, arrival.source)


def prepare_arrival(
    spark: SparkSession, contract: Contract, arrival: ManifestObject, folders: Folders
) -> dict[str, Any]:
    """Read one object, apply the contract, write what comes of it."""
    lines = read_lines(spark, arrival_uri(arrival, contract.model, folders))
    numbers, line_count = first_line_numbers(lines, arrival)
    outcomes = apply_contract(lines, contract, arrival, numbers).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        counted = count_outcomes(outcomes, contract, arrival, line_count)
        write_outcomes(outcomes, contract, arrival, folders)
        return counted
    finally:
        outcomes.unpersist()


def write_evaluation(
    spark: SparkSession, contract: Contract, arrivals: Iterable[ManifestObject], folders: Folders
) -> int:
    """The hold-out of all sources in the window: features for the batch transform, labels apart from them."""
    sources = sorted({entry.source for entry in arrivals if "holdout" in splits_of(contract, entry.role)})
    if not sources:
        return 0
    uris = [f"{folders.heldout_uri}source={source}/" for source in sources]
    rows = spark.read.schema(row_schema(contract)).parquet(*uris)
    row_count = rows.count()
    if row_count:
        file_count = -(-row_count // ROWS_PER_EVALUATION_FILE)
        ordered = rows.repartition(file_count, "row_id").sortWithinPartitions("row_id")
        features = ordered.select("row_id", *(named(column.name) for column in contract.features))
        slices = struct(*map(named, contract.evaluation.slices)) if contract.evaluation.slices else create_map()
        labels = ordered.select("row_id", named(contract.target).alias("label"), slices.alias("slices"))
        write_json_lines(features, f"{folders.evaluation_uri}features/", "part")
        write_json_lines(labels, f"{folders.evaluation_uri}labels/", "part")
    return row_count


def named(name: str) -> Any:
    """A column by its literal name: without backticks a dot would be read as a field of a struct."""
    return col("`" + name.replace("`", "``") + "`")


def prepare(spark: SparkSession, contract: Contract, manifest: Manifest, folders: Folders) -> dict[str, Any]:
    """The whole job on an open session: the report, which is written last."""
    if manifest.model != contract.model:
        raise PreparationError(f"the manifest is of {manifest.model!r}, the contract of {contract.model!r}")
    prepare_session(spark)
    with ThreadPoolExecutor(OBJECTS_AT_ONCE) as pool:
        counted = list(pool.map(lambda entry: prepare_arrival(spark, contract, entry, folders), manifest.new_objects))
    totals = {kind: sum(entry[kind] for entry in counted) for kind in ("lines", "clean", *KINDS)}
    report = {
        "model": contract.model,
        "run": manifest.run,
        "objects": counted,
        **totals,
        "evaluation_rows": write_evaluation(spark, contract, manifest.objects, folders),
    }
    text = json.dumps(report, ensure_ascii=False, sort_keys=True)
    spark.createDataFrame([(text,)], "value string").coalesce(1).write.mode("overwrite").text(folders.report_uri)
    return report


# --- the job ----------------------------------------------------------------------------------


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Glue adds arguments of its own, which are left alone."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    names = ["contract_uri", "manifest_uri", *Folders.__dataclass_fields__]
    for name in names:
        parser.add_argument(f"--{name}", required=True)
    arguments, _ = parser.parse_known_args(argv)
    return arguments


def read_text(uri: str) -> str:
    """A whole small file of S3. Spark would have to list the bucket first, which the role may not do everywhere."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()


def main(argv: Sequence[str]) -> None:
    """Run the job."""
    arguments = parse_arguments(argv)
    contract = Contract.from_json(read_text(arguments.contract_uri))
    manifest = Manifest.from_json(json.loads(read_text(arguments.manifest_uri)))
    folders = Folders(**{name: getattr(arguments, name) for name in Folders.__dataclass_fields__})
    spark = SparkSession.Builder().appName("prepare_data").getOrCreate()
    try:
        report = prepare(spark, contract, manifest, folders)
    except (Py4JNetworkError, ConnectionError) as lost:
        raise SparkLost(
            "Spark's Java process ended during the job: it was killed, or its memory was used up; nothing is wrong with"
            " the data"
        ) from lost
    print(json.dumps({name: value for name, value in report.items() if name != "objects"}))


if __name__ == "__main__":
    main(sys.argv[1:])
