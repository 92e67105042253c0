"""Kinds of wrong settings. Each stops `python app.py` with one line: file, key, what is wrong, what is allowed.

Models are wrong TOML files, environments a wrong config/environments.py; both go through the program's own main.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import app
import config
from config.environments import environment
from config.settings import SettingsError
from tests.synth import MODELS, ROOT, new_folder

ENVIRONMENTS = (ROOT / "config" / "environments.py").read_text()
GOOD = (MODELS / "churn.toml").read_text()
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
OF_MODELS: dict[str, tuple[Change, str, str, str]] = {
    "unknown key": (_swap("target =", 'owner = "ann"\ntarget ='), "owner", "is unknown", "description"),
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
    "nothing but ignored columns": (
        lambda text: (
            text.replace('type = "integer"', 'type = "integer"\nignored = true')
            .replace('name = "plan"', 'name = "plan"\nignored = true')
            .replace('slices = ["plan"]', "slices = []")
        ),
        "columns",
        "are all ignored",
        "at least one feature",
    ),
    "target that is no column": (_swap('target = "left"', 'target = "gone"'), "target", "is 'gone'", "age, plan, left"),
    "duplicate column": (
        _swap('name = "age"', 'name = "Plan"'),
        "columns",
        "'plan' stands there twice",
        "upper and lower case alike",
    ),
    "name that the platform needs": (
        _swap('name = "age"', 'name = "row_id"'),
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
    "positive of a multiclass problem": (
        lambda text: _swap('"binary"', '"multiclass"')(text).replace("minimum_auc", "minimum_macro_f1"),
        "positive",
        "multiclass",
        "binary",
    ),
    "two hold-outs": (
        _swap('holdout = "fraction"', 'holdout = "official"'),
        "split.holdout_fraction",
        "beside holdout = 'official'",
        "one of the two",
    ),
    "no rows left": (
        _swap("holdout_fraction = 0.2", "holdout_fraction = 0.9"),
        "split.validation_fraction, split.holdout_fraction",
        "no rows",
        "less than 1",
    ),
    "exactly no rows left": (
        lambda text: text.replace("holdout_fraction = 0.2", "holdout_fraction = 0.75").replace(
            "validation_fraction = 0.2", "validation_fraction = 0.25"
        ),
        "split.validation_fraction, split.holdout_fraction",
        "0.25 and 0.75 leave no rows",
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
    "hyperparameter that nobody knows": (
        _add("[training.hyperparameters]\nlearning_rat = 1"),
        "training.hyperparameters.learning_rat",
        "is unknown",
        "learning_rate, max_depth",
    ),
    "hyperparameter out of range": (
        _add("[training.hyperparameters]\nsubsample = 1.5"),
        "training.hyperparameters.subsample",
        "is 1.5",
        "less than or equal to 1",
    ),
    "hyperparameter longer than SageMaker takes": (
        _add(f'[training.hyperparameters]\nlearning_rate = "{"9" * 2501}"'),
        "training.hyperparameters.learning_rate",
        "is '999",
        "a number",
    ),
    "true for a number": (
        _add("[training.hyperparameters]\nrounds = true"),
        "training.hyperparameters.rounds",
        "is True",
        "a whole number",
    ),
    "seed out of range": (_add("[training]\nseed = -1"), "training.seed", "is -1", "greater than or equal to 0"),
    "no TOML": (_add("this is no TOML"), "the file", "is no TOML", "TOML"),
    "not UTF-8": (_add("# \udcff"), "the file", "is not UTF-8 at byte", "UTF-8 text"),
}

ENDPOINT, VPC = "step_functions.endpoint", "network.existing_vpc"
TWO_SUBNETS = "private_subnet_ids=('subnet-0aaaaaaa', 'subnet-0bbbbbbb'), availability_zones=('a', 'b')"


def _endpoint(values: str) -> str:
    return f"step_functions=StepFunctionsConfig(delete_registry=True, endpoint=EndpointConfig({values}))"


def _existing(values: str, beside: str = "") -> str:
    vpc_id = "" if "vpc_id" in values else "vpc_id='vpc-01234567', "
    return f"network=NetworkConfig(existing_vpc=ExistingVpc({vpc_id}{values}), {beside})"


# kind of mistake -> the settings that replace dev's, the key, a word of the problem, a word of what is allowed
OF_ENVIRONMENTS: dict[str, tuple[str, str, str, str]] = {
    "unknown key": ("network=NetworkConfig(nat_gatways=1)", "NetworkConfig.nat_gatways", "is unknown", "nat_gateways"),
    "wrong type": ("network=NetworkConfig(nat_gateways='1')", "network.nat_gateways", "is '1'", "a whole number"),
    "text for true or false": (
        "sagemaker=SageMakerConfig(studio='no')",
        "sagemaker.studio",
        "is 'no'",
        "true or false",
    ),
    "nothing for a part": ("network=None", "network", "is None", "a table"),
    "text for a list": (
        "monitoring=MonitoringConfig(alarm_emails='ann@example.com')",
        "monitoring.alarm_emails",
        "is 'ann@example.com'",
        "a list",
    ),
    "out of range": (
        "network=NetworkConfig(availability_zones=1)",
        "network.availability_zones",
        "is 1",
        "greater than or equal to 2",
    ),
    "batches without a window": (
        "step_functions=StepFunctionsConfig(batching_window_seconds=0)",
        "step_functions.batching_window_seconds",
        "is 0",
        "greater than or equal to 1",
    ),
    "more than all": (_endpoint("data_capture_percentage=101"), f"{ENDPOINT}.data_capture_percentage", "is 101", "100"),
    "word that is none of the allowed": (
        _endpoint("traffic_shift='blue'"),
        f"{ENDPOINT}.traffic_shift",
        "is 'blue'",
        "'all-at-once', 'canary' or 'linear'",
    ),
    "retention that CloudWatch does not know": (
        "functions=LambdaConfig(log_retention_days=31)",
        "functions.log_retention_days",
        "is 31",
        "14, 30",
    ),
    "canary with one instance": (
        _endpoint("traffic_shift='canary'"),
        f"{ENDPOINT}.traffic_shift",
        "is 'canary' with 1 instance",
        "instance_count >= 2",
    ),
    "fewer instances than the fewest": (
        _endpoint("instance_type='ml.m5.large', instance_count=3, maximum_instance_count=2"),
        f"{ENDPOINT}.instance_count",
        "is 3",
        "at most maximum_instance_count, 2",
    ),
    "autoscaling of an instance that cannot": (
        _endpoint("maximum_instance_count=2"),
        f"{ENDPOINT}.instance_type",
        "is 'ml.t2.medium' with autoscaling up to 2",
        "any type but ml.t2",
    ),
    "unknown instance type": (_endpoint("instance_type='ml.t2.tiny'"), f"{ENDPOINT}.instance_type", "tiny'", "x86"),
    "instance of another CPU": (
        "step_functions=StepFunctionsConfig(delete_registry=True, transform_instance_type='ml.m6g.large')",
        "step_functions.transform_instance_type",
        "is 'ml.m6g.large'",
        "x86",
    ),
    "bake too short to roll back": (
        _endpoint("bake_seconds=179"),
        f"{ENDPOINT}.bake_seconds",
        "is 179",
        "greater than or equal to 180",
    ),
    "no bake": (_endpoint("bake_seconds=0"), f"{ENDPOINT}.bake_seconds", "is 0", "greater than or equal to 180"),
    "endless bake": (_endpoint("bake_seconds=3601"), f"{ENDPOINT}.bake_seconds", "is 3601", "less than or equal to"),
    "bake longer than the update": (
        "step_functions=StepFunctionsConfig(delete_registry=True, endpoint_timeout_minutes=20)",
        f"{ENDPOINT}.bake_seconds",
        "is 300 with an endpoint_timeout_minutes of 20",
        "less than 266",
    ),
    "job longer than its state": (
        "glue=GlueConfig(timeout_minutes=90)",
        "glue.timeout_minutes",
        "is 90",
        "at most step_functions.etl_timeout_minutes, 75",
    ),
    "bundles of another CPU": (
        "functions=LambdaConfig(cpu='x86_64')",
        "functions.package_platform",
        "is 'aarch64-manylinux_2_28' for the CPU x86_64",
        "x86_64-manylinux",
    ),
    "registry that could not be deleted": (
        "step_functions=StepFunctionsConfig()",
        "step_functions.delete_registry",
        "is False with sagemaker.keep_on_delete False",
        "keep_on_delete = True",
    ),
    "no NAT and no endpoints": (
        "network=NetworkConfig(nat_gateways=0)",
        "network.nat_gateways",
        "is 0 without interface_endpoints",
        "interface_endpoints = True",
    ),
    "more NAT gateways than zones": (
        "network=NetworkConfig(nat_gateways=3)",
        "network.nat_gateways",
        "is 3",
        "0 to availability_zones, 2",
    ),
    "addresses that are none": ("network=NetworkConfig(cidr='10.0.0.0/33')", "network.cidr", "/33'", "/16 to /18"),
    "too few addresses": ("network=NetworkConfig(cidr='10.0.0.0/20')", "network.cidr", "/20'", "/16 to /18"),
    "existing VPC with one subnet": (
        _existing("private_subnet_ids=('subnet-0aaaaaaa',), availability_zones=('eu-west-1a',)"),
        f"{VPC}.private_subnet_ids",
        "is ('subnet-0aaaaaaa',)",
        "two or more different subnets",
    ),
    "existing VPC with a subnet twice": (
        _existing("private_subnet_ids=('subnet-0aaaaaaa', 'subnet-0aaaaaaa'), availability_zones=('a', 'b')"),
        f"{VPC}.private_subnet_ids",
        "is ('subnet-0aaaaaaa', 'subnet-0aaaaaaa')",
        "two or more different subnets",
    ),
    "existing VPC with subnets in one zone": (
        _existing("private_subnet_ids=('subnet-0aaaaaaa', 'subnet-0bbbbbbb'), availability_zones=('a', 'a')"),
        f"{VPC}.availability_zones",
        "is ('a', 'a') for 2 subnets",
        "two different ones",
    ),
    "existing VPC by its name": (
        _existing(f"{TWO_SUBNETS}, vpc_id='main'"),
        f"{VPC}.vpc_id",
        "is 'main'",
        "vpc-0123456789abcdef0",
    ),
    "subnet by its name": (
        _existing("private_subnet_ids=('left', 'subnet-0bbbbbbb'), availability_zones=('a', 'b')"),
        f"{VPC}.private_subnet_ids",
        "has 'left'",
        "subnet-0123456789abcdef0",
    ),
    "existing VPC and a size for a new one": (
        _existing(TWO_SUBNETS, "nat_gateways=2"),
        "network.nat_gateways",
        "is 2 beside existing_vpc",
        "one of the two",
    ),
    "upper case in the platform's name": ("name='MLOps'", "name", "is 'MLOps'", "lower-case letters and digits"),
    "hyphen in the platform's name": ("name='ml-ops'", "name", "is 'ml-ops'", "letters and digits"),
    "platform's name too long": (f"name='{'m' * 12}'", "name", "is 'mmmmmmmmmmmm'", "at most 11 characters"),
    "boundary by its ARN": (
        "iam=IamConfig(permissions_boundary='arn:aws:iam::111122223333:policy/no-admins')",
        "iam.permissions_boundary",
        "is 'arn:aws:iam::",
        "not its ARN",
    ),
    "role prefix too long": (f"iam=IamConfig(role_prefix='{'r' * 33}')", "iam.role_prefix", "is 'rrr", "1 to 32"),
    "role prefix that IAM refuses": ("iam=IamConfig(role_prefix='a b')", "iam.role_prefix", "is 'a b'", "letters"),
    "budget without an address": (
        "monitoring=MonitoringConfig(monthly_budget_usd=5)",
        "monitoring.monthly_budget_usd",
        "is 5 without alarm_emails",
        "at least one address",
    ),
    "address that is none": (
        "monitoring=MonitoringConfig(alarm_emails=('ann',))",
        "monitoring.alarm_emails",
        "has 'ann'",
        "ann@example.com",
    ),
    "name of a profile that SageMaker refuses": (
        "sagemaker=SageMakerConfig(keep_on_delete=False, studio_user='ann smith')",
        "sagemaker.studio_user",
        "is 'ann smith'",
        "letters, digits and hyphens",
    ),
    "tag that is taken": ("tags={'platform': 'mine'}", "tags", "has the key 'platform'", "neither"),
    "tag that the machines give": ("tags={'model': 'mine'}", "tags", "has the key 'model'", "neither"),
    "tag with characters that SageMaker refuses": (
        "tags={'cost-center': 'R&D (north)'}",
        "tags.cost-center",
        "is 'R&D (north)'",
        "letters, digits, spaces and any of _.:/=+-@",
    ),
    "tag's key with characters that SageMaker refuses": (
        "tags={'cost,center': '1'}",
        "tags",
        "'cost,center'",
        "_.:/=+-@",
    ),
    "more tags than a resource takes": ("tags={f't{n}': 'x' for n in range(41)}", "tags", "has 41 tags", "at most 40"),
    "tag that is no text": ("tags={'cost-center': 4711}", "tags.cost-center", "is 4711", "a text"),
    "tag that is too long": (f"tags={{'cost': '{'c' * 257}'}}", "tags.cost", "has 257 characters", "at most 256"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with config/environments.py and config/models/churn.toml, both good, for `_said` to work on."""
    (tmp_path / "config" / "models").mkdir(parents=True)
    (tmp_path / "config" / "environments.py").write_text(ENVIRONMENTS)
    (tmp_path / "config" / "models" / "churn.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    # The program imports the environments of this folder, and everything else of its own.
    monkeypatch.setattr(config, "__path__", [str(tmp_path / "config"), *config.__path__])
    monkeypatch.setattr(config, "environments", sys.modules["config.environments"])
    monkeypatch.delitem(sys.modules, "config.environments")
    built = partial(app.build_app, outdir=tmp_path / "cdk.out", models=tmp_path / "config" / "models")
    monkeypatch.setattr(app, "build_app", built)
    return tmp_path


def _said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The program's words when it stops."""
    assert app.main() == 1
    written = capsys.readouterr()
    assert written.out == ""
    return written.err.splitlines()


def _is_about(line: str, file: str, key: str, problem: str, allowed: str) -> bool:
    """Exactly one mistake: file, key, what is wrong, what is allowed."""
    said, _, rest = line.partition("; allowed: ")
    return bool(re.match(rf"{re.escape(file)}: {re.escape(key)}: ", said)) and problem in said and allowed in rest


@pytest.mark.parametrize("kind", OF_MODELS)
def test_a_wrong_model_stops_the_program_with_one_line(
    kind: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, key, problem, allowed = OF_MODELS[kind]
    path = folder / "config" / "models" / "churn.toml"
    path.write_bytes(change(GOOD).encode(errors="surrogateescape"))

    [line] = _said(capsys)
    assert _is_about(line, "config/models/churn.toml", key, problem, allowed), line


@pytest.mark.parametrize("kind", OF_ENVIRONMENTS)
def test_a_wrong_environment_stops_the_program_with_one_line(
    kind: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, key, problem, allowed = OF_ENVIRONMENTS[kind]
    _replace_dev(folder, settings)

    [line] = _said(capsys)
    stage = "" if kind == "unknown key" else ": dev"
    assert _is_about(line, f"config/environments.py{stage}", key, problem, allowed), line


def _replace_dev(folder: Path, settings: str) -> None:
    imports = "from dataclasses import replace\nfrom config.settings import *\n"
    text = f"{imports}{ENVIRONMENTS}\n_BY_STAGE['dev'] = replace(DEV, {settings})\n"
    (folder / "config" / "environments.py").write_text(text)


def test_every_mistake_of_an_environment_is_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _replace_dev(folder, "name='A', network=NetworkConfig(nat_gateways=0), tags={'aws:x': 'y'}")

    assert [line.split(": ")[2] for line in _said(capsys)] == ["name", "network.nat_gateways", "tags"]


def test_mistakes_of_several_models_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "config" / "models" / "churn.toml").write_text(GOOD.replace('"yes"\n', '"y"\n', 1))
    (folder / "config" / "models" / "other.toml").write_text(GOOD)

    first, second = _said(capsys)
    assert first.startswith("config/models/churn.toml: positive: is 'y'")
    assert second == "config/models/other.toml: name: is 'churn'; allowed: the file's own name, 'other'"


def test_names_that_differ_by_hyphens_only_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a-1", "a1"):
        (folder / "config" / "models" / f"{name}.toml").write_text(GOOD.replace('"churn"', f'"{name}"'))

    [line] = _said(capsys)
    assert line.startswith("config/models/a1.toml: name: differs from 'a-1' by hyphens only; allowed: ")


def test_a_model_whose_instances_cannot_do_what_its_environment_asks_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "config" / "models" / "churn.toml").write_text(f'{GOOD}\n[serving]\ninstance_type = "ml.t2.large"\n')
    _replace_dev(folder, "step_functions=replace(PROD.step_functions, delete_registry=True)")

    [line] = _said(capsys)
    said = "is 'ml.t2.large', and this environment scales up to 4"
    assert line.startswith(f"config/models/churn.toml: serving.instance_type: {said}; allowed: any type but ml.t2.*")


def test_an_unknown_stage_is_refused_by_the_program_itself() -> None:
    """As a person starts it, in a process of its own."""
    context = {"CDK_CONTEXT_JSON": '{"stage": "test"}', "CDK_OUTDIR": str(new_folder())}
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "constructs")])}
    # jsii warns of a Node that is too old or too new for it, on the same stream: whichever is in PATH is none of ours.
    kinds = ("DEPRECATED", "END_OF_LIFE", "KNOWN_BROKEN", "UNTESTED")
    versions = ",".join(str(major) for major in range(100))
    silence = {f"JSII_SILENCE_WARNING_{kind}_NODE_VERSION": versions for kind in kinds}
    command = [sys.executable, str(ROOT / "app.py")]
    surroundings = {**os.environ, **context, **paths, **silence}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)

    with pytest.raises(SettingsError) as caught:
        environment("test")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{caught.value}\n")
    assert done.stderr.startswith("config/environments.py: stage: is 'test'; allowed: rehearsal, ")
