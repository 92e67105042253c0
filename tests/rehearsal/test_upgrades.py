"""Upgrades of a deployed stage: `cdk deploy --all` goes through, whatever came or went.

The functions are stand-ins that answer CloudFormation and do nothing else, so that no bundle has to be made.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import build_app
from mlops_constructs import function_family
from mlops_constructs.python_function import PythonFunction
from rehearsal import people
from rehearsal.cloud import STAGE, Cloud, CommandFailed
from rehearsal.launcher import Emulator
from rehearsal.toolchain import find_toolchain
from tests.synth import MODELS, WITHOUT_BUNDLES, new_folder

pytestmark = pytest.mark.slow

STAND_IN = """
import json, urllib.request

def handle(event, context):
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "teardown", "Data": {}}
    answer |= {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).close()
"""


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """An account in which the stage is deployed once, with two models."""
    with Emulator(find_toolchain()) as running:
        bootstrap = Cloud(find_toolchain(), assembly=running.home)
        bootstrap.bootstrap(running)
        _deploy(running, _assembly(MODELS))
        yield running


def _assembly(models: Path) -> Path:
    """The stage with these models, its functions replaced by stand-ins."""
    folder = new_folder()
    context = {"stage": STAGE, **WITHOUT_BUNDLES}
    build_app(outdir=folder / "cdk.out", context=context, models=models, build=folder / "build", validate=False).synth()
    for manifest in (folder / "cdk.out").glob("*.assets.json"):
        assets = json.loads(manifest.read_text())
        for asset in assets["files"].values():
            if "lambda_src" in asset["source"]["path"]:
                asset["source"]["path"] = _stand_in(folder, Path(asset["source"]["path"]).name)
        manifest.write_text(json.dumps(assets))
    return folder / "cdk.out"


def _stand_in(folder: Path, function: str) -> str:
    package = folder / f"code-{function}" / "lambda_src" / function
    package.mkdir(parents=True, exist_ok=True)
    (package / "handler.py").write_text(STAND_IN)
    return str(folder / f"code-{function}")


def _deploy(emulator: Emulator, assembly: Path) -> None:
    Cloud(find_toolchain(), assembly=assembly).deploy(emulator)


def _functions_called(emulator: Emulator) -> str:
    """The definitions of all machines."""
    states = people.owner(emulator, "stepfunctions")
    arns = [machine["stateMachineArn"] for machine in states.list_state_machines()["stateMachines"]]
    return "".join(states.describe_state_machine(stateMachineArn=arn)["definition"] for arn in arns)


def test_a_model_is_taken_away(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "churn.toml").write_bytes((MODELS / "churn.toml").read_bytes())

    _deploy(emulator, _assembly(tmp_path))

    left = people.owner(emulator, "ssm").get_parameters_by_path(Path=f"/mlops-{STAGE}/models")["Parameters"]
    assert [one["Name"] for one in left] == [f"/mlops-{STAGE}/models/churn"]
    crawlers = people.owner(emulator, "glue").get_crawlers()["Crawlers"]
    assert [one["Name"] for one in crawlers] == [f"mlops-{STAGE}-churn"]
    _deploy(emulator, _assembly(MODELS))


def test_a_function_is_replaced_and_all_who_call_it_follow(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _name_of(emulator, "Gate")
    assert before in _functions_called(emulator)
    _rename(monkeypatch, "Gate", "Doorkeeper")

    _deploy(emulator, _assembly(MODELS))

    after = _name_of(emulator, "Doorkeeper")
    assert after in _functions_called(emulator)
    assert before not in _functions_called(emulator)
    assert after in json.dumps(people.owner(emulator, "cloudwatch").get_dashboard(DashboardName=f"mlops-{STAGE}"))


def test_a_replaced_teardown_is_refused_before_anything_is_lost(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _name_of(emulator, "Teardown")
    _rename(monkeypatch, "Teardown", "Destroyer")

    with pytest.raises(CommandFailed, match=f"cannot be deleted as it is in use by mlops-{STAGE}-"):
        _deploy(emulator, _assembly(MODELS))

    assert _name_of(emulator, "Teardown") == before


def _rename(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Give a function another construct id, as a change of the code would."""

    def renamed(scope: Any, construct_id: str, **properties: Any) -> PythonFunction:
        return PythonFunction(scope, new if construct_id == old else construct_id, **properties)

    monkeypatch.setattr(function_family, "PythonFunction", renamed)


def _name_of(emulator: Emulator, construct_id: str) -> str:
    pages = people.owner(emulator, "lambda").get_paginator("list_functions").paginate()
    names = [function["FunctionName"] for page in pages for function in page["Functions"]]
    return next(name for name in names if name.startswith(f"mlops-{STAGE}-lambda-{construct_id}"))
