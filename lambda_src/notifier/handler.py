"""Events that somebody must hear of: executions that did not succeed, and files that no model reads."""

from collections.abc import Mapping
from typing import Any

from lambda_src.common.clients import aws
from lambda_src.common.settings import required
from lambda_src.common.telemetry import logger
from lambda_src.notifier.failed_execution import failed_execution_notice, identity
from lambda_src.notifier.lost_file import LostFile, lost_file_notice
from lambda_src.notifier.notice import Notice, Platform
from lambda_src.notifier.once import Told, once


def handle(event: Mapping[str, Any], context: Any) -> Told:
    """Lambda's entry point."""
    models, with_holdout = (
        tuple(filter(None, required(name).split(","))) for name in ("MODELS", "MODELS_WITH_HOLDOUT")
    )
    return notify(
        event,
        context,
        platform=Platform(required("NAME_PREFIX"), models, with_holdout),
        clients={name: aws(name) for name in ("stepfunctions", "logs", "sns", "dynamodb")},
        topic_arn=required("TOPIC_ARN"),
        table=required("RUN_TABLE"),
    )


def notify(
    event: Mapping[str, Any],
    context: Any,
    *,
    platform: Platform,
    clients: Mapping[str, Any],
    topic_arn: str,
    table: str,
) -> Told:
    """Everything is read first and published last: an error on the way leads to a retry, never to two messages."""
    lost = LostFile.of(event) if event["detail-type"] == "Object Created" else None
    if lost and lost.is_folder:
        logger.info("a folder is no file", key=lost.key)
        return {}
    subject = lost.identity if lost else identity(event["detail"])

    def tell() -> Told:
        notice = (
            lost_file_notice(lost, platform)
            if lost
            else failed_execution_notice(
                event["detail"], platform, stepfunctions=clients["stepfunctions"], logs=clients["logs"]
            )
        )
        return _publish(clients["sns"], topic_arn, notice)

    return once(subject, tell, dynamodb=clients["dynamodb"], table=table, context=context)


def _publish(sns: Any, topic_arn: str, notice: Notice) -> Told:
    answer = sns.publish(TopicArn=topic_arn, Subject=notice.subject, Message=notice.body)
    logger.info("published", subject=notice.subject, message_id=answer["MessageId"])
    return {"message_id": answer["MessageId"]}
