"""Serving: good rows are answered, bad ones get a 4xx at the endpoint and a line of their own in a batch."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.model import Contract
from contract.rows import Row
from tests.contract.examples import CHURN, churn
from tests.training.data import SMALL_TREES, Response, install_toolkit, numbers_contract, numbers_table
from training import archive, inference, request_rows
from training.arrays import table_of_rows
from training.selection import select

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"
GOOD: dict[str, Any] = {"age": 42, "spent": 1.5, "plan": "plus", "city": "Bern"}
Ask = Callable[..., Response]


def churn_rows(count: int) -> list[Row]:
    plans, cities = ("basic", "plus", "max"), ("Bern", "Basel", None)
    return [
        {
            "age": 17 + number * 7 % 80,
            "spent": None if number % 11 == 0 else number % 13 / 2,
            "plan": plans[number % 3],
            "city": cities[number % 5 % 3],
            "left": "yes" if (number * 7 % 80 > 40) != (number % 3 == 0) else "no",
        }
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> inference.Model:
    contract = churn(training=SMALL_TREES)
    rows = churn_rows(400)
    tables = [table_of_rows(contract.columns, part) for part in (rows[:300], rows[300:])]
    folder = tmp_path_factory.mktemp("model")
    archive.save(folder, contract, select(contract, *tables))
    return inference.model_fn(str(folder))


@pytest.fixture
def ask(model: inference.Model, monkeypatch: pytest.MonkeyPatch) -> Ask:
    install_toolkit(monkeypatch)

    def send(body: str | bytes, content_type: str = JSON, accept: str = JSON) -> Response:
        request = inference.input_fn(body, content_type)
        return inference.output_fn(inference.predict_fn(request, model), accept)

    return send


def predictions(response: Response) -> list[dict[str, Any]]:
    assert response.status == 200, response.response
    if response.mimetype == LINES:
        return [json.loads(line) for line in response.response.splitlines()]
    return json.loads(response.response)["predictions"]


def error(response: Response, status: int = 400) -> dict[str, Any]:
    assert response.status == status
    assert response.mimetype == JSON
    return json.loads(response.response)["error"]


def test_the_same_row_gets_the_same_answer_in_every_format(ask: Ask) -> None:
    csv = "42,1.5,plus,Bern"
    line = json.dumps(GOOD)
    [expected] = predictions(ask(line))

    for body, content_type in (
        (json.dumps([GOOD]), JSON),
        (json.dumps({"instances": [GOOD]}), "application/json; charset=utf-8"),
        (line.encode(), "application/json;charset=UTF-8"),
        (line.encode(), LINES),
        (line.encode() + b"\r\n\n", "application/jsonlines; charset=utf-8"),
        (csv, CSV),
        (csv.encode() + b"\r\n", "text/csv; charset=utf-8"),
        ("\ufeff" + csv, "Text/CSV"),
    ):
        for accept in (JSON, LINES):
            assert predictions(ask(body, content_type, accept)) == [expected]


def test_a_binary_answer_has_the_class_and_the_probability_of_the_positive_one(ask: Ask) -> None:
    for answer in predictions(ask(json.dumps(churn_rows(40)))):
        assert answer["prediction"] == ("yes" if answer["probability"] >= 0.5 else "no")
        assert 0.0 < answer["probability"] < 1.0


def test_the_row_id_comes_back(ask: Ask) -> None:
    lines = "\n".join(json.dumps({"row_id": f"abc-{number}", **GOOD}) for number in range(3))

    assert [answer["row_id"] for answer in predictions(ask(lines.encode(), LINES, LINES))] == [
        "abc-0",
        "abc-1",
        "abc-2",
    ]
    assert "row_id" not in predictions(ask(json.dumps(GOOD)))[0]


@pytest.mark.parametrize("row_id", ["", "x" * 256, 0, -(2**63) + 1])
def test_a_row_id_is_a_text_or_a_whole_number(ask: Ask, row_id: str | int) -> None:
    assert predictions(ask(json.dumps({**GOOD, "row_id": row_id})))[0]["row_id"] == row_id
    assert "row_id" not in predictions(ask(json.dumps({**GOOD, "row_id": None})))[0]


def test_the_first_bad_row_ends_the_reading_of_a_request(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[bytes] = []
    is_blank = request_rows.is_blank
    monkeypatch.setattr(request_rows, "is_blank", lambda line: looked_at.append(line) or is_blank(line))

    assert error(ask("1\n" * 100_000, CSV))["row"] == 1
    assert len(looked_at) == 1


def test_numeric_strings_missing_values_and_unknown_columns_are_fine(ask: Ask) -> None:
    as_text = {name: str(value) for name, value in GOOD.items()}

    assert predictions(ask(json.dumps({**as_text, "left": "no", "extra": [1]}))) == predictions(ask(json.dumps(GOOD)))
    assert predictions(ask('{"age": 42, "spent": null, "plan": "?"}')) == predictions(ask('{"age": 42}'))


def test_an_unseen_value_of_an_open_text_is_answered(ask: Ask) -> None:
    assert predictions(ask(json.dumps({**GOOD, "city": "Nowhere"})))


@pytest.mark.parametrize(
    ("body", "content_type", "row", "column", "reason"),
    [
        (json.dumps([GOOD, {**GOOD, "age": 16}]), JSON, 2, "age", "below"),
        (json.dumps({**GOOD, "plan": "gold"}), JSON, 1, "plan", "not among"),
        (json.dumps({"spent": 1}), JSON, 1, "age", "missing"),
        (json.dumps({**GOOD, "age": True}), JSON, 1, "age", "boolean"),
        ('{"age": NaN}', JSON, 1, "age", "not an integer"),
        ('{"age": 42, "spent": Infinity}', JSON, 1, "spent", "finite"),
        ("[1, 2]", JSON, 1, None, "JSON object"),
        (b'{"age": 42}\n\nnope\n', LINES, 3, None, "not JSON"),
        ("42,1.5,plus,Bern\n42,1.5\n", CSV, 2, None, "2 cells"),
        ('42,1.5,plus,"Bern', CSV, 1, None, "never closed"),
        ("42,1.5,plus,Bern,yes", CSV, 1, None, "4 features"),
        ("age,spent,plan,city", CSV, 1, "age", "not an integer"),
        ("{", JSON, None, None, "not JSON"),
        ("", JSON, None, None, "not JSON"),
        ("[" * 100_000, JSON, None, None, "not JSON"),
        ('{"instances": 3}', JSON, None, None, "not a list"),
        (b"\xff", LINES, None, None, "not utf-8"),
        (b"42", "text/csv; charset=klingon", None, None, "klingon"),
        # A codec that takes minutes for what a client may send.
        (b"42", "text/csv; charset=punycode", None, None, "utf-8, us-ascii"),
        # The image decodes text/csv itself and puts this character in place of each byte that is not UTF-8.
        ("42,1.5,plus,Bern\n42,1.5,plus,B\ufffdle", CSV, None, None, "line 2 of the body holds bytes"),
        ('{"age": 42, "city": "B\ufffdle"}', JSON, None, None, "line 1 of the body holds bytes"),
        *(
            (json.dumps([{**GOOD, "row_id": row_id}]), JSON, 1, "row_id", "at most 256 characters")
            for row_id in (float("nan"), 1.5, "x" * 257, ["a"], {}, True, 2**63)
        ),
    ],
)
def test_a_bad_row_is_the_clients_fault_and_says_row_column_and_reason(
    ask: Ask, body: str | bytes, content_type: str, row: int | None, column: str | None, reason: str
) -> None:
    answered = error(ask(body, content_type))

    assert (answered["row"], answered["column"]) == (row, column)
    assert reason in answered["reason"]


def test_unknown_formats_are_refused_with_their_own_status(ask: Ask) -> None:
    assert "image/png" in error(ask(b"", "image/png"), 415)["reason"]
    assert "image/png" in error(ask(json.dumps(GOOD), JSON, "image/png"), 406)["reason"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, application/jsonlines;q=0.9", LINES),
        ("Application/JSON", JSON),
    ],
)
def test_the_accept_header_is_read_as_http_defines_it(ask: Ask, accept: str, media_type: str) -> None:
    assert ask(json.dumps(GOOD), JSON, accept).mimetype == media_type


def test_in_a_batch_a_bad_row_is_answered_in_its_place(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_BATCH", "1")
    lines = [
        json.dumps({"row_id": "a", **GOOD}),
        json.dumps({"row_id": "b", "age": 3}),
        "nope",
        json.dumps({"row_id": "c", **GOOD}),
    ]

    first, second, third, fourth = predictions(ask("\n".join(lines).encode(), LINES, LINES))

    assert (first["row_id"], fourth["row_id"]) == ("a", "c")
    assert first["probability"] == fourth["probability"]
    assert second == {"row_id": "b", "error": {"column": "age", "reason": "3 is below the minimum 17"}}
    assert third["error"]["column"] is None


def test_an_empty_batch_has_an_empty_answer(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATFORM_BATCH", "1")

    assert ask(b"", LINES, LINES) == Response("", 200, LINES)


def test_batches_can_be_put_after_one_another(ask: Ask) -> None:
    assert ask(json.dumps(GOOD).encode(), LINES, LINES).response.endswith("}\n")


@pytest.mark.parametrize(
    ("problem", "keys"), [("multiclass", {"prediction", "probabilities"}), ("regression", {"prediction"})]
)
@pytest.mark.parametrize("is_linear", [True, False])
def test_other_problems_have_answers_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str, keys: set[str], is_linear: bool
) -> None:
    install_toolkit(monkeypatch)
    contract: Contract = numbers_contract(problem)
    tables = [numbers_table(contract, 200, seed, linear=is_linear) for seed in (1, 2)]
    archive.save(tmp_path, contract, select(contract, *tables))
    loaded = inference.model_fn(str(tmp_path))

    [answer] = inference.predict_fn(inference.input_fn("1,0,0.5,-1", CSV), loaded)  # type: ignore[misc]

    assert set(answer) == keys
    if problem == "multiclass":
        likeliest = max(answer["probabilities"], key=answer["probabilities"].get)
        assert answer["prediction"] == likeliest
        assert list(answer["probabilities"]) == list(contract.classes)


ANY_BODY = st.binary(max_size=100) | st.text(max_size=100) | st.text(st.characters(categories=["Cs", "L"]), max_size=5)
ANY_JSON = st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps)
ANY_TYPE = st.sampled_from([JSON, LINES, CSV, "application/json; charset=latin-1"]) | st.text(max_size=20)
ANY_CHARSET = st.builds(
    "text/csv; charset={}".format, st.sampled_from(["rot13", "undefined", "idna", "utf-16"]) | st.text()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ANY_BODY | ANY_JSON, ANY_TYPE | ANY_CHARSET)
def test_nothing_that_a_client_sends_is_our_failure(ask: Ask, body: str | bytes, content_type: str) -> None:
    response = ask(body, content_type)

    assert response.status in (200, 400, 415)


def test_the_model_of_the_examples_is_what_the_tests_mean(model: inference.Model) -> None:
    assert model[0].features == CHURN.features
