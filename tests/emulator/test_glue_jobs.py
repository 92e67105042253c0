"""Glue jobs really run: the deployed script, local Spark, and S3 under the job's own role."""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.glue.runs import JobRun, new_record
from tests.emulator.conftest import Emulator, statement, wait_until

pytestmark = pytest.mark.slow
SECONDS = 90
ENDLESS = "import time\nwhile True:\n    time.sleep(0.1)\n"
SPARK_SCRIPT = """
    import argparse
    import sys
    from pyspark.sql import SparkSession
    from marks import MARK

    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("raw_uri", "clean_uri", "old_uri"):
        parser.add_argument(f"--{name}")
    options, _ = parser.parse_known_args()
    spark = SparkSession.builder.getOrCreate()
    rows = spark.read.text(options.raw_uri)
    doubled = rows.rdd.map(lambda row: (row[0], MARK)).toDF(["line", "mark"])
    doubled.coalesce(1).write.mode("overwrite").json(options.clean_uri)
    spark.createDataFrame([("new",)], ["line"]).coalesce(1).write.mode("overwrite").text(options.old_uri)
    print("versions", spark.version, *sys.version_info[:2])
    print("rows", rows.count())
"""
READS_A_FILE = """
    import sys
    from pyspark.sql import SparkSession

    uri = sys.argv[sys.argv.index("--uri") + 1]
    print(SparkSession.builder.getOrCreate().read.text(uri, wholetext=True).collect()[0]["value"])
"""


@dataclass
class Factory:
    """A bucket for data, one for code, and jobs with roles of their own."""

    emulator: Emulator
    name: str

    @property
    def data(self) -> str:
        return f"data-{self.name}"

    @property
    def code(self) -> str:
        return f"code-{self.name}"

    @property
    def glue(self) -> Any:
        return self.emulator.client("glue")

    @property
    def s3(self) -> Any:
        return self.emulator.client("s3")

    def statements(self) -> list[dict[str, Any]]:
        return [
            statement("s3:GetObject", f"arn:aws:s3:::{self.code}/*"),
            statement(["s3:ListBucket", "s3:ListBucketMultipartUploads"], f"arn:aws:s3:::{self.data}"),
            statement(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"arn:aws:s3:::{self.data}/*"),
            statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]),
        ]

    def job(self, script: str, statements: list[dict[str, Any]] | None = None, **more: Any) -> str:
        self.s3.put_object(Bucket=self.code, Key="job.py", Body=textwrap.dedent(script).encode())
        role = self.emulator.role(f"{self.name}-job", "glue.amazonaws.com", statements or self.statements())
        self.glue.create_job(Name=self.name, **{**definition(role, f"s3://{self.code}/job.py"), **more})
        return self.name

    def start(self, **arguments: str) -> str:
        named = {f"--{name}": value for name, value in arguments.items()}
        return str(self.glue.start_job_run(JobName=self.name, Arguments=named)["JobRunId"])

    def state(self, run: str) -> dict[str, Any]:
        return dict(self.glue.get_job_run(JobName=self.name, RunId=run)["JobRun"])

    def ended(self, run: str) -> dict[str, Any]:
        active = ("STARTING", "RUNNING", "STOPPING")
        wait_until(lambda: self.state(run)["JobRunState"] not in active, SECONDS, f"the end of {run}")
        return self.state(run)

    def put(self, key: str, text: str) -> None:
        self.s3.put_object(Bucket=self.data, Key=key, Body=text.encode())

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.data, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def text(self, prefix: str) -> str:
        bodies = [self.s3.get_object(Bucket=self.data, Key=key)["Body"].read() for key in self.keys(prefix)]
        return b"".join(bodies).decode()

    def refused(self) -> list[tuple[str, str]]:
        """Action and resource of every call that the job's role was refused."""
        calls = [call for call in self.emulator.calls() if f"/{self.name}-job/" in call["caller"]]
        return [(call["action"], call["resource"]) for call in calls if call["decision"] == "denied"]

    def log(self, run: str, kind: str) -> str:
        logs = self.emulator.client("logs")
        group = f"/aws-glue/jobs/{kind}"
        events = logs.get_log_events(logGroupName=group, logStreamName=run, startFromHead=True)["events"]
        return "\n".join(event["message"] for event in events)


def definition(role: str, script: str = "s3://code/job.py") -> dict[str, Any]:
    return {
        "Role": role,
        "Command": {"Name": "glueetl", "ScriptLocation": script, "PythonVersion": "3"},
        "GlueVersion": "5.1",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "Timeout": 5,
    }


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


