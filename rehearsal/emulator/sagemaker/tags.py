"""Tags of every object, kept by ARN."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.sagemaker import store
from rehearsal.emulator.sagemaker.errors import ServiceError, validation
from rehearsal.emulator.sagemaker.paging import page
from rehearsal.emulator.sagemaker.store import Record

MAXIMUM = 50

_tags: dict[str, dict[str, str]] = {}


def put(arn: str, given: list[dict[str, str]] | None) -> None:
    """Keep the tags an object is created with."""
    if given:
        _add(arn, given)


def of(arn: str) -> dict[str, str]:
    return dict(_tags.get(arn, {}))


def forget(arn: str) -> None:
    """The object is gone, and its tags with it."""
    _tags.pop(arn, None)


def add_tags(parameters: Record) -> Record:
    _check_exists(parameters["ResourceArn"])
    _add(parameters["ResourceArn"], parameters["Tags"])
    return {"Tags": _listed(parameters["ResourceArn"])}


def list_tags(parameters: Record) -> Record:
    _check_exists(parameters["ResourceArn"])
    return page(_listed(parameters["ResourceArn"]), {"MaxResults": MAXIMUM, **parameters}, "Tags")


def delete_tags(parameters: Record) -> Record:
    _check_exists(parameters["ResourceArn"])
    kept = _tags.get(parameters["ResourceArn"], {})
    for key in parameters["TagKeys"]:
        kept.pop(key, None)
    return {}


def _add(arn: str, given: list[dict[str, str]]) -> None:
    together = {**_tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in given}}
    if len(together) > MAXIMUM:
        raise ServiceError("ResourceLimitExceeded", f"{arn} cannot have more than {MAXIMUM} tags")
    _tags[arn] = together


def _listed(arn: str) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in sorted(_tags.get(arn, {}).items())]


def _check_exists(arn: str) -> None:
    for table in store.TABLES:
        if f":{table.kind}/" in arn and table.find(arn) is not None:
            return
    raise validation(f"Could not find resource {arn}")


OPERATIONS = {"AddTags": add_tags, "ListTags": list_tags, "DeleteTags": delete_tags}
