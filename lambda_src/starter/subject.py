"""The model that a rule's message is about. One rule serves all models, so the event has to say it. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from contract.run import model_of_execution
from lambda_src.common.models import is_model_name, model_of_key

PACKAGE = re.compile(r"arn:[\w-]+:sagemaker:[\w-]+:\d{12}:model-package/(?P<group>[\w-]+)/(?P<version>[0-9]{1,9})")


class MalformedMessage(Exception):
    """A message that says nothing this function understands."""


class NoModel(Exception):
    """An event about no model: whoever uploaded the file is told by the notifier, and nothing is to start."""


def model_of(value: Mapping[str, Any]) -> str:
    """The name of the model that an event is about; whether the platform has it is not asked here.

    Raises:
        NoModel: where it is about none.
        MalformedMessage: if the member that would tell it is missing, or the kind is unknown.
    """
    match value:
        case {"kind": "upload", "key": str(key)}:
            named = model_of_key(key)
            found = named[1] if named else None
        case {"kind": "ended", "execution_arn": str(arn)}:
            found = model_of_execution(arn, value.get("input"))
        case {"kind": "approved", "group": str(group), "prefix": str(prefix)}:
            found = _of_group(group, prefix)
        case {"kind": "approved", "package_arn": str(package), "prefix": str(prefix)} if version := PACKAGE.fullmatch(
            package
        ):
            found = _of_group(version["group"], prefix)
        case _:
            raise MalformedMessage(f"an event of kind {value.get('kind')!r} that does not tell its model")
    if found is None or not is_model_name(found):
        raise NoModel(f"the event of kind {value['kind']!r} is about no model")
    return found


def _of_group(group: str, prefix: str) -> str | None:
    return group.removeprefix(f"{prefix}-") if group.startswith(f"{prefix}-") else None
