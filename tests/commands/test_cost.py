"""The costs: counted from the templates, priced from the committed table, nothing silently zero."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from commands import cost
from commands.assembly import Assembly
from commands.estimate import PER_RUN, PRICED, idle_items, not_priced
from commands.prices import load_prices
from tests.commands.aws import Account
from tests.commands.conftest import Mlops
from tests.synth import assembly


def estimate(mlops: Mlops, *arguments: str, stage: str = "prod") -> Any:
    ended = mlops(Account(), "--stage", stage, "--json", "cost", "--assembly", str(assembly(stage).folder), *arguments)
    assert ended.code == 0, ended.err
    return ended.document


def items(part: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {item["item"]: item for item in part["items"]}


def test_the_month_is_what_the_templates_hold_times_its_price(mlops: Mlops) -> None:
    month = estimate(mlops)["month"]

    gateways = assembly("prod").resources("AWS::EC2::NatGateway")
    found = items(month)
    assert found["NAT gateway"]["usd"] == pytest.approx(len(gateways) * 730 * 0.045)
    assert found["alarm, per metric"]["count"] >= len(assembly("prod").resources("AWS::CloudWatch::Alarm"))
    # Two models with two instances each, as the deployment machines of prod say.
    assert found["ml.m5.large endpoint"]["count"] == 4
    assert month["usd"] == pytest.approx(sum(item["usd"] for item in found.values()), abs=0.01)


def test_the_number_of_endpoints_can_be_said(mlops: Mlops) -> None:
    assert items(estimate(mlops, "--endpoints", "1")["month"])["ml.m5.large endpoint"]["count"] == 2
    assert "ml.m5.large endpoint" not in items(estimate(mlops, "--endpoints", "0")["month"])


def test_a_run_is_priced_by_the_minutes_it_is_taken_to_last(mlops: Mlops) -> None:
    short = items(estimate(mlops, "--minutes", "transform=6")["run"])["ml.m5.large transform job"]
    long = items(estimate(mlops, "--minutes", "transform=60")["run"])["ml.m5.large transform job"]

    assert short["quantity"] == pytest.approx(0.1)
    assert long["usd"] == pytest.approx(0.115)


def test_every_resource_of_every_stage_is_priced_free_or_listed_as_not_priced() -> None:
    prices = load_prices()
    for stage in ("dev", "prod"):
        templates = Assembly(assembly(stage).folder, f"mlops-{stage}")
        listed = {kind for kind, _, _ in not_priced(templates, prices)}
        types = {resource.type for resource in templates.resources}
        assert types - prices.free - PRICED - PER_RUN == listed - PRICED
        assert "the price table does not know this type" not in {why for _, _, why in not_priced(templates, prices)}


def test_a_type_nobody_has_thought_of_is_listed_and_not_zero() -> None:
    prices = replace(load_prices(), free=frozenset[str]())
    templates = Assembly(assembly("prod").folder, "mlops-prod")

    assert ("AWS::IAM::Role", "the price table does not know this type") in {
        (kind, why) for kind, _, why in not_priced(templates, prices)
    }


def test_an_instance_type_without_a_price_is_not_priced(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    known = load_prices()
    without = {item: price for item, price in known.by_item.items() if item != "ml.m5.large endpoint"}
    monkeypatch.setattr(cost, "load_prices", lambda: replace(known, by_item=without))

    document = estimate(mlops)

    assert items(document["month"])["ml.m5.large endpoint"]["usd"] is None
    assert "ml.m5.large endpoint" in {entry["item"] for entry in document["not_priced"]}


def test_an_interface_endpoint_is_counted_by_its_zones(tmp_path: Path) -> None:
    templates = Assembly(assembly("prod").folder, "mlops-prod")
    network = templates.templates["mlops-prod-network"]["Resources"]
    network["One"] = {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {"VpcEndpointType": "Interface", "SubnetIds": ["a", "b"]},
    }

    found = {item.item: item for item in idle_items(templates, load_prices(), {})}

    assert found["interface endpoint, per zone"].usd == pytest.approx(2 * 730 * 0.01)


def test_every_price_names_its_source_and_its_month() -> None:
    for price in load_prices().by_item.values():
        assert urlparse(price.source).netloc == "aws.amazon.com"
        assert len(price.known.split("-")) == 2
        assert price.usd > 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--minutes", "lunch=3"), 2), (("--minutes", "etl=long"), 2), (("--model", "weather"), 3)],
)
def test_what_cannot_be_estimated_is_said(mlops: Mlops, arguments: tuple[str, ...], code: int) -> None:
    folder = str(assembly("prod").folder)

    assert mlops(Account(), "--stage", "prod", "cost", "--assembly", folder, *arguments).code == code


def test_templates_that_cannot_be_written_are_one_line_with_the_reason(
    mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "\n[Error at /] x\nunknown stage 'tuesday'; allowed: dev, prod\nmake: *** [synth] Error 1\n"
    failed = subprocess.CompletedProcess([], 2, stdout="", stderr=said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)

    ended = mlops(Account(), "--stage", "prod", "cost")

    assert ended.code == 1
    assert ended.err == "mlops: the templates cannot be written: unknown stage 'tuesday'; allowed: dev, prod\n"
