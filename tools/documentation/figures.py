"""The few properties of a resource that a reader asks for, type by type."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.documentation.assembly import Platform
from tools.documentation.markdown import code, codes, section, table
from tools.documentation.phrases import phrase

Properties = Mapping[str, Any]
Column = Callable[[Platform, str, Properties], str]


@dataclass(frozen=True)
class Kind:
    """One table: a type of resource and its columns."""

    title: str
    type: str
    columns: Mapping[str, Column]


def _plain(key: str, unit: str = "") -> Column:
    def read(platform: Platform, module: str, properties: Properties) -> str:
        return f"{phrase(platform, module, properties[key])}{unit}" if key in properties else ""

    return read


def _inside_network(_platform: Platform, _module: str, properties: Properties) -> str:
    return "yes" if "VpcConfig" in properties else "no"


def _alarm_limit(_platform: Platform, _module: str, properties: Properties) -> str:
    statistic = properties.get("Statistic") or properties.get("ExtendedStatistic")
    periods = f"{properties['EvaluationPeriods']} x {properties.get('Period', 60)} s"
    return f"{statistic} {_SIGNS[properties['ComparisonOperator']]} {properties['Threshold']} for {periods}"


def _dead_letters(platform: Platform, module: str, properties: Properties) -> str:
    policy = properties.get("RedrivePolicy")
    if not policy:
        return ""
    target = phrase(platform, module, policy["deadLetterTargetArn"])
    return f"{code(target)} after {policy['maxReceiveCount']} attempts"


def _event(platform: Platform, _module: str, properties: Properties) -> str:
    if "ScheduleExpression" in properties:
        return code(properties["ScheduleExpression"])
    pattern = properties["EventPattern"]
    return f"{codes(pattern.get('source', []))}: {codes(pattern.get('detail-type', []))}"


def _log_group_name(platform: Platform, module: str, properties: Properties) -> str:
    name = properties.get("LogGroupName")
    return code(phrase(platform, module, name)) if name else "given by CloudFormation"


def _target(platform: Platform, module: str, properties: Properties) -> str:
    return codes(phrase(platform, module, target["Arn"]) for target in properties["Targets"])


_SIGNS = {
    "GreaterThanOrEqualToThreshold": ">=",
    "GreaterThanThreshold": ">",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
KINDS: Sequence[Kind] = (
    Kind(
        "Functions",
        "AWS::Lambda::Function",
        {
            "For": _plain("Description"),
            "Memory": _plain("MemorySize", " MiB"),
            "Timeout": _plain("Timeout", " s"),
            "In the VPC": _inside_network,
        },
    ),
    Kind(
        "Queues",
        "AWS::SQS::Queue",
        {
            "Keeps messages": _plain("MessageRetentionPeriod", " s"),
            "Hidden while worked on": _plain("VisibilityTimeout", " s"),
            "Dead letters": _dead_letters,
        },
    ),
    Kind("Logs", "AWS::Logs::LogGroup", {"Log group": _log_group_name, "Kept": _plain("RetentionInDays", " days")}),
    Kind("Rules", "AWS::Events::Rule", {"Event": _event, "Target": _target}),
    Kind(
        "Alarms",
        "AWS::CloudWatch::Alarm",
        {"Metric": _plain("MetricName"), "Alarms when": _alarm_limit, "Says": _plain("AlarmDescription")},
    ),
)


def figure_sections(platform: Platform, module: str) -> list[str]:
    """A section for each kind that the stack has."""
    return [
        section(
            kind.title,
            table(
                ["Name", *kind.columns],
                (
                    [code(name), *(column(platform, module, body["Properties"]) for column in kind.columns.values())]
                    for name, body in platform.resources(module, kind.type)
                ),
            ),
        )
        for kind in KINDS
    ]
