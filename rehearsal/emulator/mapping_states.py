"""A mapping is created, changed, enabled and disabled some seconds after the request for it was answered."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import lambda_svc

from rehearsal.emulator import background, clock

SETTLING_SECONDS = 10.0

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_esm_response", "_esm_wake", "_esms", "json_response"),
}


def begin(identifier: str, state: str) -> Any:
    """The answer to a request that leads to another state of the mapping, which it reaches by itself."""
    mapping = lambda_svc._esms[identifier]
    mapping["State"] = state
    answer = lambda_svc.json_response(lambda_svc._esm_response(mapping), 202)
    background.run(_settle, identifier, state)
    return answer


def polls(mapping: dict[str, Any]) -> bool:
    """Tell whether messages are taken from the queue now."""
    return mapping.get("State") == "Enabled"


def after(data: dict[str, Any], mapping: dict[str, Any]) -> str:
    """The state in which a mapping is while it is changed so."""
    wanted = data.get("Enabled")
    if wanted is None or wanted == (mapping["State"] == "Enabled"):
        return "Updating"
    return "Enabling" if wanted else "Disabling"


def _settle(identifier: str, state: str) -> None:
    time.sleep(clock.shortened(SETTLING_SECONDS))
    mapping = lambda_svc._esms.get(identifier)
    if mapping is not None and mapping["State"] == state:
        mapping["State"] = "Enabled" if mapping.get("Enabled", True) else "Disabled"
        lambda_svc._esm_wake.set()
