"""Every expected error is one line with the way out and its own exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions as aws

from commands.errors import Exit, explain
from commands.rehearsed import rehearsed_environment
from tests.commands.aws import Account, Answer, deployed, refusal
from tests.commands.conftest import Mlops


def account(answer: Answer) -> Account:
    return Account({"cloudformation.DescribeStacks": answer})


def raising(error: Exception) -> Answer:
    def answer(_params: Any) -> Any:
        raise error

    return answer


DENIED = "User: arn:aws:iam::1:user/me is not authorized to perform: cloudformation:DescribeStacks on resource: x"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (refusal("ValidationError", "Stack does not exist"), 3, "make deploy STAGE=dev"),
        (refusal("AccessDenied", DENIED), 4, "cloudformation:DescribeStacks"),
        (refusal("AccessDeniedException", "no"), 4, "DescribeStacks"),
        (refusal("ExpiredToken", "old"), 4, "expired"),
        (refusal("InvalidClientTokenId", "who"), 4, "does not know these credentials"),
        (raising(aws.NoCredentialsError()), 4, "no AWS credentials"),
        (raising(aws.UnauthorizedSSOTokenError()), 4, "aws sso login"),
        (raising(aws.NoRegionError()), 2, "AWS_REGION"),
        (raising(aws.EndpointConnectionError(endpoint_url="http://x")), 1, "does not answer"),
        (refusal("Throttling", "slow down"), 1, "slow down"),
    ],
)
def test_an_error_of_aws_is_one_line_and_an_exit_code(mlops: Mlops, answer: Answer, code: int, said: str) -> None:
    ended = mlops(account(answer), "models")

    assert ended.code == code
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_with_json_an_error_is_the_document(mlops: Mlops) -> None:
    ended = mlops(account(refusal("ValidationError", "Stack does not exist")), "--json", "models")

    assert ended.document["exit_code"] == 3
    assert "not deployed" in ended.document["error"]


def test_an_unknown_model_says_which_exist(mlops: Mlops) -> None:
    ended = mlops(deployed(), "train", "weather")

    assert (ended.code, ended.out) == (3, "")
    assert "its models are churn" in ended.err


def test_wrong_use_has_a_code_of_its_own(mlops: Mlops) -> None:
    assert mlops(deployed(), "approve", "churn").code == 2
    assert mlops(deployed(), "approve", "churn", "--version", "0").code == 2
    assert mlops(deployed(), "unknown-command").code == 2


def test_an_interrupt_ends_without_a_trace(mlops: Mlops) -> None:
    ended = mlops(account(raising(KeyboardInterrupt())), "models")

    assert ended.code == 130
    assert "what was started on AWS goes on" in ended.err


def test_an_unknown_service_error_names_operation_and_code() -> None:
    error = aws.ClientError({"Error": {"Code": "Strange", "Message": "two\nlines"}}, "DoThis")

    assert explain(error).message == "DoThis: Strange: two lines"
    assert explain(error).code is Exit.FAILED


def write(path: Path, **content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_a_waiting_rehearsal_of_the_stage_is_found_and_another_stage_is_not(tmp_path: Path) -> None:
    connection = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    own = Path("/proc/self").resolve().name
    path = write(tmp_path / "rehearsal.json", stage="drill", process=int(own), environment=connection)

    assert rehearsed_environment("drill", environment={}, path=path) == connection
    assert rehearsed_environment("dev", environment={}, path=path) is None
    exported = {"AWS_ENDPOINT_URL": "http://127.0.0.1:2", "HOME": "/root"}
    assert rehearsed_environment("drill", environment=exported, path=path) == {"AWS_ENDPOINT_URL": "http://127.0.0.1:2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no rehearsal of stage rehearsal is waiting"),
        ({"stage": "drill", "process": 1, "environment": {}}, "no rehearsal of stage rehearsal is waiting"),
        ({"stage": "rehearsal", "process": 2**22 + 1, "environment": {}}, "is gone"),
    ],
)
def test_without_its_rehearsal_a_rehearsed_stage_never_means_the_callers_account(
    tmp_path: Path, content: dict[str, Any] | None, said: str
) -> None:
    path = tmp_path / "rehearsal.json"
    if content:
        write(path, **content)

    with pytest.raises(Exception, match=said) as refused:
        rehearsed_environment("rehearsal", environment={}, path=path)

    assert getattr(refused.value, "code", None) is Exit.NOT_FOUND


def test_a_drill_that_is_not_there_does_not_send_its_reader_in_a_circle(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="only tests start one"):
        rehearsed_environment("drill", environment={}, path=tmp_path / "rehearsal.json")
