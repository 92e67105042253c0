"""The messages of a batch that come back, by what the function answered: AWS's rules for partial batch responses.

Lambda's guide, Handling errors for an SQS event source, "Success and failure conditions"; a failure without
itemIdentifier is recorded by LocalStack (test_report_batch_item_failures_invalid_result_json_batch_fails).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

PARTIAL = "ReportBatchItemFailures"


def failed(mapping: Mapping[str, Any], result: Mapping[str, Any], batch: Iterable[str]) -> set[str]:
    """The ids of the messages that come back."""
    everything = set(batch)
    if result.get("error"):
        return everything
    if PARTIAL not in (mapping.get("FunctionResponseTypes") or []):
        return set()
    named = _named(result.get("body"))
    # AWS does not say what an id of no message does: nothing is deleted that may have been meant.
    return everything if named is None or not named <= everything else named


def _named(answer: Any) -> set[str] | None:
    """The ids that an answer names, or None if the answer cannot be understood."""
    if isinstance(answer, bytes):
        try:
            answer = json.loads(answer)
        except ValueError:
            return None
    if answer is None:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, Mapping) else answer
    if isinstance(answer, Mapping) and failures is None:
        return set()
    if not isinstance(failures, list) or not isinstance(answer, Mapping):
        return None
    named = [failure.get("itemIdentifier") if isinstance(failure, Mapping) else None for failure in failures]
    return {str(name) for name in named} if all(isinstance(name, str) and name for name in named) else None
