"""The meaning of an endpoint's answer to a golden request. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contract.model import Contract

SHOWN_ERRORS = 5


@dataclass
class Count:
    """Requests sent and failed, with the first few reasons."""

    sent: int = 0
    failed: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, reason: str | None) -> None:
        """Count one request; a reason means it failed."""
        self.sent += 1
        if reason is not None:
            self.failed += 1
            self.note(reason)

    def note(self, reason: str) -> None:
        """Show a reason, unless enough are shown already."""
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append(reason)


def wrong_answer(contract: Contract, body: bytes) -> str | None:
    """The reason why a 200 is no prediction all the same; None if it is one."""
    try:
        predictions = json.loads(body)["predictions"]
        answer = predictions[0]["prediction"]
    except (ValueError, KeyError, IndexError, TypeError):
        return f"no prediction in the answer: {body[:200].decode('utf-8', 'replace')}"
    if contract.classes and str(answer) not in contract.classes:
        return f"the prediction {answer!r} is no class of the contract"
    if not contract.classes and (isinstance(answer, bool) or not isinstance(answer, int | float)):
        return f"the prediction {answer!r} is no number"
    return None


def model_error(details: Mapping[str, Any]) -> str:
    """The container's own status and message: what SageMaker wraps into a ModelError."""
    return f"status {details.get('OriginalStatusCode')}: {str(details.get('OriginalMessage', ''))[:200]}"
