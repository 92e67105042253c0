"""A local Spark that sees the staged folders as s3:// addresses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rehearsal.emulator import settings

OVERLOADED = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"
LOCAL = "org.apache.hadoop.fs.LocalFileSystem"
SCHEMES = ("s3", "s3a")
# Less start-up and less work for small data; none of it changes a result.
ENVIRONMENT_CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto",
    "spark.sql.shuffle.partitions": "4",
}
LOG_PROPERTIES = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def write_configuration(folder: Path, mounts: Mapping[str, Path]) -> None:
    """Spark's configuration folder: every bucket is mounted on its staged folder."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = dict(ENVIRONMENT_CONF)
    lines["spark.sql.warehouse.dir"] = (folder.parent / "warehouse").as_uri()
    for scheme in SCHEMES:
        lines[f"spark.hadoop.fs.{scheme}.impl"] = OVERLOADED
        lines[f"spark.hadoop.fs.viewfs.overload.scheme.target.{scheme}.impl"] = LOCAL
    for bucket, path in mounts.items():
        lines[f"spark.hadoop.fs.viewfs.mounttable.{bucket}.linkFallback"] = path.as_uri()
    text = "".join(f"{name} {value}\n" for name, value in lines.items())
    (folder / "spark-defaults.conf").write_text(text)
    (folder / "log4j2.properties").write_text(LOG_PROPERTIES)


def environment(role: Mapping[str, str], configuration: Path, python_path: Sequence[Path]) -> dict[str, str]:
    """The script's process environment: the job role's credentials, and nothing of the emulator's own."""
    python = settings.spark_python()
    scratch = configuration.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return {
        **role,
        "PATH": os.pathsep.join([str(python.parent), os.environ.get("PATH", "")]),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "JAVA_HOME": str(settings.java_home()),
        "SPARK_CONF_DIR": str(configuration),
        "SPARK_LOCAL_DIRS": str(scratch),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(python),
        "PYSPARK_DRIVER_PYTHON": str(python),
        "PYTHONPATH": os.pathsep.join(str(path) for path in python_path),
        "PYTHONUNBUFFERED": "1",
    }


def command(script: Path, arguments: Mapping[str, str]) -> list[str]:
    """The command line, with the arguments as Glue hands them over: name, then value."""
    flat = [part for name, value in arguments.items() for part in (name, value)]
    return [str(settings.spark_python()), str(script), *flat]
