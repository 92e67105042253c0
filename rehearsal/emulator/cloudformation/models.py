"""Parameters held against botocore's service models, where a wrong field fails as it does on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from rehearsal.emulator.cloudformation.registry import ResourceRefused

_session = botocore.session.Session()


def check_shape(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a parameter that the operation does not have, or that has the wrong type."""
    shape = service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(dict(parameters), shape)
    if report.has_errors():
        raise ResourceRefused(f"Properties validation failed for {service} {operation}: {report.generate_report()}")


def members(service: str, operation: str) -> frozenset[str]:
    """The names of the parameters that the operation takes."""
    shape = service_model(service).operation_model(operation).input_shape
    return frozenset(getattr(shape, "members", ()))


@cache
def service_model(service: str) -> ServiceModel:
    """The service's model, read once."""
    return _session.get_service_model(service)