@pytest.fixture
def factory(emulator: Emulator) -> Factory:
    made = Factory(emulator, f"etl-{uuid.uuid4().hex[:8]}")
    for bucket in (made.data, made.code):
        made.s3.create_bucket(Bucket=bucket)
    return made


def test_spark_reads_and_writes_s3_addresses_and_imports_the_extra_files(factory: Factory) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("marks.py", "MARK = 'ok'\n")
    factory.s3.put_object(Bucket=factory.code, Key="marks.zip", Body=archive.getvalue())
    factory.put("raw/churn/a b+1.csv", "1,x\n2,y\n")
    factory.put("raw/churn/more/c.csv", "3,z\n")
    factory.put("raw/other/d.csv", "4,w\n")
    factory.put("old/churn/part-0.txt", "old\n")
    factory.job(SPARK_SCRIPT, DefaultArguments={"--extra-py-files": f"s3://{factory.code}/marks.zip"})
    base = f"s3://{factory.data}"
    run = factory.start(
        raw_uri=f"{base}/raw/churn/",
        clean_uri=f"{base}/clean/churn/",
        old_uri=f"{base}/old/churn/",
    )
    ended = factory.ended(run)
    assert ended["JobRunState"] == "SUCCEEDED", ended
    assert "versions 3.5.6 3 " in factory.log(run, "output")
    lines = [json.loads(line) for line in factory.text("clean/churn/part-").splitlines()]
    assert sorted(line["line"] for line in lines) == ["1,x", "2,y"]
    assert {line["mark"] for line in lines} == {"ok"}
    assert factory.keys("old/churn/part-0.txt") == []
    assert factory.text("old/churn/part-") == "new\n"
    assert not [key for key in factory.keys("") if ".crc" in key or "_temporary" in key]


def test_the_script_gets_its_arguments_as_glue_gives_them(factory: Factory) -> None:
    script = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"
    factory.job(script, DefaultArguments={"--model": "none", "--enable-metrics": "true"})
    run = factory.start(model="churn")
    assert factory.ended(run)["JobRunState"] == "SUCCEEDED"
    argv = json.loads(factory.log(run, "output").splitlines()[0])
    given = dict(zip(argv[::2], argv[1::2], strict=True))
    assert given.pop("--JOB_ID").startswith("j_")
    assert given == {
        "--JOB_NAME": factory.name,
        "--JOB_RUN_ID": run,
        "--model": "churn",
        "--enable-metrics": "true",
    }


def test_a_failing_script_is_a_failed_run_with_its_exception(factory: Factory) -> None:
    factory.job("def check():\n    raise ValueError('line 7: age is no number')\n\ncheck()\n")
    run = factory.start()
    ended = factory.ended(run)
    assert (ended["JobRunState"], ended["ErrorMessage"]) == (
        "FAILED",
        "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 4; ValueError: line 7: age is no number",
    )
    assert "Traceback" in factory.log(run, "error")


def test_what_the_job_may_not_read_fails_the_run_and_is_named_in_its_log(factory: Factory) -> None:
    factory.put("heldout/churn/a.csv", "1\n")
    kept = [entry for entry in factory.statements() if "s3:PutObject" not in entry["Action"]]
    factory.job(f"open('s3/{factory.data}/heldout/churn/a.csv')\n", kept)
    run = factory.start(heldout_uri=f"s3://{factory.data}/heldout/churn/")
    ended = factory.ended(run)
    assert ended["JobRunState"] == "FAILED"
    assert (
        "is not authorized to perform: s3:GetObject" in ended["ErrorMessage"] or "AccessDenied" in ended["ErrorMessage"]
    )
    assert "heldout/churn" in factory.log(run, "error")


# HADOOP-17281 (in hadoop-aws since 3.3.1) lists a path before it looks at it; Spark 3.5 lists each root path, a single
# file too (HadoopFSUtils). Glue 5.1 has S3A in place of EMRFS: AWS's page migrating-version-51.
def test_spark_lists_a_single_file_before_it_reads_it(factory: Factory) -> None:
    factory.put("contract.json", "{}\n")
    factory.job(READS_A_FILE, [entry for entry in factory.statements() if "s3:ListBucket" not in entry["Action"]])
    uri = f"s3://{factory.data}/contract.json"
    ended = factory.ended(factory.start(uri=uri))
    assert ended["JobRunState"] == "FAILED"
    assert "AccessDeniedException" in ended["ErrorMessage"]
    assert uri in ended["ErrorMessage"]
    assert "ListObjectsV2" in ended["ErrorMessage"]
    assert factory.refused() == [("s3:ListBucket", f"arn:aws:s3:::{factory.data}")]
    factory.emulator.allow(f"{factory.name}-job", factory.statements())
    ended = factory.ended(factory.start(uri=uri))
    assert ended["JobRunState"] == "SUCCEEDED", ended


