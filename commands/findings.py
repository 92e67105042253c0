"""Findings of the checks of `mlops doctor`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from commands.assembly import Assembly
from commands.errors import explain, is_denied
from commands.session import Session

Status = Literal["ok", "warning", "problem", "not checked here"]


@dataclass(frozen=True)
class Finding:
    """One result, with the way out where it is not ok."""

    check: str
    status: Status
    text: str
    way_out: str = ""


@dataclass(frozen=True)
class Patient:
    """The subject of the checks: the account through the session, and the templates that are to be there."""

    session: Session
    assembly: Assembly


Check = Callable[[Patient], list[Finding]]


def ok(check: str, text: str) -> list[Finding]:
    return [Finding(check, "ok", text)]


def only_on_aws(name: str, check: Check) -> Check:
    """A check of what a rehearsal has not: there it says so, and does not ask."""

    def checked(patient: Patient) -> list[Finding]:
        if patient.session.rehearsed:
            return [Finding(name, "not checked here", "a rehearsal has no such limits; it is checked on AWS")]
        return examined(name, check, patient)

    return checked


def examined(name: str, check: Check, patient: Patient) -> list[Finding]:
    """The check's findings; a question that may not be asked is a warning, never an ok."""
    try:
        return check(patient)
    except ClientError as error:
        status: Status = "warning" if is_denied(error) else "problem"
        return [Finding(name, status, f"could not be checked: {explain(error).message}")]
    except BotoCoreError as error:
        return [Finding(name, "problem", f"could not be checked: {explain(error).message}")]
