import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from lambda_src.golden_requests.archive import CONTRACT, MAXIMUM_BYTES, NoContract, contract_of
from lambda_src.golden_requests.handler import PATIENCE, send
from tests.lambda_src.examples import BUCKET, contract_value
from tests.lambda_src.fakes import FakeS3

ENDPOINT = "mlops-dev-churn"
MODEL_URI = "s3://models/churn/model.tar.gz"
REQUESTS_URI = f"s3://{BUCKET}/evaluation/churn/260301100000/features/"
ROWS = [{"row_id": f"abc-{row}", "age": 30 + row, "spent": None, "plan": "gold"} for row in range(12)]


def archive(files: dict[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as target:
        for name, content in files.items():
            body = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            target.addfile(entry, io.BytesIO(body))
    return packed.getvalue()


def store() -> FakeS3:
    s3 = FakeS3()
    s3.put(
        "models", "churn/model.tar.gz", archive({"model.json": b"{}", "./contract.json": json.dumps(contract_value())})
    )
    for part in (0, 1):
        rows = ROWS[part * 6 : part * 6 + 6]
        s3.put(BUCKET, f"evaluation/churn/260301100000/features/part-{part}.jsonl", "\n".join(map(json.dumps, rows)))
    return s3


class Runtime:
    """Answers each request with the next of some answers, the last one for ever."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.requests = list(answers), list[dict[str, Any]]()

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        body = json.dumps(answer).encode()
        return {"Body": StreamingBody(io.BytesIO(body), len(body))}


def golden(runtime: Any, count: int = 5, remaining: Callable[[], int] = lambda: 100_000) -> dict[str, Any]:
    event = {"endpoint_name": ENDPOINT, "model_uri": MODEL_URI, "requests_uri": REQUESTS_URI, "count": count}
    return send(event, s3=store(), runtime=runtime, remaining_milliseconds=remaining)


def model_error(status: int) -> ClientError:
    """As botocore makes it from the service's answer."""
    client = boto3.client("sagemaker-runtime", region_name="eu-west-1")
    with Stubber(client) as stubber:
        details = {"OriginalStatusCode": status, "OriginalMessage": "boom"}
        stubber.add_client_error("invoke_endpoint", "ModelError", "boom", 424, modeled_fields=details)
        with pytest.raises(ClientError) as raised:
            client.invoke_endpoint(EndpointName=ENDPOINT, Body=b"")
    return raised.value


GOOD = {"predictions": [{"prediction": "yes", "probability": 0.7}]}


def test_the_first_rows_are_sent_as_a_client_would_send_them() -> None:
    runtime = Runtime(GOOD)
    assert golden(runtime, count=8) == {"sent": 8, "failed": 0, "errors": []}
    sent = [json.loads(request["Body"])["instances"] for request in runtime.requests]
    assert sent == [[{name: value for name, value in row.items() if name != "row_id"}] for row in ROWS[:8]]
    assert {request["EndpointName"] for request in runtime.requests} == {ENDPOINT}


def test_without_rows_it_says_that_nothing_was_proved() -> None:
    event = {"endpoint_name": ENDPOINT, "model_uri": MODEL_URI, "requests_uri": f"s3://{BUCKET}/no/", "count": 3}
    found = send(event, s3=store(), runtime=Runtime(GOOD), remaining_milliseconds=lambda: 100_000)
    assert found == {"sent": 0, "failed": 0, "errors": [f"there are no rows under s3://{BUCKET}/no/"]}


def test_fewer_rows_than_asked_for_are_no_failure() -> None:
    assert golden(Runtime(GOOD), count=100)["sent"] == len(ROWS)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (model_error(500), "status 500: boom"),
        (model_error(400), "status 400: boom"),
        (ReadTimeoutError(endpoint_url="https://runtime"), "no answer"),
        (ConnectTimeoutError(endpoint_url="https://runtime"), "no answer"),
        (EndpointConnectionError(endpoint_url="https://runtime"), "no answer"),
        ({"predictions": [{"prediction": "perhaps"}]}, "no class of the contract"),
        ({"predictions": []}, "no prediction in the answer"),
        ({"error": {}}, "no prediction in the answer"),
    ],
)
def test_every_other_answer_is_counted_as_failed_with_its_reason(answer: Any, reason: str) -> None:
    found = golden(Runtime(GOOD, answer, GOOD))
    assert (found["sent"], found["failed"]) == (5, 1)
    assert reason in found["errors"][0]


def test_an_endpoint_that_does_not_serve_yet_is_no_failure_of_the_model() -> None:
    error = ClientError({"Error": {"Code": "ValidationError", "Message": "Endpoint not found."}}, "InvokeEndpoint")
    runtime = Runtime(error)
    assert golden(runtime) == {
        "sent": 0,
        "failed": 0,
        "errors": ["the endpoint does not serve yet: Endpoint not found."],
    }
    assert len(runtime.requests) == 1


def test_a_missing_permission_is_an_error_of_the_platform() -> None:
    error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "InvokeEndpoint")
    with pytest.raises(ClientError):
        golden(Runtime(error))


def test_it_stops_before_its_own_time_is_up() -> None:
    left = iter([60_000, 40_000, 19_000])
    found = golden(Runtime(GOOD), remaining=lambda: next(left))
    assert found["sent"] == 2
    assert "the time is up" in found["errors"][0]


def test_a_request_is_never_repeated_behind_our_back() -> None:
    assert PATIENCE.retries == {"total_max_attempts": 1, "mode": "standard"}
    assert PATIENCE.read_timeout + PATIENCE.connect_timeout < 20


def test_only_a_few_reasons_are_handed_on() -> None:
    found = golden(Runtime(model_error(500)), count=12)
    assert (found["failed"], len(found["errors"])) == (12, 5)


def test_the_contract_is_the_one_that_the_version_was_trained_with() -> None:
    contract = contract_of(store(), MODEL_URI)
    assert contract.classes == ("yes", "no")


def test_a_contract_that_is_too_large_is_refused_before_it_is_read() -> None:
    s3, contract = store(), json.dumps(contract_value())
    s3.put("models", "churn/model.tar.gz", archive({CONTRACT: contract.ljust(MAXIMUM_BYTES)}))
    assert contract_of(s3, MODEL_URI).classes == ("yes", "no")
    s3.put("models", "churn/model.tar.gz", archive({CONTRACT: contract.ljust(MAXIMUM_BYTES + 1)}))
    with pytest.raises(NoContract, match="has 5000001 bytes, at most 5000000 are read"):
        contract_of(s3, MODEL_URI)


def test_an_archive_without_a_contract_is_refused_by_its_address() -> None:
    s3 = store()
    s3.put("models", "churn/model.tar.gz", archive({"model.json": "{}"}))
    with pytest.raises(NoContract, match="no contract.json in s3://models/churn/model.tar.gz"):
        contract_of(s3, MODEL_URI)
