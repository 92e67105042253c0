"""A function sees what it would see on AWS: the runtime's packages, its files, its role. Nothing of the emulator."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.emulator.conftest import Emulator, statement
from tests.emulator.functions import LOGS, invoke, make_function

Make = Callable[..., str]


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> str:
    return emulator.role("isolated", "lambda.amazonaws.com", [LOGS])


@pytest.fixture
def make(emulator: Emulator, role: str) -> Make:
    def made(source: str | dict[str, str], **more: object) -> str:
        name = f"isolated-{os.urandom(4).hex()}"
        make_function(emulator, name, role, source, **more)
        return name

    return made


@pytest.mark.parametrize(
    "package", ["ministack", "rich", "pydantic", "numpy", "rehearsal", "contract", "hypercorn", "settings"]
)
def test_a_package_that_was_not_shipped_cannot_be_imported(emulator: Emulator, make: Make, package: str) -> None:
    name = make(f"import {package}\ndef handler(event, context):\n    return 'imported'\n")
    answer, kind = invoke(emulator, name)
    assert kind == "Unhandled"
    assert answer["errorType"] == "Runtime.ImportModuleError"
    assert answer["errorMessage"] == f"Unable to import module 'index': No module named '{package}'"


def test_boto3_comes_from_the_runtime(emulator: Emulator, make: Make) -> None:
    name = make("import boto3\ndef handler(event, context):\n    return boto3.__version__\n")
    assert invoke(emulator, name)[1] is None


def test_shipped_packages_are_found_first(emulator: Emulator, make: Make) -> None:
    files = {
        "index.py": "import boto3\ndef handler(event, context):\n    return boto3.WHOSE\n",
        "boto3/__init__.py": "WHOSE = 'ours'\n",
    }
    assert invoke(emulator, make(files)) == ("ours", None)


def test_handlers_in_nested_packages_are_found_by_dots_and_slashes(emulator: Emulator, make: Make) -> None:
    files = {"room/__init__.py": "", "room/door.py": "def handle(event, context):\n    return event\n"}
    for handler in ("room.door.handle", "room/door.handle"):
        assert invoke(emulator, make(files, Handler=handler), 7) == (7, None)


def test_the_environment_is_lambdas_and_not_the_emulators(emulator: Emulator, make: Make) -> None:
    source = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    seen, _kind = invoke(emulator, make(source, Environment={"Variables": {"OWN": "value"}}, MemorySize=256))
    assert seen["OWN"] == "value"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_REGION"] == "us-east-1"
    assert [name for name in seen if name.startswith(("REHEARSAL_", "GATEWAY_", "MINISTACK_"))] == []


def test_the_working_folder_is_the_functions_own(emulator: Emulator, make: Make) -> None:
    source = (
        "import os, sys\ndef handler(event, context):\n    return [os.getcwd(), sys.path[0], sorted(os.listdir())]\n"
    )
    folder, first_on_path, files = invoke(emulator, make(source))[0]
    assert os.path.realpath(folder) == os.path.realpath(first_on_path)
    assert [name for name in files if name != "__pycache__"] == ["index.py"]


def test_calls_are_made_as_the_functions_role(emulator: Emulator, make: Make) -> None:
    source = "import boto3\ndef handler(event, context):\n    return boto3.client('sts').get_caller_identity()['Arn']\n"
    name = make(source)
    assert invoke(emulator, name)[0] == f"arn:aws:sts::000000000000:assumed-role/isolated/{name}"


def test_what_the_role_may_not_do_is_refused(emulator: Emulator, make: Make) -> None:
    name = make("import boto3\ndef handler(event, context):\n    boto3.client('s3').list_buckets()\n")
    answer, kind = invoke(emulator, name)
    assert kind == "Unhandled"
    assert "s3:ListAllMyBuckets" in answer["errorMessage"]


def test_a_role_that_does_not_trust_lambda_is_refused(emulator: Emulator) -> None:
    stranger = emulator.role("stranger", "glue.amazonaws.com")
    functions = emulator.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="cannot be assumed by Lambda"):
        make_function(emulator, "stranger", stranger, "")


def test_a_function_in_a_network_needs_the_permissions_for_interfaces(emulator: Emulator) -> None:
    role = emulator.role("networked", "lambda.amazonaws.com", [LOGS])
    place = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
    functions = emulator.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="CreateNetworkInterface on EC2"):
        make_function(emulator, "networked", role, "", **place)
    interfaces = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
    emulator.allow("networked", [LOGS, statement(interfaces)])
    make_function(emulator, "networked", role, "def handler(event, context): pass", **place)
