"""Events that somebody must hear of: executions that did not succeed, files that no model reads, versions that wait."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lambda_src.common.clients import aws
from lambda_src.common.models import Models
from lambda_src.common.settings import required
from lambda_src.common.telemetry import logger
from lambda_src.notifier.failed_execution import failed_execution_notice, identity
from lambda_src.notifier.lost_file import LostFile, is_read
from lambda_src.notifier.notice import Notice, Platform, UnreadableEvent
from lambda_src.notifier.once import Told, once
from lambda_src.notifier.stored_file import stored_file_notice
from lambda_src.notifier.waiting_version import WaitingVersion, waiting_version_notice


def handle(event: Mapping[str, Any], context: Any) -> Told:
    """Lambda's entry point."""
    return notify(
        event,
        context,
        prefix=required("NAME_PREFIX"),
        models=_models(),
        clients={name: aws(name) for name in ("stepfunctions", "logs", "sns", "dynamodb", "s3")},
        topic_arn=required("TOPIC_ARN"),
        table=required("RUN_TABLE"),
    )


@cache
def _models() -> Models:
    """Kept for a minute: of a thousand files that arrive at once, each is asked about."""
    return Models(aws("ssm"), required("MODELS_PATH"), keep_seconds=60.0)


def notify(
    event: Mapping[str, Any],
    context: Any,
    *,
    prefix: str,
    models: Models,
    clients: Mapping[str, Any],
    topic_arn: str,
    table: str,
) -> Told:
    """Everything is read first and published last: an error on the way leads to a retry, never to two messages."""
    try:
        found = _read(event, Platform(prefix), models, clients)
    except (LookupError, TypeError, AttributeError) as error:
        kind = event.get("detail-type")
        raise UnreadableEvent(f"the event {event.get('id')} ({kind}) lacks what it is about: {error!r}") from None
    if found is None:
        return {}
    subject, notice = found

    def tell() -> Told:
        return _publish(clients["sns"], topic_arn, notice())

    return once(subject, tell, dynamodb=clients["dynamodb"], table=table, context=context)


def _read(
    event: Mapping[str, Any], platform: Platform, models: Models, clients: Mapping[str, Any]
) -> tuple[Told, Callable[[], Notice]] | None:
    """The identity of what the event tells, and how its message is made; None if there is nothing to tell."""
    match event["detail-type"]:
        case "Object Created":
            lost = LostFile.of(event)
            if lost.is_folder:
                logger.info("a folder is no file", key=lost.key)
                return None
            if is_read(lost.key, models):
                return None
            platform = Platform(platform.prefix, models.names())
            return lost.identity, lambda: stored_file_notice(lost, platform, s3=clients["s3"])
        case "SageMaker Model Package State Change":
            waiting = WaitingVersion.of(event)
            return waiting.identity, lambda: waiting_version_notice(waiting, platform)
        case _:
            detail, asked = event["detail"], {name: clients[name] for name in ("stepfunctions", "logs")}
            return identity(detail), lambda: failed_execution_notice(detail, platform, **asked)


def _publish(sns: Any, topic_arn: str, notice: Notice) -> Told:
    answer = sns.publish(TopicArn=topic_arn, Subject=notice.subject, Message=notice.body)
    logger.info("published", subject=notice.subject, message_id=answer["MessageId"])
    return {"message_id": answer["MessageId"]}
