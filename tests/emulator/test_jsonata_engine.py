"""JSONata as the official engine evaluates it, with the functions that Step Functions adds, through the pipe."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.jsonata import EngineFailed, shared_engine
from rehearsal.emulator.jsonata.engine import Engine

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e15, 1e15) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def value(expression: str, **bindings: Any) -> Any:
    outcome = shared_engine().evaluate([expression], bindings)[0]
    assert "value" in outcome, outcome
    return outcome["value"]


def error(expression: str, **bindings: Any) -> str:
    return shared_engine().evaluate([expression], bindings)[0]["error"]


@pytest.fixture
def own_engine() -> Iterator[Engine]:
    own = Engine(Path(os.environ["REHEARSAL_NODE"]), Path(os.environ["REHEARSAL_JSONATA"]))
    yield own
    own.close()


# What the Python port answered otherwise, or refused: the official engine, npm jsonata 2.0.6, is the source.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("5.5 % 2", 1.5),
        ("$string({'a':'ä'})", '{"a":"ä"}'),
        ("$count(null)", 1),
        ("$distinct([1,true])", [1, True]),
        ("$string(1e20)", "100000000000000000000"),
        ("$length('\U0001d11e')", 1),
        ("$toMillis('2017-10-30')", 1509321600000),
        (r"$contains('é', /^\w$/)", False),
        (r"$match('ab12', /(?<n>[0-9]+)/).match", "12"),
        ("$sort([{'x':1,'y':1},{'x':0},{'x':1,'y':2}], function($a,$b){$a.x > $b.x}).y", [1, 2]),
    ],
)
def test_an_expression_has_the_value_of_the_official_engine(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("$join(null, ';')", "T0412"),
        ("$sum(null)", "T0412"),
        ("$contains(null, 'a')", "T0410"),
        ("$replace('a', 'a', null)", "T0410"),
        ("$number(' 12 ')", "D3030"),
        ("$sort([true,false])", "D3070"),
        ("$toMillis('2020-01-01T00:00')", "D3110"),
        ("$eval('1+1')", "T1006"),  # AWS: use $parse instead of $eval
        ("$randomSeeded(1)", "T1006"),  # recorded on AWS
        ("$hash('a', 'CRC')", "D3137"),
        ("$partition([1], 0)", "D3137"),
        ("$parse('{\"a\" broken}')", "D3137"),
    ],
)
def test_an_expression_is_refused_with_the_code_of_the_official_engine(expression: str, code: str) -> None:
    assert error(expression).startswith(f"{code}: ")


@pytest.mark.parametrize("expression", ["$a ?? 1", "$a ?: 1", "1 +"])
def test_operators_of_a_later_jsonata_do_not_parse(expression: str) -> None:
    assert shared_engine().compile([expression, "$a"]) == [shared_engine().compile([expression])[0], None]
    assert shared_engine().compile([expression])[0]


# LocalStack's recordings of AWS: intrinsic_functions/test_array_jsonata, test_json_manipulation_jsonata.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$partition([0], 1)", [[0]]),
        ("$partition([0,1,2,3], 3)", [[0, 1, 2], [3]]),
        ("$partition([0,1], 5)", [[0, 1]]),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(1, 9, 9)", 1),
        ("$range(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("$parse('-0')", 0),
        ('$parse(\'{"Arg1": 1, "Arg2": []}\')', {"Arg1": 1, "Arg2": []}),
        ("$parse('\"HelloWorld\"')", "HelloWorld"),
        ("$hash('abc', 'SHA-1')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$random(7) = $random(7) and $random() < 1", True),
        ("$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4/).index", 0),
    ],
)
def test_the_functions_that_step_functions_adds_are_there(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_undefined_null_and_what_is_no_data_are_told_apart() -> None:
    outcomes = [
        shared_engine().evaluate([text], {"v": None})[0] for text in ("$v", "$w", "[]", "[function($x){$x}]", "1/0")
    ]
    assert outcomes == [
        {"value": None},
        {"undefined": True},
        {"value": []},
        {"unsupported": True},
        {"unsupported": True},
    ]


def test_a_batch_ends_with_the_first_that_has_no_value() -> None:
    assert shared_engine().evaluate(["1", "$gone", "3"], {}) == [{"value": 1}, {"undefined": True}]


@given(JSON_VALUES)
def test_data_passes_through_the_pipe_unchanged(data: Any) -> None:
    assert value("{'kept': [$data]}", data={"v": data}) == {"kept": [{"v": data}]}


def test_a_megabyte_passes_through_the_pipe() -> None:
    text = "\u2028\n\u00e9" * 200_000
    assert value("$data & '!'", data=text) == f"{text}!"


def test_threads_get_their_own_answers() -> None:
    answers: dict[int, Any] = {}

    def ask(number: int) -> None:
        answers[number] = [value("$n * 2", n=number) for _ in range(20)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [number * 2] * 20 for number in range(8)}


@pytest.mark.parametrize(
    "endless", ["($f := function(){$f()}; $f())", "$match('aaaaaaaaaaaaaaaaaaaaaaaaaaaaab', /(a+)+c/)"]
)
def test_an_evaluation_without_an_end_is_ended_and_the_next_one_works(
    endless: str, own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert own_engine.evaluate(["1"], {}) == [{"value": 1}]
    monkeypatch.setattr("rehearsal.emulator.jsonata.engine.LIMIT_SECONDS", 0.2)
    with pytest.raises(EngineFailed, match="within 0.2 seconds"):
        own_engine.evaluate([endless], {})
    monkeypatch.undo()
    assert own_engine.evaluate(["2"], {}) == [{"value": 2}]


def test_an_engine_that_died_is_started_again(own_engine: Engine) -> None:
    assert own_engine.evaluate(["1"], {}) == [{"value": 1}]
    first = own_engine._process
    assert first is not None
    first.kill()
    first.wait()
    assert own_engine.evaluate(["2"], {}) == [{"value": 2}]


def test_an_engine_that_cannot_start_says_which_command_failed(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=f"does not start: .*{tmp_path}"):
        Engine(Path(os.environ["REHEARSAL_NODE"]), tmp_path).compile(["1"])
