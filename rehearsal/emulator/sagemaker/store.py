"""The objects of this SageMaker: one table per kind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.sagemaker import names
from rehearsal.emulator.sagemaker.errors import ServiceError, in_use, validation

Record = dict[str, Any]
MakeError = Callable[[str], ServiceError]

lock = threading.RLock()


@dataclass
class Table:
    """Records of one kind by name, with the errors that AWS gives for a missing and for a second one."""

    kind: str
    missing: MakeError
    duplicate: MakeError
    _records: dict[str, Record] = field(default_factory=dict)

    def arn(self, name: str) -> str:
        return names.arn(self.kind, name)

    def add(self, name: str, record: Record) -> Record:
        """Keep a new record; its times are set here."""
        with lock:
            if self.find(name) is not None:
                raise self.duplicate(self.arn(name))
            now = time.time()
            record.setdefault("CreationTime", now)
            record.setdefault("LastModifiedTime", now)
            self._records[name.lower()] = record
            return record

    def find(self, name_or_arn: str) -> Record | None:
        """The record by name or ARN, or None."""
        with lock:
            return self._records.get(names.bare(self.kind, name_or_arn).lower())

    def get(self, name_or_arn: str) -> Record:
        """The record by name or ARN; AWS's error when there is none."""
        record = self.find(name_or_arn)
        if record is None:
            raise self.missing(self.arn(names.bare(self.kind, name_or_arn)))
        return record

    def remove(self, name_or_arn: str) -> Record:
        with lock:
            record = self.get(name_or_arn)
            del self._records[names.bare(self.kind, name_or_arn).lower()]
            return record

    def all(self) -> list[Record]:
        with lock:
            return list(self._records.values())


def change(record: Record, **values: Any) -> None:
    """Set members of a record at once, and its time of change. None removes a member."""
    with lock:
        record.update(values, LastModifiedTime=time.time())
        for name in [name for name, value in record.items() if value is None]:
            del record[name]


def _could_not_find(noun: str) -> MakeError:
    return lambda arn: validation(f'Could not find {noun} "{arn}".')


def _already_existing(noun: str) -> MakeError:
    return lambda arn: validation(f'Cannot create already existing {noun} "{arn}".')


def _name_taken(noun: str) -> MakeError:
    return lambda arn: in_use(
        f"{noun} names must be unique within an AWS account and region,"
        f" and a {noun.lower()} with this name already exists ({arn})"
    )


def _not_there(noun: str) -> MakeError:
    return lambda arn: ServiceError("ResourceNotFound", f"{noun} [{arn.rsplit('/', 1)[-1]}] does not exist.")


def _there_already(noun: str) -> MakeError:
    return lambda arn: in_use(f"{noun} already exists: {arn}")


training_jobs = Table(
    "training-job", lambda arn: validation("Requested resource not found."), _name_taken("Training job")
)
transform_jobs = Table("transform-job", _could_not_find("transform job"), _name_taken("Transform job"))
models = Table("model", _could_not_find("model"), _already_existing("model"))
endpoint_configs = Table(
    "endpoint-config", _could_not_find("endpoint configuration"), _already_existing("endpoint configuration")
)
endpoints = Table("endpoint", _could_not_find("endpoint"), _already_existing("endpoint"))
package_groups = Table(
    "model-package-group",
    lambda arn: validation(f"ModelPackageGroup {arn} does not exist."),
    lambda arn: validation(f"Model Package Group already exists: {arn}"),
)
packages = Table(
    "model-package",
    lambda arn: validation(f"ModelPackage {arn} does not exist."),
    lambda arn: validation(f"Model Package already exists: {arn}"),
)
domains = Table("domain", _not_there("Domain"), _there_already("Domain"))
user_profiles = Table("user-profile", _not_there("User Profile"), _there_already("User Profile"))
spaces = Table("space", _not_there("Space"), _there_already("Space"))
apps = Table("app", _not_there("App"), _there_already("App"))

TABLES = (
    training_jobs,
    transform_jobs,
    models,
    endpoint_configs,
    endpoints,
    package_groups,
    packages,
    domains,
    user_profiles,
    spaces,
    apps,
)
