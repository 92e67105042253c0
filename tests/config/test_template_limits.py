"""A synth refuses what CloudFormation would refuse. The limits are those of its page of quotas."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

import app
from benchmarks.synthesis import copies_of_a_model
from config import template_limits
from config.template_limits import LIMITS, beyond, measure, refusal
from tests.synth import MODELS, WITHOUT_BUNDLES

MANY = 12


def _write(folder: Path, **sections: int) -> None:
    template = {name.capitalize(): {f"N{number}": {} for number in range(size)} for name, size in sections.items()}
    (folder / "one.template.json").write_text(json.dumps(template))


@pytest.mark.parametrize(("what", "limit"), [(what, limit) for what, limit in LIMITS.items() if what != "bytes"])
def test_a_section_may_be_full_and_no_fuller(tmp_path: Path, what: str, limit: int) -> None:
    _write(tmp_path, **{what: limit})
    assert beyond(measure(tmp_path)) == []

    _write(tmp_path, **{what: limit + 1})
    assert beyond(measure(tmp_path)) == [("one", what)]


def test_a_template_is_measured_in_the_bytes_that_were_written(tmp_path: Path) -> None:
    """Not in characters, and with the indentation that it has."""
    body = json.dumps({"Description": "é" * 10}, ensure_ascii=False, indent=4)
    (tmp_path / "one.template.json").write_text(body, encoding="utf-8")

    assert measure(tmp_path)["one"]["bytes"] == len(body) + 10


def test_what_grows_with_the_models_tells_how_many_fit() -> None:
    def size(count: int) -> dict[str, dict[str, int]]:
        return {"one": {"bytes": 100_000 + 90_000 * count}}

    assert "about 10 of these models fit" in refusal(size(12), 12, size(1))
    assert "about 0 of these models fit" in refusal(size(12), 12, size(11))


def test_too_many_models_stop_the_program_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models = copies_of_a_model(MODELS / "churn.toml", tmp_path / "models", MANY)
    monkeypatch.setattr(template_limits, "LIMITS", {**LIMITS, "resources": 40})
    options = {"outdir": tmp_path / "cdk.out", "models": models, "build": tmp_path / "build"}
    monkeypatch.setattr(app, "MODELS", models)
    monkeypatch.setattr(app, "build_app", partial(app.build_app, context=WITHOUT_BUNDLES, validate=False, **options))

    assert app.main() == 1

    written = capsys.readouterr()
    lines = written.err.splitlines()
    [line] = [line for line in lines if line.startswith("mlops-dev-monitoring: ")]
    assert re.match(rf"mlops-dev-monitoring: the template has \d+ resources with {MANY} models; ", line)
    assert 1 < int(re.findall(r"about (\d+) of these models fit", line)[0]) < MANY
    assert written.out == ""


def test_the_limits_are_those_of_cloudformation() -> None:
    """CloudFormation's guide, "CloudFormation quotas": of a template from S3, as the CDK gives it."""
    quotas = {"bytes": 1_000_000, "resources": 500, "outputs": 200, "parameters": 200, "mappings": 200}

    assert quotas == LIMITS