def test_an_address_that_spark_does_not_open_need_not_be_listed(factory: Factory) -> None:
    factory.put("contract.json", "{}\n")
    script = """
        import boto3
        print(boto3.client("s3").get_object(Bucket="{bucket}", Key="contract.json")["Body"].read().decode())
    """.replace("{bucket}", factory.data)
    factory.job(script, [entry for entry in factory.statements() if "s3:ListBucket" not in entry["Action"]])
    run = factory.start(contract_uri=f"s3://{factory.data}/contract.json")
    assert factory.ended(run)["JobRunState"] == "SUCCEEDED", factory.state(run)
    assert factory.log(run, "output") == "{}"
    # On AWS an argument is a text: nothing has asked S3 to list it.
    assert factory.refused() == []


def test_a_refusal_of_what_the_script_does_not_open_is_not_why_it_failed(factory: Factory) -> None:
    factory.put("contract.json", "{}\n")
    script = "import sys\nraise ValueError(f\"{sys.argv[sys.argv.index('--uri') + 1]} has no columns\")\n"
    factory.job(script, [entry for entry in factory.statements() if "s3:ListBucket" not in entry["Action"]])
    ended = factory.ended(factory.start(uri=f"s3://{factory.data}/contract.json"))
    assert ended["ErrorMessage"].endswith(f"ValueError: s3://{factory.data}/contract.json has no columns")
    assert factory.refused() == []


def test_a_bucket_that_an_argument_names_need_not_be_there(factory: Factory) -> None:
    factory.job("print('done')\n", [*factory.statements(), statement("s3:*")])
    run = factory.start(uri=f"s3://nowhere-{factory.name}/x/")
    assert factory.ended(run)["JobRunState"] == "SUCCEEDED", factory.state(run)


def test_what_may_not_be_listed_cannot_be_written_below(factory: Factory) -> None:
    script = """
        import pathlib
        folder = pathlib.Path("s3", "{bucket}", "clean", "churn")
        folder.mkdir(parents=True)
        (folder / "part-0.csv").write_text("1")
    """.replace("{bucket}", factory.data)
    factory.job(script, [entry for entry in factory.statements() if "s3:ListBucket" not in entry["Action"]])
    ended = factory.ended(factory.start(clean_uri=f"s3://{factory.data}/clean/churn/"))
    assert ended["JobRunState"] == "FAILED"
    assert "ListObjectsV2" in ended["ErrorMessage"]
    assert factory.refused() == [("s3:ListBucket", f"arn:aws:s3:::{factory.data}")]
    assert factory.keys("clean/") == []


def test_a_write_ends_with_a_look_for_pending_uploads(factory: Factory) -> None:
    """Hadoop's committers list them when they clean up (AbstractS3ACommitter)."""
    kept = [entry for entry in factory.statements() if "s3:ListBucket" not in entry["Action"]]
    script = "import pathlib\npathlib.Path('s3', '{bucket}', 'b.csv').write_text('2')\n"
    factory.job(script.replace("{bucket}", factory.data), [*kept, statement("s3:ListBucket")])
    ended = factory.ended(factory.start(raw_uri=f"s3://{factory.data}/raw/churn/"))
    assert ended["JobRunState"] == "FAILED"
    assert "ListMultipartUploads" in ended["ErrorMessage"]


def test_what_the_job_may_not_write_fails_the_run(factory: Factory) -> None:
    read_only = factory.statements()
    read_only[2] = statement("s3:GetObject", f"arn:aws:s3:::{factory.data}/*")
    factory.put("raw/churn/a.csv", "1\n")
    script = """
        import pathlib
        pathlib.Path("s3", "{bucket}", "raw", "churn", "b.csv").write_text("2")
    """.replace("{bucket}", factory.data)
    factory.job(script, read_only)
    ended = factory.ended(factory.start(raw_uri=f"s3://{factory.data}/raw/churn/"))
    assert ended["JobRunState"] == "FAILED"
    assert "raw/churn/b.csv" in ended["ErrorMessage"]
    assert "AccessDenied" in ended["ErrorMessage"]
    assert factory.keys("raw/churn/") == ["raw/churn/a.csv"]


