"""The same thing is told once, however often its event is delivered; what could not be told is tried again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

# No model can have this name, so the partition is the notifier's alone: its permission ends there.
PARTITION = "#notifications"
# Longer than a dead letter may wait for somebody who sends it in again, with the time that Lambda tried before.
REMEMBER_SECONDS = 15 * 24 * 3600

Told = dict[str, str]


def once(subject: Told, tell: Callable[[], Told], *, dynamodb: Any, table: str, context: Any) -> Told:
    """Return what `tell` answers, now or at the first time. An error in it forgets that it was tried.

    The context says when this invocation ends at the latest: from then on a try that died counts as none.
    """
    config = IdempotencyConfig(expires_after_seconds=REMEMBER_SECONDS, hash_function="sha256", lambda_context=context)
    memory = DynamoDBPersistenceLayer(
        table_name=table,
        key_attr="model",
        static_pk_value=PARTITION,
        sort_key_attr="item",
        expiry_attr="expires_at",
        boto3_client=dynamodb,
    )

    def told(*, subject: Told) -> Told:
        del subject  # it only says what the answer is remembered under
        return tell()

    remembering = idempotent_function(
        told, data_keyword_argument="subject", config=config, persistence_store=memory, key_prefix="told"
    )
    return remembering(subject=subject)
