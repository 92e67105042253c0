"""The condition keys of a request, as AWS fills them in: about the caller, the request and the resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from rehearsal.emulator import settings
from rehearsal.emulator.policies.request import Principal, Request, Value

PRINCIPAL_TYPES = {"Root": "Account"}
SESSION = re.compile(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/(.+)")
USER = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):user/(?:.*/)?([^/]+)")
ACCOUNT_OF_ARN = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": ("EvalContext", "_principal_org_id"),
    "ministack.services.iam": ("_roles", "_users"),
}


def role_of(caller_arn: str) -> dict[str, Any] | None:
    """The record of the role that a session belongs to."""
    session = SESSION.fullmatch(caller_arn)
    found = iam._roles.get_scoped(session[2], None, session[3]) if session else None
    return found if isinstance(found, dict) else None


def is_bounded(caller_arn: str, role: Mapping[str, Any] | None) -> bool:
    """Tell whether a permissions boundary is attached to the role of the session, or to the user."""
    user = USER.fullmatch(caller_arn)
    holder = iam._users.get_scoped(user[1], None, user[2]) if user else role
    return bool((holder or {}).get("PermissionsBoundary"))


def session_keys(caller_arn: str) -> dict[str, Value]:
    """Condition keys of a session that come from its role: the user id and the role's tags."""
    session, role = SESSION.fullmatch(caller_arn), role_of(caller_arn)
    if session is None or role is None:
        return {}
    tags = {f"aws:principaltag/{tag['Key'].lower()}": str(tag["Value"]) for tag in role.get("Tags") or []}
    return {"aws:userid": f"{role.get('RoleId', '')}:{session[4]}", **tags}


def request_of(context: Any, service: str = "") -> Request:
    """The request that an evaluation context of ministack stands for; `service` is the AWS service that asks."""
    role = role_of(context.principal_arn)
    principal = Principal(
        arn=context.principal_arn,
        account=context.principal_account,
        role_arn=str(role["Arn"]) if role else "",
        service=service,
        bounded=not service and is_bounded(context.principal_arn, role),
    )
    keys: dict[str, Any] = {
        **{f"aws:requesttag/{name.lower()}": value for name, value in context.request_tags.items()},
        **({"aws:tagkeys": list(context.tag_keys)} if context.tag_keys else {}),
        **context.service_context,
        **context.principal_keys,
        **_caller_keys(principal, PRINCIPAL_TYPES.get(str(context.principal_type), str(context.principal_type))),
        **_request_keys(context),
    }
    return Request(principal, context.action, context.resource_arn, normalized(keys))


def normalized(keys: Mapping[str, Any]) -> dict[str, Value]:
    """Names in lower case, values as text, and nothing for a key without a value."""
    return {name.lower(): _value(value) for name, value in keys.items() if value is not None}


def _value(value: Any) -> Value:
    if isinstance(value, list | tuple | set | frozenset):
        return [str(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _caller_keys(principal: Principal, kind: str) -> dict[str, Value | None]:
    """A session is known by the ARN of its role. A service has a name, and no ARN."""
    if principal.service:
        return {"aws:principalisawsservice": "true", "aws:principalservicename": principal.service}
    return {
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:principalaccount": principal.account,
        "aws:principaltype": kind,
        "aws:principalisawsservice": "false",
        "aws:principalorgid": iam_evaluator._principal_org_id(principal.account),
    }


def _request_keys(context: Any) -> dict[str, Value]:
    now = datetime.now(UTC)
    owner = ACCOUNT_OF_ARN.match(context.resource_arn)
    account = owner[1] if owner else context.principal_account or settings.account_id()
    return {
        "aws:currenttime": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:requestedregion": context.region,
        "aws:securetransport": str(context.secure_transport).lower(),
        "aws:sourceip": context.source_ip,
        "aws:resourceaccount": account,
        "s3:resourceaccount": account,
    }