def test_changed_and_removed_files_go_back_to_s3(factory: Factory) -> None:
    for name in ("changed", "kept", "removed"):
        factory.put(f"clean/churn/{name}.txt", "old")
    before = factory.s3.head_object(Bucket=factory.data, Key="clean/churn/kept.txt")["LastModified"]
    script = """
        import pathlib
        folder = pathlib.Path("s3", "{bucket}", "clean", "churn")
        (folder / "changed.txt").write_text("new")
        (folder / "removed.txt").unlink()
        raise SystemExit(3)
    """.replace("{bucket}", factory.data)
    factory.job(script)
    ended = factory.ended(factory.start(clean_uri=f"s3://{factory.data}/clean/churn/"))
    assert (ended["JobRunState"], ended["ErrorMessage"]) == ("FAILED", "Command failed with exit code 3")
    assert factory.keys("clean/") == ["clean/churn/changed.txt", "clean/churn/kept.txt"]
    assert factory.text("clean/churn/changed") == "new"
    assert factory.s3.head_object(Bucket=factory.data, Key="clean/churn/kept.txt")["LastModified"] == before


def test_only_what_the_arguments_name_is_there(factory: Factory) -> None:
    factory.put("raw/churn/a.csv", "1\n")
    factory.put("raw/other/b.csv", "2\n")
    factory.put("runs/churn.json", "{}")
    factory.put("runs/churn.json.old", "{}")
    script = "import pathlib\nprint(sorted(p.name for p in pathlib.Path('s3').rglob('*') if p.is_file()))\n"
    factory.job(script)
    base = f"s3://{factory.data}"
    run = factory.start(raw_uri=f"{base}/raw/churn/", manifest_uri=f"{base}/runs/churn.json")
    assert factory.ended(run)["JobRunState"] == "SUCCEEDED"
    assert factory.log(run, "output") == "['a.csv', 'churn.json']"


def test_a_run_over_its_time_limit_is_ended_as_timeout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSAL_HOME", str(tmp_path))
    job = {**definition("role"), "Name": "etl"}
    record = {**new_record(job, {}), "Timeout": 0.5 / 60}
    argv = [sys.executable, "-c", f"import os\nprint(os.getpid(), flush=True)\n{ENDLESS}"]
    state, message = JobRun(job, record, {})._execute(argv, {"PATH": os.defpath})
    assert state == "TIMEOUT"
    assert "timeout" in message
    assert not _alive(int((tmp_path / "glue" / record["Id"] / "stdout").read_text()))


def test_a_job_update_replaces_the_definition(factory: Factory) -> None:
    factory.job(ENDLESS, DefaultArguments={"--model": "churn"})
    factory.glue.update_job(JobName=factory.name, JobUpdate={**definition("x"), "Timeout": 7})
    job = factory.glue.get_job(JobName=factory.name)["Job"]
    assert (job["Timeout"], job["DefaultArguments"], job["Role"]) == (7, {}, "x")
    wrong = {**definition("x"), "GlueVersion": "4.0"}
    assert refusal(lambda: factory.glue.update_job(JobName=factory.name, JobUpdate=wrong))[0] == "InvalidInputException"


def test_a_stopped_run_leaves_no_process(factory: Factory) -> None:
    factory.job("import os\nprint(os.getpid(), flush=True)\n" + ENDLESS)
    run = factory.start()
    wait_until(lambda: factory.state(run)["JobRunState"] == "RUNNING", SECONDS, "the run")
    output = factory.emulator.home / "glue" / run / "stdout"
    pid = int(wait_until(lambda: output.exists() and output.read_text().strip(), SECONDS, "the process id"))
    answer = factory.glue.batch_stop_job_run(JobName=factory.name, JobRunIds=[run, "jr_none"])
    assert [entry["JobRunId"] for entry in answer["SuccessfulSubmissions"]] == [run]
    assert [entry["ErrorDetail"]["ErrorCode"] for entry in answer["Errors"]] == ["EntityNotFoundException"]
    assert factory.ended(run)["JobRunState"] == "STOPPED"
    assert not _alive(pid)


