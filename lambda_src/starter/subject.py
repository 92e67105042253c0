"""The model that a rule's message is about. One rule serves all models, so the event has to say it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from contract.run import model_of_execution
from lambda_src.common.models import is_model_name, model_of_key

GROUP = re.compile(r".*:model-package/(?P<group>[\w-]+)/[0-9]+", re.ASCII)


class TellsNoModel(Exception):
    """An event that lacks the member which would tell its model."""


def model_of(value: Mapping[str, Any]) -> str | None:
    """The model's name, or None where the event is about no model; whether the platform has it is not asked here.

    Raises:
        TellsNoModel: if the member that would tell it is missing, or the kind is unknown.
    """
    match value:
        case {"kind": "upload", "key": str(key)}:
            named = model_of_key(key)
            found = named[1] if named else None
        case {"kind": "ended", "execution_arn": str(arn)}:
            found = model_of_execution(arn, value.get("input"))
        case {"kind": "approved", "group": str(group), "prefix": str(prefix)}:
            found = _of_group(group, prefix)
        case {"kind": "approved", "package_arn": str(package), "prefix": str(prefix)}:
            group = GROUP.fullmatch(package)
            found = _of_group(group["group"], prefix) if group else None
        case _:
            raise TellsNoModel(f"an event of kind {value.get('kind')!r} that does not tell its model")
    return found if found is not None and is_model_name(found) else None


def _of_group(group: str, prefix: str) -> str | None:
    return group.removeprefix(f"{prefix}-") if group.startswith(f"{prefix}-") else None
