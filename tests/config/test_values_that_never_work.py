"""Settings of a model that are well-formed and could never work, or would do harm: refused, one line each."""

from pathlib import Path

import pytest

from config.models import ModelError, load_model
from config.schedules import schedule_problem
from tests.synth import MODELS

GOOD = (MODELS / "churn.toml").read_text()
REGRESSION = (MODELS / "house-prices.toml").read_text()
LONG_NUMBER = "1" * 400


def _refusals(folder: Path, text: str, name: str = "churn") -> list[str]:
    path = folder / f"{name}.toml"
    path.write_text(text)
    with pytest.raises(ModelError) as refused:
        load_model(path)
    return str(refused.value).splitlines()


def _format(line: str) -> str:
    assert "[format]\n" in GOOD
    return GOOD.replace("[format]\n", f"[format]\n{line}\n")


@pytest.mark.parametrize("name", [" age", "age ", r"a\tge", r"a\nge", r"a\u0000ge", r"\ufeffage"])
def test_a_column_name_that_no_header_can_have_is_refused(tmp_path: Path, name: str) -> None:
    [line] = _refusals(tmp_path, GOOD.replace('name = "age"', f'name = "{name}"'))

    assert ": columns: has the name '" in line and "without spaces around it" in line


@pytest.mark.parametrize("separator", [".", "-", "+", "_", "7", "x", r"\u0000", r"\u2028"])
def test_a_separator_that_stands_in_numbers_or_words_is_refused(tmp_path: Path, separator: str) -> None:
    [line] = _refusals(tmp_path, _format(f'separator = "{separator}"'))

    assert "format.separator: is " in line and "such as , ; | or tab" in line


def test_a_separator_that_the_encoding_cannot_write_is_refused(tmp_path: Path) -> None:
    [line] = _refusals(tmp_path, _format('separator = "€"\nencoding = "ascii"'))

    assert "format.separator: is '€'; allowed: a character that ascii has" in line


