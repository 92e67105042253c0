"""Where a run's output goes: the log groups of Glue, written with the job's role."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import glue

from rehearsal.emulator import permissions, settings
from rehearsal.emulator.glue.security import role_resource
from rehearsal.emulator.logs import write_log

PREFIX = "/aws-glue/jobs"
PREFIX_ARGUMENTS = ("--custom-logGroup-prefix", "--continuous-log-logGroup")
PRINCIPAL = "glue.amazonaws.com"
SESSION = "GlueJobRunnerSession"

logger = logging.getLogger("rehearsal")


def group_name(kind: str, role_arn: str, configuration: str | None, arguments: Mapping[str, str]) -> str:
    """The log group of the run's output or errors; a security configuration has groups of its own.

    Sources disagree about their names (ADR 19). This one stands, with real names, in a public policy for a job of Glue,
    and is made as the recorded name of a crawler's group is: of the configuration and the resource of the role's ARN.
    """
    prefix = next((arguments[name] for name in PREFIX_ARGUMENTS if arguments.get(name)), PREFIX)
    return f"{prefix}/{configuration}-{role_resource(role_arn)}/{kind}" if configuration else f"{prefix}/{kind}"


def encryption(configuration: str | None) -> Mapping[str, Any]:
    """The EncryptionConfiguration that a job's security configuration names."""
    record = glue._security_configs.get(configuration) if configuration else None
    return (record or {}).get("EncryptionConfiguration", {})


def log_refusal(group: str, role_arn: str, configuration: str | None) -> str | None:
    """Why an encrypted log stays away: Glue turns it off without a word when the role may not attach the key."""
    if not (encryption(configuration).get("CloudWatchEncryption") or {}).get("KmsKeyArn"):
        return None
    arn = f"arn:aws:logs:{settings.region()}:{settings.account_id()}:log-group:{group}"
    session = permissions.session_arn(role_arn, SESSION)
    return permissions.refusal(permissions.Question(session, "logs:AssociateKmsKey", arn, {}))


def write(client: Any, stream: str, texts: Mapping[str, str]) -> None:
    """Append a text to each log group. Without log permissions only the log is lost, as on AWS."""
    for group, text in texts.items():
        try:
            write_log(group, stream, text, client)
        except (ClientError, BotoCoreError) as problem:
            logger.warning("the log of the Glue run %s is lost: %s", stream, problem)
