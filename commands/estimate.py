"""The cost of a stage, from its templates and the price table. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commands.assembly import Assembly, Resource
from commands.needs import instances_of, states_of
from commands.platform import DEPLOYMENT, TRAINING
from commands.prices import Prices

# Resources whose cost is in the items below.
PRICED = {
    "AWS::EC2::NatGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::VPCEndpoint",
    "AWS::KMS::Key",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
}
# These cost while a run uses them, and are counted there.
PER_RUN = {"AWS::Glue::Job", "AWS::Glue::Crawler", "AWS::StepFunctions::StateMachine"}
DPU_PER_WORKER = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
CRAWLER_DPU = 2


@dataclass(frozen=True)
class Item:
    """Quantity times price; no price means that the table has none."""

    item: str
    count: float
    quantity: float
    unit: str
    usd_each: float | None

    @property
    def usd(self) -> float | None:
        return None if self.usd_each is None else self.quantity * self.usd_each


def idle_items(assembly: Assembly, prices: Prices, endpoints: Mapping[str, int]) -> list[Item]:
    """Per month, with nothing running but so many endpoints of each type."""
    counts: dict[str, float] = {
        "NAT gateway": len(assembly.of("AWS::EC2::NatGateway")),
        "public IPv4 address": len(assembly.of("AWS::EC2::EIP")),
        "interface endpoint, per zone": sum(_zones(each) for each in assembly.of("AWS::EC2::VPCEndpoint")),
        "KMS key": len(assembly.of("AWS::KMS::Key")),
        "alarm, per metric": sum(_metrics(each) for each in assembly.of("AWS::CloudWatch::Alarm")),
        "dashboard": len(assembly.of("AWS::CloudWatch::Dashboard")),
        **{f"{kind} endpoint": count for kind, count in endpoints.items()},
    }
    return [_monthly(prices, item, count) for item, count in counts.items() if count]


def run_items(assembly: Assembly, prices: Prices, model: str, minutes: Mapping[str, float]) -> list[Item]:
    """One run of a model, a deployment at its end included."""
    [job] = assembly.of("AWS::Glue::Job")
    worker = str(job.properties["WorkerType"])
    workers = float(job.properties["NumberOfWorkers"])
    dpu = DPU_PER_WORKER.get(worker)
    items = [
        _hourly(prices, "Glue DPU", "ETL job", workers * (dpu or 1), minutes["etl"])
        if dpu
        else Item(f"ETL job ({worker})", workers, workers * minutes["etl"] / 60, "hour", None),
        _hourly(prices, "Glue DPU", "crawler", CRAWLER_DPU, minutes["crawler"]),
    ]
    for needed in instances_of(assembly, model):
        if needed.purpose != "endpoint":
            time = minutes["training" if needed.purpose == "training job" else "transform"]
            name = f"{needed.type} {needed.purpose}"
            items.append(_hourly(prices, name, name, needed.count, time))
    # Every state once is the least; loops that wait add some.
    states = sum(sum(1 for _ in states_of(assembly.definition(kind))) for kind in (TRAINING, DEPLOYMENT))
    price = prices.by_item["Step Functions state transition"]
    items.append(Item("Step Functions state transition", states, states, price.unit, price.usd))
    return items


def not_priced(assembly: Assembly, prices: Prices) -> list[tuple[str, int, str]]:
    """Type, count and what it depends on, for all that the two sums leave out."""
    counts = Counter(resource.type for resource in assembly.resources)
    known = PRICED | PER_RUN | prices.free
    return [
        (kind, count, _why(assembly, prices, kind))
        for kind, count in sorted(counts.items())
        if kind not in known or kind in prices.by_use
    ]


def endpoint_types(assembly: Assembly, endpoints: int | None) -> Counter[str]:
    """The instances of so many endpoints, the models' own in the order of their names; all of them unless said."""
    counted: Counter[str] = Counter()
    for model in assembly.models[:endpoints]:
        for needed in instances_of(assembly, model):
            if needed.purpose == "endpoint":
                counted[needed.type] += needed.count
    return counted


def _monthly(prices: Prices, item: str, count: float) -> Item:
    price = prices.by_item.get(item)
    if price is None:
        return Item(item, count, count * prices.hours_per_month, "hour", None)
    quantity = count * prices.hours_per_month if price.unit == "hour" else count
    return Item(item, count, quantity, price.unit, price.usd)


def _hourly(prices: Prices, priced_as: str, name: str, count: float, minutes: float) -> Item:
    price = prices.by_item.get(priced_as)
    label = name if name == priced_as else f"{name} ({priced_as})"
    return Item(label, count, count * minutes / 60, "hour", price.usd if price else None)


def _zones(endpoint: Resource) -> int:
    """Gateway endpoints cost nothing; interface endpoints by the zone."""
    if endpoint.properties.get("VpcEndpointType") != "Interface":
        return 0
    subnets: list[Any] = endpoint.properties.get("SubnetIds", [])
    return len(subnets)


def _metrics(alarm: Resource) -> int:
    """An alarm over an expression is charged for each metric in it."""
    return max(1, sum("MetricStat" in each for each in _queries(alarm)))


def _queries(alarm: Resource) -> Iterator[Mapping[str, Any]]:
    yield from alarm.properties.get("Metrics", [])


def _why(assembly: Assembly, prices: Prices, kind: str) -> str:
    reason = prices.by_use.get(kind, "the price table does not know this type")
    if "{days}" in reason:
        days = {str(each.properties.get("RetentionInDays", "ever")) for each in assembly.of(kind)}
        reason = reason.replace("{days}", " or ".join(sorted(days)))
    return reason
