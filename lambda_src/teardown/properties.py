"""Properties of the teardown resource, as its template gives them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Everything whose name begins with the prefix is deleted: a short or empty one must never get through.
NAME_PREFIX = re.compile(r"[a-z][a-z0-9]+(-[a-z0-9]+)+")
# CloudFormation waits at most an hour for a custom resource; the answer must come before.
TIME_BUDGET_SECONDS = 3300


class WrongProperties(Exception):
    """The template gives the teardown resource something it cannot work with."""


@dataclass(frozen=True)
class Properties:
    """The resource's properties, read strictly."""

    name_prefix: str
    security_group_ids: tuple[str, ...] = ()
    bucket_names: tuple[str, ...] = ()
    log_bucket_name: str = ""
    repository_names: tuple[str, ...] = ()
    domain_id: str = ""
    delete_registry: bool = False
    delete_domain: bool = False
    keep_homes: bool = False
    time_budget_seconds: int = TIME_BUDGET_SECONDS

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Properties":
        """From ResourceProperties, in which every scalar is a string."""
        known = {
            "ServiceToken", "ServiceTimeout", "NamePrefix", "SecurityGroupIds", "BucketNames", "RepositoryNames",
            "LogBucketName", "DomainId", "DeleteRegistry", "DeleteDomain", "KeepHomes", "TimeBudgetSeconds",
        }  # fmt: skip
        unknown = sorted(set(given) - known)
        if unknown:
            raise WrongProperties(f"unknown property {unknown[0]}; known are {', '.join(sorted(known))}")
        prefix = str(given.get("NamePrefix", ""))
        if not NAME_PREFIX.fullmatch(prefix):
            raise WrongProperties(f"NamePrefix is {prefix!r}; it must look like 'mlops-dev', without a dash at the end")
        domain_id = str(given.get("DomainId", ""))
        delete_domain = _flag(given, "DeleteDomain")
        if delete_domain and not domain_id:
            raise WrongProperties("DeleteDomain is true, but DomainId is not given")
        return cls(
            name_prefix=prefix,
            security_group_ids=_texts(given, "SecurityGroupIds"),
            bucket_names=_texts(given, "BucketNames"),
            log_bucket_name=str(given.get("LogBucketName", "")),
            repository_names=_texts(given, "RepositoryNames"),
            domain_id=domain_id,
            delete_registry=_flag(given, "DeleteRegistry"),
            delete_domain=delete_domain,
            keep_homes=_flag(given, "KeepHomes"),
            time_budget_seconds=int(given.get("TimeBudgetSeconds", TIME_BUDGET_SECONDS)),
        )

    @property
    def start_of_names(self) -> str:
        """The beginning of our names: with the dash, so that mlops-dev does not take mlops-development."""
        return f"{self.name_prefix}-"


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        raise WrongProperties(f"{name} is {value!r}; it must be a list of names")
    return tuple(value)


def _flag(given: Mapping[str, Any], name: str) -> bool:
    value = str(given.get(name, "false")).lower()
    if value not in ("true", "false"):
        raise WrongProperties(f"{name} is {value!r}; it must be true or false")
    return value == "true"
