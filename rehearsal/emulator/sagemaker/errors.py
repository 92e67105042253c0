"""Errors as SageMaker names them."""

from __future__ import annotations

from typing import Any


class ServiceError(Exception):
    """An error with SageMaker's code; `details` are further members of the answer."""

    def __init__(self, code: str, message: str, status: int = 400, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def validation(message: str) -> ServiceError:
    """SageMaker's answer to most wrong requests, and for most objects that do not exist."""
    return ServiceError("ValidationException", message)


def denied(message: str) -> ServiceError:
    """The answer of every service when IAM refuses."""
    return ServiceError("AccessDeniedException", message, 403)


def in_use(message: str) -> ServiceError:
    return ServiceError("ResourceInUse", message)


def conflict(message: str) -> ServiceError:
    return ServiceError("ConflictException", message)


def unsupported(what: str) -> ServiceError:
    """AWS can do this, the rehearsal cannot, and says so rather than leaving it out."""
    return ServiceError("NotSupportedByRehearsal", f"the rehearsal does not play {what}")
