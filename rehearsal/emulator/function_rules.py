"""Lambda's rules for a new function, and declarations that this host cannot run."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import Any

from rehearsal.emulator import permissions, sessions, settings
from rehearsal.emulator.lambda_variables import PRINCIPAL

RUNTIME = re.compile(r"python(3\.\d+)")
NETWORK_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
)


class FunctionRefused(Exception):
    """Lambda, or this rehearsal, does not take the function as it is declared."""


def check_declaration(data: dict[str, Any]) -> None:
    """Refuse what Lambda refuses at creation, and what this host cannot run as declared."""
    check_runtime(data)
    role = data.get("Role", "")
    try:
        sessions.check_trust(role, PRINCIPAL)
    except sessions.RoleError:
        raise FunctionRefused("The role defined for the function cannot be assumed by Lambda.") from None
    if (data.get("VpcConfig") or {}).get("SubnetIds"):
        _check_network_permissions(role, data.get("FunctionName", "function"))


def check_runtime(data: dict[str, Any]) -> None:
    """The declared runtime and architecture must be those of the interpreter that runs the functions here."""
    if data.get("PackageType", "Zip") != "Zip":
        raise FunctionRefused("the rehearsal runs Zip functions only")
    declared = RUNTIME.fullmatch(data.get("Runtime", ""))
    version, machine = interpreter()
    if declared is None:
        raise FunctionRefused(f"the rehearsal runs Python functions only, not {data.get('Runtime')!r}")
    if declared.group(1) != version:
        raise FunctionRefused(
            f"Runtime python{declared.group(1)} is declared, but the rehearsal's Lambda interpreter is"
            f" Python {version}: synthesize for the rehearsal's own stage"
        )
    architecture = (data.get("Architectures") or ["x86_64"])[0]
    if architecture != machine:
        raise FunctionRefused(f"Architecture {architecture} is declared, but this host is {machine}")


@cache
def interpreter() -> tuple[str, str]:
    """Version (3.x) and architecture of the interpreter that runs the functions."""
    script = "import platform, sys; print(f'{sys.version_info[0]}.{sys.version_info[1]} {platform.machine()}')"
    argv = [str(settings.lambda_python()), "-I", "-c", script]
    version, machine = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    return version, "arm64" if machine in ("aarch64", "arm64") else machine


def _check_network_permissions(role: str, function_name: str) -> None:
    for action in NETWORK_ACTIONS:
        question = permissions.Question(permissions.session_arn(role, function_name), action, "*", {})
        if permissions.refusal(question):
            name = action.split(":", 1)[1]
            raise FunctionRefused(f"The provided execution role does not have permissions to call {name} on EC2")
