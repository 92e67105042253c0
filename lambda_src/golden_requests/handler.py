"""Sends a few rows of the hold-out to an endpoint, so that an update is watched under traffic."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from contract.model import Contract
from lambda_src.common.clients import aws
from lambda_src.common.storage import S3Uri, list_objects, read_lines
from lambda_src.common.telemetry import logger, metrics
from lambda_src.golden_requests.archive import contract_of
from lambda_src.golden_requests.counting import Count, model_error, wrong_answer

# No retry: a request that only a retry saves is what the alarm has to see.
PATIENCE = Config(connect_timeout=3, read_timeout=8, retries={"total_max_attempts": 1, "mode": "standard"})
# Leaves time to answer the state machine.
SPARE_MILLISECONDS = 20_000
NOT_SERVING = ("ValidationError", "ModelNotReadyException")


@cache
def _runtime() -> Any:
    return boto3.client("sagemaker-runtime", config=PATIENCE)  # pyright: ignore[reportUnknownMemberType]


@metrics.log_metrics
def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point."""
    return send(event, s3=aws("s3"), runtime=_runtime(), remaining_milliseconds=context.get_remaining_time_in_millis)


def send(event: Mapping[str, Any], *, s3: Any, runtime: Any, remaining_milliseconds: Any) -> dict[str, Any]:
    """Send up to `count` rows one by one and count what fails."""
    contract = contract_of(s3, event["model_uri"])
    count = Count()
    for row in islice(_rows(s3, event["requests_uri"]), int(event["count"])):
        if remaining_milliseconds() < SPARE_MILLISECONDS:
            count.note(f"stopped after {count.sent} requests: the time is up")
            break
        if not _send_one(runtime, event["endpoint_name"], contract, row, count):
            break
    if not count.sent and not count.errors:
        count.note(f"there are no rows under {event['requests_uri']}")
    logger.info("golden requests", endpoint=event["endpoint_name"], sent=count.sent, failed=count.failed)
    metrics.add_metric("GoldenRequestsFailed", MetricUnit.Count, count.failed)
    return {"sent": count.sent, "failed": count.failed, "errors": count.errors}


def _send_one(runtime: Any, endpoint: str, contract: Contract, row: dict[str, Any], count: Count) -> bool:
    """Send one row; False when nobody is there to answer, which is no failure of the model."""
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=endpoint,
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps({"instances": [row]}).encode("utf-8"),
        )
        count.add(wrong_answer(contract, answer["Body"].read()))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in NOT_SERVING:
            count.note(f"the endpoint does not serve yet: {error.response['Error'].get('Message', code)}")
            return False
        if code in ("AccessDeniedException", "AccessDenied"):
            raise
        count.add(model_error(error.response) if code == "ModelError" else str(error))
    except (HTTPClientError, ConnectionError) as error:
        count.add(f"no answer: {error}")
    return True


def _rows(s3: Any, requests_uri: str) -> Iterator[dict[str, Any]]:
    prefix = S3Uri.parse(requests_uri)
    for stored in list_objects(s3, prefix):
        for line in read_lines(s3, S3Uri(prefix.bucket, stored.key)):
            row = json.loads(line)
            row.pop("row_id", None)
            yield row
