"""SQS to Lambda as AWS does it: batches gather for the batching window, with the permissions of the function's role."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import lambda_svc, sqs

from rehearsal.emulator import clock, mapping_states, partial_batches
from rehearsal.emulator.mapping_rules import denied_action
from rehearsal.emulator.queue_messages import event_record, has_visible, receive, release

PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024
RECORD_OVERHEAD_BYTES = 1024

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": (
        "_ESM_BACKOFF_SECONDS",
        "_dispatch_esm_batch",
        "_esm_backoff_until",
        "_esm_inflight",
        "_get_func_record_for_qualifier",
        "_iter_all_esms",
        "_poll_sqs",
        "_execute_function",
        "_sqs_esm_concurrency",
        "_apply_filter_criteria",
    ),
    "ministack.services.sqs": (
        "_delete_messages_for_esm",
        "_queue_by_arn",
        "_queue_url",
    ),
}

logger = logging.getLogger("rehearsal")


@dataclass
class Gathering:
    """Messages of one mapping that wait for the window to pass."""

    started: float
    messages: list[dict[str, Any]] = field(default_factory=list)

    def size(self) -> int:
        """About how many bytes the event would have."""
        return sum(len(message["body"].encode()) + RECORD_OVERHEAD_BYTES for message in self.messages)


_gatherings: dict[str, Gathering] = {}


def install() -> None:
    """Replace ministack's poller of queues."""
    lambda_svc._poll_sqs = poll


def poll() -> bool:
    """One pass over all mappings; true if one took messages or handed a batch to its function."""
    worked = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        with request_scope(account, region):
            worked = _poll_mapping(mapping) or worked
    for gone in set(_gatherings) - {mapping["UUID"] for _a, _r, mapping in lambda_svc._iter_all_esms()}:
        _gatherings.pop(gone, None)
    return worked


def _poll_mapping(mapping: dict[str, Any]) -> bool:
    identifier = mapping["UUID"]
    if not mapping_states.polls(mapping) or (lambda_svc._esm_backoff_until.get(identifier) or 0) > time.time():
        return False
    record, config = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    queue = sqs._queue_by_arn(mapping["EventSourceArn"])
    if record is None or config is None or queue is None:
        return False
    busy = lambda_svc._esm_inflight.get(identifier, 0)
    if busy >= lambda_svc._sqs_esm_concurrency(mapping, record, config, queue):
        return False
    took = _gather(mapping, record, queue)
    batch = _ripe(mapping)
    if batch:
        _hand_over(mapping, record, batch)
    return took or bool(batch)


def _gather(mapping: dict[str, Any], record: dict[str, Any], queue: dict[str, Any]) -> bool:
    """Take what is visible now, unless the role lost its right to; the window starts with the first message."""
    gathering = _gatherings.get(mapping["UUID"])
    wanted = int(mapping.get("BatchSize", 10)) - (len(gathering.messages) if gathering else 0)
    if wanted <= 0 or not has_visible(queue):
        return False
    denied = denied_action(record, mapping["EventSourceArn"])
    if denied:
        mapping["LastProcessingResult"] = f"PROBLEM: the execution role may not call {denied} on SQS"
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
        return False
    taken = receive(queue, wanted)
    if not taken:
        return False
    if gathering is None:
        gathering = _gatherings[mapping["UUID"]] = Gathering(time.monotonic())
    gathering.messages += taken
    return True


def _ripe(mapping: dict[str, Any]) -> list[dict[str, Any]]:
    """The gathered messages, once the batch is full, the event is as large as it may be, or the window has passed."""
    gathering = _gatherings.get(mapping["UUID"])
    if gathering is None:
        return []
    window = clock.shortened(float(mapping.get("MaximumBatchingWindowInSeconds", 0)))
    full = len(gathering.messages) >= int(mapping.get("BatchSize", 10)) or gathering.size() >= PAYLOAD_LIMIT_BYTES
    if not full and time.monotonic() - gathering.started < window:
        return []
    del _gatherings[mapping["UUID"]]
    return gathering.messages


def _hand_over(mapping: dict[str, Any], record: dict[str, Any], batch: list[dict[str, Any]]) -> None:
    """Give the batch to the function; what the mapping's filter leaves out is deleted, as on AWS."""
    url = sqs._queue_url(parse_arn(mapping["EventSourceArn"]).resource)
    records = lambda_svc._apply_filter_criteria([event_record(mapping, message) for message in batch], mapping)
    kept = {entry["messageId"] for entry in records}
    dropped = {message["receipt_handle"] for message in batch if message["id"] not in kept}
    if dropped:
        sqs._delete_messages_for_esm(url, dropped)
    if records:
        remaining = [message for message in batch if message["id"] in kept]
        lambda_svc._dispatch_esm_batch(
            mapping["UUID"],
            _run,
            mapping,
            record,
            {"Records": records},
            remaining,
            url,
            parse_arn(mapping["EventSourceArn"]).resource,
        )


def _run(
    mapping: dict[str, Any],
    record: dict[str, Any],
    event: dict[str, Any],
    batch: list[dict[str, Any]],
    url: str,
    queue_name: str,
) -> None:
    """Run the function over a batch; what failed waits out its visibility timeout, a wait and so a shorter one."""
    result = lambda_svc._execute_function(record, event)
    failed = partial_batches.failed(mapping, result, [message["id"] for message in batch])
    if result.get("error"):
        logger.warning("%s failed on a batch of %s: %s", mapping["FunctionName"], queue_name, result.get("body"))
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(url, done)
    release(mapping["EventSourceArn"], {message["receipt_handle"] for message in batch} - done)
