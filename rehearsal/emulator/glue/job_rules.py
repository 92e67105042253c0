"""Which jobs run here. A job that Glue would run otherwise than this emulation is refused, not approximated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import glue

from rehearsal.emulator import settings

GLUE_VERSIONS = ("5.0", "5.1")
DEFAULT_GLUE_VERSION = "5.1"
WORKER_TYPES = ("G.025X", "G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X")
FEWEST_WORKERS = 2
DEFAULT_TIMEOUT_MINUTES = 480
UNSUPPORTED_ARGUMENTS = (
    "--additional-python-modules",
    "--class",
    "--conf",
    "--customer-driver-env-vars",
    "--datalake-formats",
    "--extra-files",
    "--extra-jars",
    "--pip-install",
    "--python-modules-installer-option",
    "--user-jars-first",
)
BOOKMARKS = "--job-bookmark-option"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.glue": ("_security_configs",)}


class JobRefused(Exception):
    """An InvalidInputException of the jobs API."""


def check(job: Mapping[str, Any]) -> None:
    """Refuse a job definition that is wrong, or that this emulation cannot run as Glue would."""
    _check_command(job.get("Command") or {})
    version = job.get("GlueVersion", DEFAULT_GLUE_VERSION)
    if version not in GLUE_VERSIONS:
        raise JobRefused(
            f"GlueVersion {version!r}: this rehearsal has Spark 3.5 on Python 3.11, as {_either(GLUE_VERSIONS)}"
        )
    if job.get("WorkerType", "G.1X") not in WORKER_TYPES:
        raise JobRefused(f"WorkerType {job['WorkerType']!r} is not one of {_either(WORKER_TYPES)}")
    if int(job.get("NumberOfWorkers") or FEWEST_WORKERS) < FEWEST_WORKERS:
        raise JobRefused("The number of workers must be at least 2")
    if (job.get("Connections") or {}).get("Connections"):
        raise JobRefused("Connections are not emulated: the job runs outside the VPC")
    if job.get("JobRunQueuingEnabled") in (True, "true"):
        raise JobRefused("JobRunQueuingEnabled is not emulated: too many runs are refused")
    if job.get("MaxRetries"):
        raise JobRefused("MaxRetries is not emulated: let the state machine retry")
    name = job.get("SecurityConfiguration")
    if name and name not in glue._security_configs:
        raise JobRefused(f"Security configuration {name} not found")
    check_arguments({**job.get("DefaultArguments", {}), **job.get("NonOverridableArguments", {})})


def check_arguments(arguments: Mapping[str, Any]) -> None:
    """Refuse the special arguments that this emulation does not act on."""
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise JobRefused(f"The value of the argument {name} must be a string")
        if name in UNSUPPORTED_ARGUMENTS:
            raise JobRefused(f"The special argument {name} is not emulated")
    if arguments.get(BOOKMARKS, "job-bookmark-disable") != "job-bookmark-disable":
        raise JobRefused("Job bookmarks are not emulated")
    if arguments.get("--job-language", "python") != "python":
        raise JobRefused("Only Python jobs are emulated")


def check_overrides(job: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
    """Refuse run arguments that the job does not let anybody override."""
    fixed = sorted(set(job.get("NonOverridableArguments") or {}) & set(arguments))
    if fixed:
        raise JobRefused(f"Non-overridable arguments cannot be given for a run: {', '.join(fixed)}")


def role_arn(job: Mapping[str, Any]) -> str:
    """Glue takes a role's name in place of its ARN."""
    role = str(job.get("Role", ""))
    return role if role.startswith("arn:") else f"arn:aws:iam::{settings.account_id()}:role/{role}"


def _check_command(command: Mapping[str, Any]) -> None:
    if command.get("Name") != "glueetl":
        raise JobRefused(f"Command name {command.get('Name')!r}: only Spark jobs (glueetl) are emulated")
    if command.get("PythonVersion", "3") != "3":
        raise JobRefused(f"PythonVersion {command['PythonVersion']!r}: Spark jobs of these Glue versions run Python 3")
    location = str(command.get("ScriptLocation", ""))
    if not location.startswith("s3://") or not location.endswith(".py"):
        raise JobRefused(f"ScriptLocation {location!r} must be the s3:// address of a .py file")


def _either(names: tuple[str, ...]) -> str:
    return ", ".join(names)