def test_more_runs_than_the_job_allows_are_refused(factory: Factory) -> None:
    factory.job(ENDLESS, ExecutionProperty={"MaxConcurrentRuns": 2})
    runs = [factory.start(), factory.start()]
    assert refusal(factory.start)[0] == "ConcurrentRunsExceededException"
    factory.glue.batch_stop_job_run(JobName=factory.name, JobRunIds=runs)
    assert {factory.ended(run)["JobRunState"] for run in runs} == {"STOPPED"}


def test_a_security_configuration_encrypts_outputs_and_has_log_groups_of_its_own(factory: Factory) -> None:
    key = factory.emulator.client("kms").create_key()["KeyMetadata"]["Arn"]
    factory.glue.create_security_configuration(
        Name=factory.name,
        EncryptionConfiguration={"S3Encryption": [{"S3EncryptionMode": "SSE-KMS", "KmsKeyArn": key}]},
    )
    factory.put("raw/churn/a.csv", "1\n")
    script = (
        "import pathlib\nnext(pathlib.Path('s3').rglob('a.csv')).with_name('b.csv').write_text('2')\nprint('said')\n"
    )
    allowed = [*factory.statements(), statement(["kms:GenerateDataKey", "kms:Decrypt"], key)]
    factory.job(script, allowed, SecurityConfiguration=factory.name)
    ended = factory.ended(factory.start(raw_uri=f"s3://{factory.data}/raw/churn/"))
    assert ended["JobRunState"] == "FAILED"
    assert ended["ErrorMessage"].startswith("Error trying to retrieve security config, error message: User: ")
    assert "glue:GetSecurityConfiguration" in ended["ErrorMessage"]
    factory.emulator.allow(f"{factory.name}-job", [*allowed, statement("glue:GetSecurityConfiguration")])
    run = factory.start(raw_uri=f"s3://{factory.data}/raw/churn/")
    assert factory.ended(run)["JobRunState"] == "SUCCEEDED", factory.state(run)
    head = factory.s3.head_object(Bucket=factory.data, Key="raw/churn/b.csv")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert factory.log(run, f"{factory.name}-role/{factory.name}-job/output") == "said"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown Glue version", {"GlueVersion": "4.0"}, "GlueVersion"),
    ("a Python shell job", {"Command": {"Name": "pythonshell", "ScriptLocation": "s3://c/j.py"}}, "glueetl"),
    (
        "another Python",
        {"Command": {"Name": "glueetl", "ScriptLocation": "s3://c/j.py", "PythonVersion": "2"}},
        "PythonVersion",
    ),
    ("a Scala script", {"Command": {"Name": "glueetl", "ScriptLocation": "s3://c/j.scala"}}, ".py file"),
    ("one worker", {"NumberOfWorkers": 1}, "workers"),
    ("an unknown worker type", {"WorkerType": "G.99X"}, "WorkerType"),
    ("a connection", {"Connections": {"Connections": ["vpc"]}}, "Connections"),
    ("queued runs", {"JobRunQueuingEnabled": True}, "JobRunQueuingEnabled"),
    ("retries of its own", {"MaxRetries": 1}, "MaxRetries"),
    ("packages from the internet", {"DefaultArguments": {"--additional-python-modules": "x"}}, "special argument"),
    ("bookmarks", {"DefaultArguments": {"--job-bookmark-option": "job-bookmark-enable"}}, "bookmarks"),
    ("an unknown security configuration", {"SecurityConfiguration": "none"}, "not found"),
]


@pytest.mark.parametrize(("change", "message"), [entry[1:] for entry in REFUSED], ids=[entry[0] for entry in REFUSED])
def test_a_job_that_would_run_otherwise_on_aws_is_refused(
    factory: Factory, change: dict[str, Any], message: str
) -> None:
    wrong = {**definition("arn:aws:iam::000000000000:role/any"), **change}
    code, text = refusal(lambda: factory.glue.create_job(Name=factory.name, **wrong))
    assert code == "InvalidInputException"
    assert message in text


def test_a_role_that_does_not_trust_glue_fails_the_run(factory: Factory) -> None:
    factory.s3.put_object(Bucket=factory.code, Key="job.py", Body=b"print(1)\n")
    role = factory.emulator.role(f"{factory.name}-states", "states.amazonaws.com", factory.statements())
    factory.glue.create_job(Name=factory.name, **definition(role, f"s3://{factory.code}/job.py"))
    ended = factory.ended(factory.start())
    assert ended["JobRunState"] == "FAILED"
    assert "glue.amazonaws.com is not authorized to perform: sts:AssumeRole" in ended["ErrorMessage"]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
