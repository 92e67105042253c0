"""SQS batch: uploads, ends of executions, approvals and wishes of people, turned into executions."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from lambda_src.common.clients import aws
from lambda_src.common.models import Models
from lambda_src.common.settings import required
from lambda_src.common.telemetry import logger, metrics
from lambda_src.starter.executions import Executions
from lambda_src.starter.items import StarterItems
from lambda_src.starter.messages import Approved, Message, read_message
from lambda_src.starter.subject import MalformedMessage, NoModel
from lambda_src.starter.training import settle

Batch = dict[str, Message]


class NothingDeployed(Exception):
    """The settings of the models are not there yet; the messages come back."""


@metrics.log_metrics
def handle(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Lambda's entry point."""
    items = StarterItems(aws("dynamodb"), required("RUN_TABLE"))
    models = Models(aws("ssm"), required("MODELS_PATH"))
    return work_off(event["Records"], models, items, Executions(aws("stepfunctions")), lambda: datetime.now(UTC))


def work_off(
    records: Sequence[Mapping[str, Any]],
    models: Models,
    items: StarterItems,
    executions: Executions,
    clock: Callable[[], datetime],
) -> dict[str, list[dict[str, str]]]:
    """Handle every message; the ids of those that failed go back to the queue, and in the end to the dead letters."""
    messages, failed = _read(records)
    trainings: dict[tuple[str, str], Batch] = defaultdict(dict)
    for identifier, message in messages.items():
        if isinstance(message.event, Approved):
            failed |= _attempt({identifier: message}, lambda batch: _deploy(batch, models, executions))
        else:
            trainings[message.model, message.state_machine_arn][identifier] = message
    for batch in trainings.values():
        failed |= _attempt(batch, lambda batch: _train(batch, models, items, executions, clock))
    metrics.add_metric("MessagesFailed", MetricUnit.Count, len(failed))
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in sorted(failed)]}


def _read(records: Sequence[Mapping[str, Any]]) -> tuple[Batch, set[str]]:
    messages, failed = {}, set[str]()
    for record in records:
        try:
            messages[record["messageId"]] = read_message(record["body"], _sent(record))
        except NoModel as error:
            logger.info("nothing to start", message_id=record["messageId"], reason=str(error))
        except MalformedMessage as error:
            logger.error("message not understood", message_id=record["messageId"], reason=str(error))
            failed.add(record["messageId"])
        except Exception:
            # Whatever nobody thought of must not take the other messages with it.
            logger.exception("message not readable", message_id=record["messageId"])
            failed.add(record["messageId"])
    return messages, failed


def _sent(record: Mapping[str, Any]) -> datetime:
    """The time at which the queue took the message: it stays the same, however often the message is delivered."""
    return datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)


def _attempt(batch: Batch, action: Callable[[Batch], None]) -> set[str]:
    try:
        action(batch)
    except Exception:
        # Whatever went wrong for one model must not take the other models' messages with it.
        logger.exception("messages failed", message_ids=sorted(batch))
        return set(batch)
    return set()


def _settings(models: Models, model: str) -> Mapping[str, Any] | None:
    """The model's settings; None, which is logged, if the platform has no such model.

    Raises:
        NothingDeployed: while the platform has no model at all, as in the midst of a deployment.
    """
    settings = models.settings(model)
    if settings is None:
        if not models.names():
            raise NothingDeployed("the platform has no model yet")
        logger.info("nothing to start", model=model, reason="the platform has no such model")
    return settings


def _train(
    batch: Batch, models: Models, items: StarterItems, executions: Executions, clock: Callable[[], datetime]
) -> None:
    first = next(iter(batch.values()))
    settings = _settings(models, first.model)
    if settings is None:
        return
    settle(
        model=first.model,
        settings=settings,
        machine=first.state_machine_arn,
        events=[message.event for message in batch.values()],
        items=items,
        executions=executions,
        clock=clock,
    )


def _deploy(batch: Batch, models: Models, executions: Executions) -> None:
    for message in batch.values():
        settings = _settings(models, message.model)
        if settings is not None and isinstance(message.event, Approved):
            name = f"{message.model}-v{message.event.version}-{message.event.approved_at}"
            value = {
                "model": message.model,
                "package_arn": message.event.package_arn,
                "reason": "approved",
                "settings": settings,
            }
            started = executions.start(message.state_machine_arn, name, value)
            logger.info("deployment started" if started else "deployment was started already", execution=name)
