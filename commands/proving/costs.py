"""The cost of a proof, by what AWS says that it used and the price table's list prices."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from commands.log_sources import work_of
from commands.platform import Model
from commands.prices import Prices
from commands.proving.resources import ENDPOINTS
from commands.session import Session

STATE_TRANSITION = "Step Functions state transition"
# Glue's price page: a crawl counts with ten minutes at least, and a small one takes two DPUs.
CRAWL_DPU_HOURS = 2 * 10 / 60


@dataclass(frozen=True)
class Used:
    """So much of something that the price table knows by this name."""

    item: str
    quantity: float


def of_journey(session: Session, model: Model, histories: Mapping[str, Iterable[Any]]) -> Iterator[Used]:
    """Everything that the runs of a journey used."""
    for events in histories.values():
        yield from of_jobs(session, events)
    yield from of_endpoint(session, model)


def of_jobs(session: Session, events: Iterable[Any]) -> Iterator[Used]:
    """Jobs and state transitions of one execution."""
    events = list(events)
    for work in work_of(events):
        if work.service == "glue":
            run = _glue_run(session, events, work.name)
            yield Used(
                "Glue DPU", run.get("DPUSeconds", run.get("ExecutionTime", 0) * run.get("MaxCapacity", 0)) / 3600
            )
        elif work.service == "training":
            job = session.client("sagemaker").describe_training_job(TrainingJobName=work.name)
            resources = job["ResourceConfig"]
            hours = job.get("BillableTimeInSeconds", 0) * resources["InstanceCount"] / 3600
            yield Used(f"{resources['InstanceType']} training job", hours)
        elif work.service == "transform":
            job = session.client("sagemaker").describe_transform_job(TransformJobName=work.name)
            resources = job["TransformResources"]
            # A job that found no machine has neither time.
            hours = _hours(job.get("TransformStartTime"), job.get("TransformEndTime"))
            yield Used(f"{resources['InstanceType']} transform job", hours * resources["InstanceCount"])
    if any("startCrawler" in str(event.get("taskScheduledEventDetails", "")) for event in events):
        yield Used("Glue DPU", CRAWL_DPU_HOURS)
    yield Used(STATE_TRANSITION, sum("stateEnteredEventDetails" in event for event in events))


def of_endpoint(session: Session, model: Model) -> Iterator[Used]:
    """The model's endpoint until now."""
    sagemaker = session.client("sagemaker")
    for name, _ in ENDPOINTS.of(session, model):
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        hours = _hours(endpoint["CreationTime"], datetime.now(UTC))
        config = endpoint.get("EndpointConfigName")
        if config:
            for variant in sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]:
                yield Used(f"{variant['InstanceType']} endpoint", hours * variant["InitialInstanceCount"])


def usd(used: Iterable[Used], prices: Prices) -> tuple[float, list[str]]:
    """The sum, and what the price table has no line for. Pure."""
    total, unknown = 0.0, set[str]()
    for one in used:
        price = prices.by_item.get(one.item)
        if price is None:
            unknown.add(one.item)
        else:
            total += one.quantity * price.usd
    return total, sorted(unknown)


def _hours(start: datetime | None, end: datetime | None) -> float:
    return (end - start).total_seconds() / 3600 if start and end else 0.0


def _glue_run(session: Session, events: list[Any], run: str) -> dict[str, Any]:
    job = next(
        event["taskScheduledEventDetails"]["parameters"]
        for event in events
        if "startJobRun" in event.get("taskScheduledEventDetails", {}).get("resource", "")
    )
    return session.client("glue").get_job_run(JobName=_job_name(job), RunId=run)["JobRun"]


def _job_name(parameters: str) -> str:
    return json.loads(parameters)["JobName"]