@pytest.mark.parametrize("separator", [",", ";", r"\t", "|", " ", "§", "€"])
def test_other_separators_are_taken(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "churn.toml"
    path.write_text(_format(f'separator = "{separator}"'))

    assert load_model(path).file.format.separator == separator.replace(r"\t", "\t")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('missing = ["", "?"]', 'missing = ["? "]', "format.missing"),
        ('["small"', '[" small"', "columns.plan.allowed"),
        ('{ "yes." = "yes" }', '{ "yes. " = "yes" }', "columns.left.replacements"),
    ],
)
def test_a_value_with_outer_spaces_is_refused_where_they_are_taken_away(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    assert old in GOOD
    [line] = _refusals(tmp_path, GOOD.replace(old, new))

    assert f"{key}: has " in line and "spaces around values are taken away (trim)" in line


def test_a_value_with_outer_spaces_is_taken_where_they_stay(tmp_path: Path) -> None:
    path = tmp_path / "churn.toml"
    path.write_text(_format("trim = false").replace('["small"', '[" small"'))

    assert load_model(path).file.format.trim is False


@pytest.mark.parametrize("character", [r"\u0000", r"\n", r"\r"])
def test_a_value_that_no_line_can_hold_is_refused(tmp_path: Path, character: str) -> None:
    [line] = _refusals(tmp_path, GOOD.replace('["small"', f'["sm{character}all"'))

    assert "columns.plan.allowed: has " in line and "holds a line end or a NUL byte" in line


def test_a_value_that_the_encoding_cannot_write_is_refused(tmp_path: Path) -> None:
    [line] = _refusals(tmp_path, _format('encoding = "ascii"').replace('["small"', '["smäll"'))

    assert "columns.plan.allowed: has 'smäll', which ascii cannot write" in line


@pytest.mark.parametrize(
    ("gate", "limit", "allowed"),
    [
        ("maximum_error", -0.1, "0 or more"),
        ("maximum_error", 1.1, "at most 1"),
        ("minimum_auc", 70, "at most 1"),
        ("minimum_f1", -1, "0 or more"),
        ("maximum_log_loss", -1, "0 or more"),
        ("minimum_improvement", -1e9, "0 or more"),
        ("minimum_improvement", 2, "at most 1"),
    ],
)
def test_a_gate_that_every_or_no_model_passes_is_refused(tmp_path: Path, gate: str, limit: float, allowed: str) -> None:
    [line] = _refusals(tmp_path, GOOD.partition("[gates]\n")[0] + f"[gates]\n{gate} = {limit}\n")

    assert f"gates.{gate}: is {limit}" in line and line.endswith(allowed)


@pytest.mark.parametrize("gate", ["maximum_error = 0", "maximum_error = 1", "minimum_auc = 1", "minimum_auc = 0"])
def test_a_gate_may_be_any_value_that_its_metric_can_have(tmp_path: Path, gate: str) -> None:
    path = tmp_path / "churn.toml"
    path.write_text(GOOD.partition("[gates]\n")[0] + f"[gates]\n{gate}\n")

    assert load_model(path).file.gates == {gate[: gate.index(" ")]: float(gate[-1])}


def test_a_regression_may_be_asked_to_be_no_worse_than_a_guess(tmp_path: Path) -> None:
    """r2 is below 0 for whoever guesses worse than the mean."""
    path = tmp_path / "house-prices.toml"
    path.write_text(REGRESSION.partition("[gates]\n")[0] + "[gates]\nminimum_r2 = -0.5\n")

    assert load_model(path).file.gates == {"minimum_r2": -0.5}


def test_a_column_that_is_ignored_is_no_slice(tmp_path: Path) -> None:
    ignored = GOOD.replace('name = "age"', 'name = "age"\nignored = true')
    slices = "[evaluation]\nslices = ['age']\n"
    lines = _refusals(tmp_path, ignored.partition("[evaluation]\n")[0].partition("[gates]\n")[0] + slices)

    assert any("evaluation.slices: names 'age'; allowed: features: " in line for line in lines)


def test_a_gate_of_a_regression_knows_its_metrics_range_too(tmp_path: Path) -> None:
    gates = "[gates]\nmaximum_rmse = -5\nminimum_r2 = 1.5\nmaximum_mae = 1000000\n"
    lines = _refusals(tmp_path, REGRESSION.partition("[gates]\n")[0] + gates, "house-prices")

    assert [line.split(": ", 1)[1] for line in lines] == [
        "gates.maximum_rmse: is -5; allowed: 0 or more",
        "gates.minimum_r2: is 1.5; allowed: at most 1",
    ]


@pytest.mark.parametrize(
    ("cron", "problem"),
    [
        ("0 3 30 2 ? *", "month 2 has no day 30"),
        ("0 3 31 APR,JUN,9 ? *", "month APR,JUN,9 has no day 31"),
        ("0 3 1 1 ? 1970", "year 1970 is over"),
        ("* * * * ? *", "a run takes longer"),
        ("*/15 3 * * ? *", "a run takes longer"),
        ("0,30 3 * * ? *", "a run takes longer"),
    ],
)
def test_a_schedule_that_never_comes_true_or_comes_too_often_is_refused(cron: str, problem: str) -> None:
    assert problem in (schedule_problem(cron) or "")


@pytest.mark.parametrize(
    "cron", ["0 3 * * ? *", "0 3 29 2 ? *", "0 3 31 * ? *", "0 * ? * MON *", "5 4 L 2 ? *", "0 3 30 2,3 ? 2027"]
)
def test_a_schedule_that_comes_true_is_taken(cron: str) -> None:
    assert schedule_problem(cron) is None


@pytest.mark.parametrize(
    "number", [LONG_NUMBER, "-" + LONG_NUMBER, "1" * 5000, str(2**63)], ids=["long", "negative", "very long", "2**63"]
)
@pytest.mark.parametrize(("old", "new"), [("minimum = 17", "minimum"), ("maximum_error = 0.16", "maximum_log_loss")])
def test_a_number_too_long_for_any_data_is_one_line_and_no_traceback(
    tmp_path: Path, old: str, new: str, number: str
) -> None:
    assert old in GOOD
    lines = _refusals(tmp_path, GOOD.replace(old, f"{new} = {number}"))

    assert lines and all(len(line) < 300 for line in lines)
