"""CloudWatch: dashboards that keep their tags, and alarms over metric expressions, which are kept but not evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from rehearsal.emulator import settings
from rehearsal.emulator.cloudformation.refinements import after
from rehearsal.emulator.cloudformation.registry import Attributes, Properties, tag_map

EXPRESSION = "Metrics"
NO_METRIC = "(expression)"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "ministack.services.cloudwatch": (
        "_alarms",
        "_dashboards",
        "_evaluate_alarm",
        "_resource_tags",
        "_validate_alarm_tag_arn",
    ),
}


def install() -> None:
    """Complete the stock types."""
    after("AWS::CloudWatch::Dashboard", _keep_dashboard_tags)
    _tag_dashboards()
    _accept_expressions()


def _keep_dashboard_tags(name: str, properties: Properties) -> None:
    arn = f"arn:aws:cloudwatch::{settings.account_id()}:dashboard/{name}"
    cloudwatch._resource_tags[arn] = tag_map(properties.get("Tags"))


def _tag_dashboards() -> None:
    """ministack lets only alarms have tags."""
    validate = cloudwatch._validate_alarm_tag_arn

    def validated(arn: str, **options: Any) -> Any:
        is_dashboard = ":dashboard/" in arn and arn.rsplit("/", 1)[-1] in cloudwatch._dashboards
        return None if is_dashboard else validate(arn, **options)

    cloudwatch._validate_alarm_tag_arn = validated


def _accept_expressions() -> None:
    """Keep an alarm over metric expressions. It is shown and deleted like any other, but never evaluated here."""
    name = "AWS::CloudWatch::Alarm"
    handlers = provisioners._RESOURCE_HANDLERS[name]

    def accepting(function: Callable[..., Any], position: int) -> Callable[..., Any]:
        def run(*arguments: Any) -> tuple[str, Attributes]:
            properties = arguments[position]
            if not properties.get(EXPRESSION):
                return function(*arguments)
            plain = _without_expression(properties)
            physical_id, attributes = function(*arguments[:position], plain, *arguments[position + 1 :])
            alarm = cloudwatch._alarms[physical_id]
            alarm.update({"MetricName": None, "Namespace": None, "Metrics": properties["Metrics"]})
            return physical_id, attributes

        return run

    provisioners._RESOURCE_HANDLERS[name] = {
        **handlers,
        "create": accepting(handlers["create"], 1),
        "update": accepting(handlers["update"], 2),
    }
    evaluate = cloudwatch._evaluate_alarm

    def evaluated(alarm: Mapping[str, Any]) -> Any:
        return None if alarm.get("Metrics") or alarm.get("MetricName") == NO_METRIC else evaluate(alarm)

    cloudwatch._evaluate_alarm = evaluated


def _without_expression(properties: Properties) -> dict[str, Any]:
    plain = {key: value for key, value in properties.items() if key != EXPRESSION}
    return {**plain, "MetricName": NO_METRIC, "Namespace": NO_METRIC}
