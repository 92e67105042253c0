"""Refused rows: counted, taken out, mended and sent in again."""

import base64
import json
from pathlib import Path

from tests.commands.aws import Account, deployed
from tests.commands.conftest import Mlops

OLD, NEW = "261101000000", "261102000000"


def refused(line: int, original: bytes, column: str | None = "age", reason: str = "no integer") -> bytes:
    row = {
        "key": "raw/churn/a.csv",
        "version_id": "1",
        "line": line,
        "column": column,
        "reason": reason,
        "original_base64": base64.b64encode(original).decode(),
    }
    return json.dumps(row).encode() + b"\n"


def account(**more: bytes) -> Account:
    return deployed(
        **{
            f"quarantine/churn/{OLD}/1.jsonl": refused(9, b"old,basic,yes"),
            f"quarantine/churn/{NEW}/1.jsonl": refused(3, b"many,basic,yes") + refused(5, b"x,family,no"),
            f"quarantine/churn/{NEW}/2.jsonl": refused(7, b"1", None, "1 cells"),
        },
        **more,
    )


def test_the_newest_run_is_counted_by_file_column_and_reason(mlops: Mlops) -> None:
    ended = mlops(account(), "--json", "quarantine", "churn")

    assert (ended.document["run"], ended.document["rows"]) == (NEW, 3)
    assert ended.document["groups"] == [
        {"key": "raw/churn/a.csv", "column": "age", "reason": "no integer", "rows": 2},
        {"key": "raw/churn/a.csv", "column": None, "reason": "1 cells", "rows": 1},
    ]


def test_rows_are_exported_below_the_models_header_as_they_came(mlops: Mlops, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"

    ended = mlops(account(), "quarantine", "churn", "--export", str(file))

    assert ended.code == 0
    assert file.read_bytes() == b"age,plan,left\nmany,basic,yes\nx,family,no\n1\n"
    assert f"--run {NEW} --send {file}" in ended.out


def test_rows_of_the_hold_out_never_come_in_again_as_training_rows(mlops: Mlops, tmp_path: Path) -> None:
    held = refused(2, b"mine,basic,yes").replace(b"raw/churn/", b"holdout/churn/")
    made, file = account(**{f"quarantine/churn/{NEW}/3.jsonl": held}), tmp_path / "rows.csv"
    theirs = tmp_path / "theirs.csv"

    assert mlops(made, "quarantine", "churn", "--export", str(theirs)).code == 0
    assert b"mine" not in theirs.read_bytes()
    exported = mlops(made, "quarantine", "churn", "--holdout", "--export", str(file))
    assert file.read_bytes() == b"age,plan,left\nmine,basic,yes\n"
    assert "--holdout" in exported.out
    file.write_text("age,plan,left\n39,basic,yes\n")
    sent = mlops(made, "--json", "quarantine", "churn", "--holdout", "--send", str(file))
    assert sent.document["key"] == f"holdout/churn/mended-{NEW}-1.csv"
    assert mlops(account(), "quarantine", "churn", "--holdout", "--export", str(tmp_path / "n.csv")).code == 3


def test_an_export_overwrites_nothing(mlops: Mlops, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("mended already")

    assert mlops(account(), "quarantine", "churn", "--export", str(file)).code == 2
    assert file.read_text() == "mended already"


def test_mended_rows_are_sent_under_a_key_of_their_own(mlops: Mlops, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("age,plan,left\n39,basic,yes\n")
    made = account(**{f"raw/churn/mended-{OLD}-9.csv": b"", f"raw/churn/mended-{OLD}-10.csv": b""})

    first = mlops(made, "--json", "quarantine", "churn", "--send", str(file))
    later = mlops(made, "--json", "quarantine", "churn", "--run", OLD, "--send", str(file))

    assert first.document["key"] == f"raw/churn/mended-{NEW}-1.csv"
    assert later.document["key"] == f"raw/churn/mended-{OLD}-11.csv"
    assert [put["Key"] for put in made.called("s3.PutObject")] == [first.document["key"], later.document["key"]]


def test_rows_that_are_still_wrong_are_not_sent(mlops: Mlops, tmp_path: Path) -> None:
    made, file = account(), tmp_path / "rows.csv"
    file.write_text("age,plan,left\n39,basic,yes\nmany,basic,yes\n40,basic,no\n")

    ended = mlops(made, "quarantine", "churn", "--send", str(file))

    assert ended.code == 1
    assert "rows.csv line 3: age: 'many' is not an integer" in ended.err
    assert made.called("s3.PutObject") == []


def test_that_nothing_was_ever_refused_is_good_news(mlops: Mlops) -> None:
    ended = mlops(deployed(), "quarantine", "churn")

    assert (ended.code, ended.out) == (0, "no row of churn was ever refused\n")


def test_a_run_without_refused_rows_is_not_found(mlops: Mlops) -> None:
    assert mlops(deployed(), "quarantine", "churn", "--run", "261123101112").code == 3
    ended = mlops(account(), "quarantine", "churn", "--run", "990101000000")
    assert ended.code == 3
    assert f"{NEW}, {OLD}" in ended.err
