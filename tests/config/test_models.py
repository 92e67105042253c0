"""A mistake in a model's file is one line: file, key, what is wrong, what is allowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.models import ModelError, load_model, load_models
from config.settings import EndpointConfig, StepFunctionsConfig
from contract.model import Contract
from tests.synth import MODELS, ROOT

GOOD = (MODELS / "churn.toml").read_text()
REGRESSION = (MODELS / "house-prices.toml").read_text()
Change = Callable[[str], str]


def _swap(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def _in(table: str, line: str) -> Change:
    return _swap(f"[{table}]\n", f"[{table}]\n{line}\n")


def _add(text: str) -> Change:
    return lambda good: f"{good}\n{text}\n"


AGE = 'name = "age"\ntype = "integer"\n'
# kind of mistake -> how to make it, the key, a word of the problem, a word of what is allowed
MISTAKES: dict[str, tuple[Change, str, str, str]] = {
    "unknown key": (_swap("description", "descripton"), "descripton", "is unknown", "description"),
    "unknown key of a column": (_swap("minimum = 17", "minimal = 17"), "columns[1].minimal", "is unknown", "minimum"),
    "unknown table": (_add("[deploy]\nsize = 1"), "deploy", "is unknown", "serving"),
    "missing key": (_swap('target = "left"\n', ""), "target", "is missing", "required"),
    "no column": (lambda text: text.split("[format]")[0], "columns", "is missing", "required"),
    "wrong type": (_swap("minimum = 17", 'minimum = "17"'), "columns[1].minimum", "is '17'", "a number"),
    "text for true or false": (_in("format", 'trim = "yes"'), "format.trim", "is 'yes'", "true or false"),
    "number for a whole number": (_add("[data]\nwindow_days = 1.5"), "data.window_days", "is 1.5", "a whole number"),
    "not finite": (_swap("minimum = 17", "minimum = nan"), "columns[1].minimum", "is nan", "a number"),
    "out of range": (
        _swap("validation_fraction = 0.2", "validation_fraction = 1.5"),
        "split.validation_fraction",
        "is 1.5",
        "less than 1",
    ),
    "negative count": (_add("[data]\nwindow_days = -1"), "data.window_days", "is -1", "greater than or equal to 0"),
    "word that is none of the allowed": (_swap('"binary"', '"ranking"'), "problem", "is 'ranking'", "'multiclass'"),
    "unknown column type": (_swap('type = "integer"', 'type = "int"'), "columns[1].type", "is 'int'", "'number'"),
    "unknown encoding": (_in("format", 'encoding = "utf-16"'), "format.encoding", "is 'utf-16'", "'utf-8'"),
    "ignored target": (
        _swap('allowed = ["yes", "no"]', 'allowed = ["yes", "no"]\nignored = true'),
        "columns.left.ignored",
        "is true",
        "other columns",
    ),
    "target that is no column": (_swap('target = "left"', 'target = "gone"'), "target", "is 'gone'", "age, plan, left"),
    "duplicate column": (
        _swap('name = "plan"', 'name = "Age"'),
        "columns",
        "'Age' stands there twice",
        "upper and lower case alike",
    ),
    "name that the platform needs": (
        _swap('name = "plan"', 'name = "row_id"'),
        "columns",
        "name is 'row_id'",
        "any but",
    ),
    "impossible range": (
        _swap("maximum = 120", "maximum = 7"),
        "columns.age.minimum",
        "is 17",
        "at most the maximum, 7",
    ),
    "half of a whole number": (_swap("minimum = 17", "minimum = 17.5"), "columns.age.minimum", "is 17.5", "whole"),
    "range of a text": (
        _swap('name = "plan"\n', 'name = "plan"\nminimum = 1\n'),
        "columns.plan.minimum",
        "is 1 on a text column",
        "integer and number",
    ),
    "list of numbers": (
        _swap(AGE, AGE + 'allowed = ["17"]\n'),
        "columns.age.allowed",
        "of type integer",
        "text columns",
    ),
    "value listed twice": (
        _swap('["small", "large"]', '["small", "small"]'),
        "columns.plan.allowed",
        "'small'",
        "different",
    ),
    "allowed value that means missing": (
        _swap('["small", "large"]', '["small", "?"]'),
        "columns.plan.allowed",
        "also a mark of a missing value",
        "others",
    ),
    "replacement by something not allowed": (
        _swap('{ "yes." = "yes" }', '{ "yes." = "maybe" }'),
        "columns.left.replacements",
        "leads to 'maybe'",
        "allowed values",
    ),
    "binary target with three classes": (
        _swap('["yes", "no"]', '["yes", "no", "perhaps"]'),
        "columns.left.allowed",
        "has 3 values",
        "exactly 2",
    ),
    "classes not given": (_swap('allowed = ["yes", "no"]\n', ""), "columns.left.allowed", "has 0 values", "exactly 2"),
    "positive that is no class": (_swap('positive = "yes"', 'positive = "y"'), "positive", "is 'y'", "yes, no"),
    "positive not given": (_swap('positive = "yes"\n', ""), "positive", "is missing", "yes, no"),
    "positive of a multiclass problem": (_swap('"binary"', '"multiclass"'), "positive", "multiclass", "binary"),
    "two hold-outs": (
        _swap('holdout = "fraction"', 'holdout = "official"'),
        "split.holdout_fraction",
        "beside holdout = 'official'",
        "one of the two",
    ),
    "no rows left": (
        _swap("holdout_fraction = 0.2", "holdout_fraction = 0.9"),
        "holdout_fraction",
        "no rows",
        "less than 1",
    ),
    "slice that is no column": (
        _swap('slices = ["plan"]', 'slices = ["left"]'),
        "evaluation.slices",
        "'left'",
        "age, plan",
    ),
    "gate of another problem": (
        _in("gates", "maximum_rmse = 1"),
        "gates.maximum_rmse",
        "no metric of a binary",
        "minimum_auc",
    ),
    "gate that is no number": (
        _in("gates", 'maximum_log_loss = "low"'),
        "gates.maximum_log_loss",
        "is 'low'",
        "a number",
    ),
    "unknown instance type": (
        _add('[training]\ninstance_type = "ml.m5.tiny"'),
        "training.instance_type",
        "is 'ml.m5.tiny'",
        "ml.m5.large",
    ),
    "instance of another CPU": (
        _add('[serving]\ninstance_type = "ml.c7g.large"'),
        "serving.instance_type",
        "is 'ml.c7g.large'",
        "x86",
    ),
    "cron of five fields": (_swap("0 3 * * ? *", "0 3 * * *"), "schedule.cron", "it has 5 fields", "six fields"),
    "cron without a question mark": (_swap("0 3 * * ? *", "0 3 * * * *"), "schedule.cron", "must be '?'", "six fields"),
    "impossible hour": (_swap("0 3 * * ? *", "0 25 * * ? *"), "schedule.cron", "hours is '25'", "six fields"),
    "upper case in the name": (_swap('name = "churn"', 'name = "Churn"'), "name", "is 'Churn'", "lower-case"),
    "name too long": (_swap('name = "churn"', f'name = "{"c" * 21}"'), "name", "is 'ccc", "at most 20"),
    "name of another file": (_swap('name = "churn"', 'name = "leaving"'), "name", "is 'leaving'", "'churn'"),
    "quote that separates": (_in("format", "quote = ','"), "format.quote", "is ','", "not both the same"),
    "separator of two characters": (
        _in("format", 'separator = "||"'),
        "format.separator",
        "is '||'",
        "at most 1 character",
    ),
    "no TOML": (_add("this is no TOML"), "the file", "is no TOML", "TOML"),
}


def _load(folder: Path, text: str, name: str = "churn") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return str(caught.value)


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_line_with_file_key_problem_and_what_is_allowed(kind: str, tmp_path: Path) -> None:
    change, key, problem, allowed = MISTAKES[kind]
    message = _load(tmp_path, change(GOOD))
    lines = [line for line in message.splitlines() if line.split(": ")[1].endswith(key)]

    assert len(lines) == 1, message
    said, _, rest = lines[0].partition("; allowed: ")
    assert said.startswith(f"{tmp_path / 'churn.toml'}: ")
    assert problem in said
    assert allowed in rest


def test_a_text_target_of_a_regression_is_refused(tmp_path: Path) -> None:
    changed = REGRESSION.replace('name = "price"\ntype = "number"', 'name = "price"\ntype = "text"')

    assert "columns.price.type: is 'text' for the target of a regression" in _load(tmp_path, changed, "house-prices")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "churn.toml"
    path.write_bytes(GOOD.encode() + b"# \xff\n")

    with pytest.raises(ModelError, match="the file: is not UTF-8 at byte .*; allowed: UTF-8 text"):
        load_model(path)


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    changed = GOOD.replace('positive = "yes"', 'positive = "y"').replace('["plan"]', '["gone"]')

    assert len(_load(tmp_path, changed).splitlines()) == 2


def test_two_models_that_differ_by_hyphens_only_are_refused(tmp_path: Path) -> None:
    for name in ("a-1", "a1"):
        (tmp_path / f"{name}.toml").write_text(GOOD.replace('"churn"', f'"{name}"'))

    with pytest.raises(ModelError, match="a1.toml: name: differs from 'a-1' by hyphens only"):
        load_models(tmp_path)


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model; allowed: one TOML file per model"):
        load_models(tmp_path)


def test_the_contract_says_what_the_file_says() -> None:
    churn, house_prices = load_models(MODELS)
    contract = Contract.from_json(churn.contract_json())

    assert (contract.model, contract.problem, contract.target, contract.positive) == ("churn", "binary", "left", "yes")
    assert contract.classes == ("yes", "no")
    assert contract.column("left").replacements == {"yes.": "yes"}
    assert contract.column("age").required
    assert contract.gates == {"maximum_error": 0.16, "minimum_auc": 0.8}
    assert Contract.from_json(house_prices.contract_json()).split.holdout == "official"


def test_the_contract_of_one_file_is_always_the_same_text() -> None:
    assert load_models(MODELS)[0].contract_json() == load_models(MODELS)[0].contract_json()
    assert " " not in load_models(MODELS)[0].contract_json()


def test_a_model_overrides_its_environment_only_where_it_says_so() -> None:
    defaults = StepFunctionsConfig(endpoint=EndpointConfig(instance_type="ml.t2.medium"))
    churn, house_prices = (model.deployment(defaults) for model in load_models(MODELS))

    assert churn.serving_instance_type == "ml.t2.medium"
    assert house_prices.serving_instance_type == "ml.m5.large"
    assert (churn.schedule, house_prices.schedule) == ("0 3 * * ? *", None)


def test_every_model_that_ships_can_be_used() -> None:
    models = load_models(ROOT / "config" / "models")

    assert models
    assert all(Contract.from_json(model.contract_json()).model == model.name for model in models)
