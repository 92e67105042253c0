"""Predictions, and refusals in the words of the contract."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands.request_rows import MAXIMUM_ROWS, RequestRow, batches, rows_of_file
from contract.model import Contract
from tests.commands.aws import CONTRACT, Account, deployed, refusal
from tests.commands.conftest import Mlops

ASKED = "sagemaker-runtime.InvokeEndpoint"


def account(answer: Any = None) -> Account:
    def predict(params: Mapping[str, Any]) -> Mapping[str, Any]:
        rows = [json.loads(line) for line in params["Body"].splitlines()]
        return {"Body": b"".join(json.dumps({"prediction": row["plan"]}).encode() + b"\n" for row in rows)}

    made = deployed()
    made.answers[ASKED] = answer or predict
    return made


def rows_asked(made: Account) -> list[dict[str, Any]]:
    return [json.loads(line) for call in made.called(ASKED) for line in call["Body"].splitlines()]


def test_rows_of_the_command_line_are_predicted_one_line_each(mlops: Mlops) -> None:
    made = account()

    ended = mlops(made, "predict", "churn", "--row", '{"age": 39, "plan": "a"}', "--row", '{"plan": "b"}')

    assert (ended.code, ended.out) == (0, '{"prediction": "a"}\n{"prediction": "b"}\n')
    [call] = made.called(ASKED)
    assert call["EndpointName"] == "mlops-dev-churn"
    assert call["ContentType"] == "application/jsonlines"


@pytest.mark.parametrize(
    "text",
    [
        "age,plan,left\n39,a,yes\n40,b,no\n",
        "39,a,yes\n40,b,no\n",
        "age,plan\n39,a\n40,b\n",
        "39,a\n\n40,b",
        '{"age": "39", "plan": "a"}\n{"age": "40", "plan": "b"}\n',
    ],
)
def test_a_file_may_be_csv_with_or_without_header_and_target_or_json_lines(
    mlops: Mlops, tmp_path: Path, text: str
) -> None:
    made, file = account(), tmp_path / "rows"
    file.write_text(text)

    ended = mlops(made, "--json", "predict", "churn", str(file))

    assert [answer["prediction"] for answer in ended.document["predictions"]] == ["a", "b"]
    assert rows_asked(made) == [{"age": "39", "plan": "a"}, {"age": "40", "plan": "b"}]


@pytest.mark.parametrize("header", ["", "number,age,plan,left\n", ",age,plan,left\n"])
def test_a_column_that_numbers_the_rows_may_have_no_name(header: str) -> None:
    number = {"name": "number", "type": "integer", "ignored": True}
    contract = Contract.from_dict({**CONTRACT, "columns": [number, *CONTRACT["columns"]]})

    [row] = rows_of_file(contract, f"{header}1,39,a,yes\n".encode())

    assert json.loads(row.text) == {"age": "39", "plan": "a"}


def test_stdin_is_a_file_too(mlops: Mlops) -> None:
    ended = mlops(account(), "predict", "churn", "-", typed="39,a\n")

    assert (ended.code, ended.out) == (0, '{"prediction": "a"}\n')


def test_a_refused_row_is_named_by_its_line_in_the_file_with_column_and_reason(mlops: Mlops, tmp_path: Path) -> None:
    told = {"error": {"row": 2, "column": "age", "reason": "'many' is not an integer"}}
    made = account(refusal("ModelError", "x", OriginalStatusCode=400, OriginalMessage=json.dumps(told)))
    file = tmp_path / "rows.csv"
    file.write_text("age,plan\n39,a\nmany,b\n")

    ended = mlops(made, "predict", "churn", str(file))

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "mlops: line 3, column 'age': 'many' is not an integer\n"


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (refusal("ModelError", "x", OriginalStatusCode=500, OriginalMessage="<html>"), 1, "logs churn --endpoint"),
        (
            refusal("ValidationError", "Endpoint mlops-dev-churn of account 1 not found."),
            3,
            "no endpoint yet: `./mlops runs churn`",
        ),
    ],
)
def test_a_model_that_does_not_answer_is_told_from_a_bad_row(mlops: Mlops, answer: Any, code: int, said: str) -> None:
    ended = mlops(account(answer), "predict", "churn", "--row", "{}")

    assert ended.code == code
    assert said in ended.err


@pytest.mark.parametrize("arguments", [(), ("-", "--row", "{}"), ("--row", "[1]"), ("--row", "{"), ("nowhere.csv",)])
def test_rows_that_cannot_be_read_are_wrong_use(mlops: Mlops, arguments: tuple[str, ...]) -> None:
    assert mlops(account(), "predict", "churn", *arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("--row", "{}", "--row", "{"), None, "row 2 is not JSON"),
        (("-",), '{"age": 1}\n\n{"age"\n', "row 3 is not JSON"),
        (("-",), '39,a\n39,"a\n', "line 2: "),
    ],
)
def test_what_cannot_be_read_is_named_by_its_number(
    mlops: Mlops, arguments: tuple[str, ...], typed: str | None, said: str
) -> None:
    made = account()
    assert said in mlops(made, "predict", "churn", *arguments, typed=typed).err
    assert not made.called(ASKED)


def test_json_lines_may_be_indented_and_a_second_header_is_a_row_that_the_model_may_refuse() -> None:
    contract = Contract.from_dict(CONTRACT)

    assert json.loads(rows_of_file(contract, b'  {"age": 1}\n')[0].text) == {"age": 1}
    assert [json.loads(row.text)["age"] for row in rows_of_file(contract, b"39,a\nage,plan\n")] == ["39", "age"]


def test_a_line_with_too_many_cells_says_which_are_expected(mlops: Mlops) -> None:
    ended = mlops(account(), "predict", "churn", "-", typed="1,2,3,4\n")

    assert ended.code == 1
    assert "line 1 has 4 cells: churn is asked with 2 (age, plan)" in ended.err


def test_many_rows_are_asked_in_several_requests() -> None:
    rows = [RequestRow(number, b"{}") for number in range(MAXIMUM_ROWS + 1)]

    assert [len(batch) for batch in batches(rows)] == [MAXIMUM_ROWS, 1]
    large, small = RequestRow(1, b"x" * (3 << 20)), RequestRow(2, b"{}")
    assert [len(batch) for batch in batches([large, large, small, small])] == [1, 3]
