"""The platform as a whole: it synthesizes the same everywhere, and stacks depend on each other as designed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import build_app
from tests.synth import MODELS, MODULES, ROOT, Assembly, assembly, new_folder

STAGES = ("rehearsal", "dev", "staging", "prod")
# The left needs what stands on the right.
ARROWS = {
    "network": set[str](),
    "iam": set[str](),
    "storage": set[str](),
    "glue": {"iam", "storage"},
    "lambda": {"network", "iam", "storage"},
    "sagemaker": {"network", "iam", "storage"},
    "step-functions": {"iam", "storage", "glue", "lambda", "sagemaker"},
    "monitoring": {"storage", "lambda", "sagemaker", "step-functions"},
}
ALONE = """
import sys
from pathlib import Path
from app import build_app
build_app(outdir=Path(sys.argv[1]), models=Path(sys.argv[2]), build=Path(sys.argv[1]).parent / "build",
          context={"aws:cdk:bundling-stacks": []}, validate=False).synth()
print(sorted({"boto3", "botocore", "pandas", "numpy", "sagemaker", "uv"} & set(sys.modules)))
"""


@pytest.mark.parametrize("stage", STAGES)
def test_stacks_depend_as_designed(stage: str) -> None:
    assert arrows_of(assembly(stage)) == ARROWS


def arrows_of(platform: Assembly) -> dict[str, set[str]]:
    """The stacks on which each stack depends."""
    prefix = f"{platform.name}-{platform.stage}-"
    artifacts = platform.manifest["artifacts"]
    stacks = {name: entry for name, entry in artifacts.items() if entry["type"] == "aws:cloudformation:stack"}
    return {
        name.removeprefix(prefix): {
            needed.removeprefix(prefix) for needed in entry.get("dependencies", []) if needed in stacks
        }
        for name, entry in stacks.items()
    }


def test_no_template_knows_an_account_or_a_region() -> None:
    entries = [entry for entry in assembly("prod").manifest["artifacts"].values() if "environment" in entry]

    assert {entry["environment"] for entry in entries} == {"aws://unknown-account/unknown-region"}


def test_the_same_sources_give_the_same_bytes_whoever_synthesizes_and_with_whatever_credentials() -> None:
    somebody = {
        "CDK_DEFAULT_ACCOUNT": "111122223333",
        "CDK_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    first, second = _synthesize_alone({}), _synthesize_alone(somebody)
    files = [_bytes_of(_finished(process, folder)) for process, folder in (first, second)]

    assert len(files[0]) > 3 * len(MODULES)
    assert files[0] == files[1]


def _synthesize_alone(variables: dict[str, str]) -> tuple[subprocess.Popen[str], Path]:
    """A process of its own, which also tells what a synth imports."""
    folder = new_folder() / "cdk.out"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    environment = {**clean, **variables, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "constructs")])}
    command = [sys.executable, "-c", ALONE, str(folder), str(MODELS)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True), folder


def _finished(process: subprocess.Popen[str], folder: Path) -> Path:
    imported, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert imported.strip().splitlines()[-1] == "[]", "a synth imports what only runs in the cloud"
    return folder


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_deployed_is_written_in_node_and_the_only_custom_resource_is_the_teardown() -> None:
    custom = [resource.type for resource in assembly("prod").resources() if resource.type.startswith("Custom::")]
    custom += [resource.type for resource in assembly("prod").resources("AWS::CloudFormation::CustomResource")]
    runtimes = {resource.properties["Runtime"] for resource in assembly("prod").resources("AWS::Lambda::Function")}

    assert custom == ["Custom::Teardown"]
    assert runtimes == {"python3.12"}


def test_the_context_of_cdk_json_is_the_one_that_the_library_recommends() -> None:
    import aws_cdk

    configuration = json.loads((ROOT / "cdk.json").read_text())
    flags = {name: value for name, value in configuration["context"].items() if name.startswith("@aws-cdk")}
    recommended = _recommended_flags(Path(str(aws_cdk.__file__)).parent)

    assert configuration["app"] == "python3 app.py"
    assert flags == recommended
    assert flags["@aws-cdk/core:defaultCrossStackReferences"] == "weak"
    assert flags["@aws-cdk/core:validateAgainstDefaultRules"] is True


def _recommended_flags(library: Path) -> dict[str, Any]:
    """The list in the library's own archive."""
    import tarfile

    [archive] = (library / "_jsii").glob("aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(archive) as files:
        found = files.extractfile("package/recommended-feature-flags.json")
        assert found is not None
        return {name: value for name, value in json.load(found).items() if name.startswith("@aws-cdk")}


def test_an_unknown_stage_is_one_line_that_names_the_others() -> None:
    with pytest.raises(ValueError, match="stage: is 'test'; allowed: rehearsal, drill, dev, staging, prod"):
        build_app(outdir=new_folder(), context={"stage": "test"}, models=MODELS)
