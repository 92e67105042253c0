"""Quotas of the account: how many instances of a type jobs and endpoints may use at the same time.

None is set unless somebody who talks to the emulator itself sets one, by the name that Service Quotas gives it:
PUT {"ml.m5.large for training job usage": 0} to /_rehearsal/quotas. A value of null takes the quota away again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rehearsal.emulator.administration import Refused, answer_at, ok, read_object
from rehearsal.emulator.responses import Response
from rehearsal.emulator.sagemaker.errors import ServiceError
from rehearsal.emulator.sagemaker.store import (
    Record,
    endpoint_configs,
    endpoints,
    lock,
    training_jobs,
    transform_jobs,
)

PATH = "/_rehearsal/quotas"
TRAINING, TRANSFORM, ENDPOINT = "training job usage", "transform job usage", "endpoint usage"
ALLOWED = 'PUT {"<type> for <usage>": limit}'
USAGES = (TRAINING, TRANSFORM, ENDPOINT)
ACTIVE = ("InProgress", "Stopping")

_limits: dict[str, int] = {}


def install() -> None:
    """Answer at PATH."""
    answer_at(PATH, _administer)


def exceeded(name: str, *, limit: int, used: int, delta: int) -> ServiceError:
    """The refusal, in AWS's words."""
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{name}' is {limit} Instances, with current utilization of {used} Instances"
        f" and a request delta of {delta} Instances. Please use AWS Service Quotas to request an increase for this"
        " quota. If AWS Service Quotas is not available, contact AWS support to request an increase for this quota.",
    )


def check_job(usage: str, resources: Record) -> None:
    """Refuse a job whose instances would not fit."""
    _check(usage, Counter({resources["InstanceType"]: resources["InstanceCount"]}))


def check_endpoint(config: Record) -> None:
    """Refuse an endpoint or an update whose new fleet would not fit beside all that stands."""
    _check(ENDPOINT, _fleet(config))


def _check(usage: str, wanted: Counter[str]) -> None:
    for instance_type, delta in wanted.items():
        name = f"{instance_type} for {usage}"
        limit = _limits.get(name)
        if limit is None:
            continue
        used = _used(usage)[instance_type]
        if used + delta > limit:
            raise exceeded(name, limit=limit, used=used, delta=delta)


def _used(usage: str) -> Counter[str]:
    with lock:
        return sum(_in_use(usage), Counter[str]())


def _in_use(usage: str) -> Iterator[Counter[str]]:
    if usage == ENDPOINT:
        for endpoint in endpoints.all():
            if endpoint["EndpointStatus"] != "Failed":
                yield _fleet(endpoint_configs.get(endpoint["EndpointConfigName"]))
        return
    table, status, member = {
        TRAINING: (training_jobs, "TrainingJobStatus", "ResourceConfig"),
        TRANSFORM: (transform_jobs, "TransformJobStatus", "TransformResources"),
    }[usage]
    for job in table.all():
        if job[status] in ACTIVE:
            yield Counter({job[member]["InstanceType"]: job[member]["InstanceCount"]})


def _fleet(config: Record) -> Counter[str]:
    fleet = Counter[str]()
    for variant in config["ProductionVariants"]:
        fleet[variant["InstanceType"]] += variant["InitialInstanceCount"]
    return fleet


def _administer(method: str, rest: str, body: bytes) -> Response:
    if method != "PUT" or rest:
        raise Refused(f"{method} {f'{PATH}/{rest}'.rstrip('/')} means nothing; {ALLOWED}", 404)
    given = read_object(body, allowed=ALLOWED)
    for name, limit in given.items():
        _check_limit(name, limit)
    for name, limit in given.items():
        if limit is None:
            _limits.pop(name, None)
        else:
            _limits[name] = limit
    return ok(_limits)


def _check_limit(name: str, limit: Any) -> None:
    instance_type, _, usage = name.partition(" for ")
    if not instance_type.startswith("ml.") or usage not in USAGES:
        raise Refused(f"{name!r} is no quota; allowed: <type> for {', '.join(USAGES)}")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
        raise Refused(f"the limit of {name!r} is {json.dumps(limit)[:100]}; allowed: a whole number from 0, or null")
