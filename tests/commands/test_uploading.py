"""Files in: looked at before they leave, and followed to the end of their run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.artifacts import zipped
from lambda_src.starter.messages import Asked, read_message
from tests.commands.aws import CONTRACT, RUN, Account, deployed, execution
from tests.commands.conftest import Mlops
from tests.commands.states import States, events

GOOD = "age,plan,left\n39,basic,yes\n40,family,no\n"


def write(folder: Path, text: str, name: str = "january.csv") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_good_file_goes_to_its_key_and_the_next_step_is_said(mlops: Mlops, tmp_path: Path) -> None:
    account = deployed()

    ended = mlops(account, "upload", "churn", write(tmp_path, GOOD))

    assert ended.code == 0
    assert [(put["Bucket"], put["Key"]) for put in account.called("s3.PutObject")] == [
        ("data", "raw/churn/january.csv")
    ]
    assert "./mlops runs churn" in ended.out


def test_a_bad_file_is_refused_here_in_the_words_of_the_gate(mlops: Mlops, tmp_path: Path) -> None:
    account = deployed()

    ended = mlops(account, "upload", "churn", write(tmp_path, GOOD.replace("plan", "tariff")))

    assert ended.code == 1
    assert "column 'plan': the header lacks this column" in ended.err
    assert "--force" in ended.err
    assert account.called("s3.PutObject") == []


def test_one_bad_file_keeps_the_good_ones_here_too(mlops: Mlops, tmp_path: Path) -> None:
    account = deployed()

    ended = mlops(account, "upload", "churn", write(tmp_path, GOOD), write(tmp_path, "", "empty.csv"))

    assert ended.code == 1
    assert "empty.csv: the file is empty" in ended.err
    assert account.called("s3.PutObject") == []


def test_force_uploads_what_the_gate_will_refuse(mlops: Mlops, tmp_path: Path) -> None:
    account = deployed()

    ended = mlops(account, "upload", "churn", write(tmp_path, "1,2\n"), "--force")

    assert ended.code == 0
    assert len(account.called("s3.PutObject")) == 1


def test_a_large_file_goes_in_parts(mlops: Mlops, tmp_path: Path) -> None:
    account = deployed()
    account.answers |= {
        "s3.CreateMultipartUpload": {"UploadId": "1"},
        "s3.UploadPart": {"ETag": '"1"'},
        "s3.CompleteMultipartUpload": {"ETag": '"1"'},
    }
    large = write(tmp_path, "age,plan,left\n" + "39,basic,yes\n" * 900_000)

    assert mlops(account, "upload", "churn", large).code == 0
    assert len(account.called("s3.UploadPart")) == 2


def test_a_hold_out_is_for_models_that_have_an_official_one(mlops: Mlops, tmp_path: Path) -> None:
    account, file = deployed(), write(tmp_path, GOOD)

    assert mlops(account, "upload", "churn", file, "--holdout").code == 2

    official = json.dumps({**CONTRACT, "split": {"holdout": "official"}}).encode()
    account.answers["s3.GetObject"] = {"Body": zipped({"churn.json": official})}
    ended = mlops(account, "--json", "upload", "churn", file, "--holdout")
    assert ended.document["keys"] == ["holdout/churn/january.csv"]
    assert mlops(account, "upload", "churn", file, "--holdout", "--wait").code == 2


def test_two_files_of_one_name_are_not_laid_over_each_other(mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    account = deployed()

    ended = mlops(account, "upload", "churn", write(tmp_path, GOOD), write(tmp_path / "other", GOOD))

    assert ended.code == 2
    assert "would both become raw/churn/january.csv" in ended.err


def training(account: Account, *, status: str = "SUCCEEDED", **told: object) -> Account:
    """An account in which an older run is known and a new one appears after a while."""
    states = States()
    states.add(execution("training", "old"), output={"verdict": "keep"})
    states.appearing = [
        {"arn": execution("training", "old")},  # the first look finds nothing new
        {"arn": execution("training", "new"), "status": status, **told},
    ]
    account.answers |= {**states.answers(), "sqs.SendMessage": {"MessageId": "m", "MD5OfMessageBody": "x"}}
    return account


@pytest.mark.parametrize("command", ["upload", "train"])
def test_with_wait_the_new_run_is_followed_to_its_end(mlops: Mlops, tmp_path: Path, command: str) -> None:
    account = training(deployed(), output={"run": RUN, "verdict": "promote"})
    files = [write(tmp_path, GOOD)] if command == "upload" else []

    ended = mlops(account, "--json", command, "churn", *files, "--wait")

    assert ended.code == 0
    assert ended.document["verdict"] == "promote"
    assert ended.document["execution"].endswith(":new")
    assert "TrainModel" in ended.err
    assert "once it is approved, it is deployed" in ended.err.splitlines()[-1]


def test_a_run_that_failed_fails_the_command_with_state_cause_and_way_out(mlops: Mlops) -> None:
    account = training(deployed(), status="FAILED", error="GateRefused", cause="GateArrivals: x.csv: the file is empty")

    ended = mlops(account, "train", "churn", "--wait")

    assert ended.code == 1
    assert "FAILED in GateArrivals: x.csv: the file is empty" in ended.err
    assert "./mlops train churn" in ended.err


def test_train_asks_the_starter_for_a_run_now(mlops: Mlops) -> None:
    account = training(deployed())

    ended = mlops(account, "--json", "train", "churn")

    [sent] = account.called("sqs.SendMessage")
    body = json.loads(sent["MessageBody"])
    assert sent["QueueUrl"].endswith("/intake")
    assert (body["kind"], body["model"]) == ("manual", "churn")
    assert body["state_machine_arn"].endswith(":mlops-dev-training")
    assert ended.document == {"model": "churn", "message_id": "m"}


def test_the_starter_understands_what_train_sends(mlops: Mlops) -> None:
    account = training(deployed())
    mlops(account, "train", "churn")
    [sent] = account.called("sqs.SendMessage")

    assert isinstance(read_message(sent["MessageBody"], datetime.now(UTC)).event, Asked)


def test_a_loop_is_shown_once_and_its_later_rounds_in_one_line(mlops: Mlops) -> None:
    account = training(deployed(), output={"verdict": "promote"})
    rounds = [("Wait", 2.0), ("Look", 1.0)] * 3
    account.answers["stepfunctions.GetExecutionHistory"] = {"events": events(*rounds, ("Done", 0.0))}

    ended = mlops(account, "train", "churn", "--wait")

    lines = [line.split() for line in ended.err.splitlines()[1:-1]]
    assert [line[0] for line in lines] == ["Wait", "Look", "again:", "Done"]
    assert lines[2][1:] == ["Wait", ">", "Look", "6.0", "s"]
