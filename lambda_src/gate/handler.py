"""Second state of a run: look at the first bytes of each new object before any cluster is started."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from contract.files import HEAD_BYTES, HeadProblem, check_head, check_key
from contract.manifest import Manifest, ManifestObject
from contract.model import Contract
from lambda_src.common.clients import aws
from lambda_src.common.contracts import load_contract
from lambda_src.common.settings import required
from lambda_src.common.storage import S3Uri, read_json, write_json
from lambda_src.common.telemetry import logger, metrics
from lambda_src.gate.problems import GateRefused, Problem, refusal, report, warnings

CONCURRENT_READS = 8
GONE = ("NoSuchKey", "NoSuchVersion")


@metrics.log_metrics
def handle(event: Mapping[str, str], _context: object) -> dict[str, Any]:
    """Lambda's entry point."""
    return check(event, s3=aws("s3"), bucket=required("DATA_BUCKET"))


def check(event: Mapping[str, str], *, s3: Any, bucket: str) -> dict[str, Any]:
    """Write reports/<model>/<run>/gate.json and refuse the run if any new file is unreadable.

    A file without rows is passed over: it goes on to the ETL job, which finds nothing in it, and counts as read from
    then on. Only when the run has nothing else to work on is it refused.
    """
    model, run = event["model"], event["run"]
    contract = load_contract(s3, event["contract_uri"])
    manifest = Manifest.from_json(read_json(s3, S3Uri.parse(event["manifest_uri"])))
    new = manifest.new_objects
    with ThreadPoolExecutor(CONCURRENT_READS) as pool:
        found = [
            problem for found in pool.map(lambda entry: _look(s3, bucket, contract, entry), new) for problem in found
        ]
    problems = [problem for problem in found if not problem.without_rows]
    passed_over = [problem for problem in found if problem.without_rows]
    if len(passed_over) == len(manifest.objects):
        problems, passed_over = passed_over, []
    report_uri = write_json(
        s3, S3Uri(bucket, f"reports/{model}/{run}/gate.json"), report(model, run, len(new), problems, passed_over)
    )
    metrics.add_metric("GateProblems", MetricUnit.Count, len(problems))
    logger.info("gate", model=model, run=run, checked=len(new), problems=len(problems), passed_over=len(passed_over))
    if problems:
        raise GateRefused(refusal(model, problems))
    return {"checked": len(new), "report_uri": report_uri, "warnings": warnings(passed_over)}


def _look(s3: Any, bucket: str, contract: Contract, entry: ManifestObject) -> list[Problem]:
    return [
        Problem(entry.key, entry.version_id, found.column, found.reason, found.without_rows)
        for found in _found(s3, bucket, contract, entry)
    ]


def _found(s3: Any, bucket: str, contract: Contract, entry: ManifestObject) -> list[HeadProblem]:
    badly_named = check_key(entry.key)
    if badly_named:
        return [badly_named]
    try:
        head = _head(s3, bucket, entry)
    except ClientError as error:
        if error.response["Error"]["Code"] not in GONE:
            raise
        return [HeadProblem(None, "the file was deleted after the run had started")]
    return check_head(contract, head, entry.size, complete=len(head) >= entry.size)


def _head(s3: Any, bucket: str, entry: ManifestObject) -> bytes:
    """The first bytes; an empty object has no range that could be asked for."""
    if entry.size == 0:
        return b""
    answer = s3.get_object(Bucket=bucket, Key=entry.key, VersionId=entry.version_id, Range=f"bytes=0-{HEAD_BYTES - 1}")
    return answer["Body"].read()
