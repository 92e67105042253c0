"""Events that SageMaker sends to EventBridge."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import eventbridge

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.eventbridge": ("_put_events",)}


def send(detail_type: str, arn: str, detail: Mapping[str, Any], *, times: int = 1) -> None:
    """Put the event on the default bus; `times` > 1 is AWS's at-least-once delivery."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": detail_type,
        "Resources": [arn],
        "Detail": json.dumps(_without_nothing(detail)),
    }
    for _ in range(times):
        eventbridge._put_events({"Entries": [dict(entry)]}, allow_aws_source=True)


def _without_nothing(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _milliseconds(name, value) for name, value in detail.items() if value is not None}


def _milliseconds(name: str, value: Any) -> Any:
    """Times stand in events as milliseconds."""
    return int(value * 1000) if name.endswith("Time") and isinstance(value, float) else value
