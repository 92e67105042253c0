"""The picture: from the door to the endpoints, one graph per subject and in it one line per model.

A dashboard holds 500 widgets and 2,500 metrics, and a graph 500: with nine lines for each there is room for 270 models.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mlops_constructs.metrics import EndpointMetrics, FunctionMetrics, MachineMetrics, QueueMetrics

Item = TypeVar("Item")

ENDS: Final = ("Succeeded", "Failed", "TimedOut", "Aborted")
LOG_GROUPS_PER_QUERY: Final = 50
OF_ENDPOINTS: Final[Mapping[str, Callable[[EndpointMetrics], cloudwatch.Metric]]] = {
    "requests": EndpointMetrics.invocations,
    "errors of callers (4XX)": EndpointMetrics.client_errors,
    "server errors (5XX)": EndpointMetrics.server_errors,
    "latency p50 (microseconds)": lambda endpoint: endpoint.latency_microseconds("p50"),
    "latency p90 (microseconds)": lambda endpoint: endpoint.latency_microseconds("p90"),
    "latency p99 (microseconds)": lambda endpoint: endpoint.latency_microseconds("p99"),
    "CPU (percent)": EndpointMetrics.cpu_percent,
    "memory (percent)": EndpointMetrics.memory_percent,
    "disk (percent)": EndpointMetrics.disk_percent,
}


class PlatformDashboard(Construct):
    """One dashboard per environment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        endpoints: Mapping[str, EndpointMetrics],
        endpoint_log_groups: Mapping[str, str],
        training_machine_arn: str,
        deployment_machine_arn: str,
        queue: QueueMetrics,
        dead_letters: QueueMetrics,
        functions: Mapping[str, FunctionMetrics],
    ) -> None:
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name)
        dashboard.add_widgets(
            _machine("Training", training_machine_arn), _machine("Deployment", deployment_machine_arn)
        )
        for three in _parts(list(OF_ENDPOINTS.items()), 3):
            dashboard.add_widgets(*(_of_endpoints(f"Endpoints: {what}", read, endpoints) for what, read in three))
        for groups in _parts(list(endpoint_log_groups.values()), LOG_GROUPS_PER_QUERY):
            dashboard.add_widgets(_errors("Endpoints: last errors", groups))
        dashboard.add_widgets(
            _graph("Intake: oldest message (s)", [queue.oldest_seconds()]),
            _graph("Intake: waiting and given up", [queue.visible(), dead_letters.visible()]),
        )
        dashboard.add_widgets(
            _graph("Functions: errors", [function.errors(key) for key, function in functions.items()]),
            _graph("Functions: duration", [function.duration(key) for key, function in functions.items()]),
        )


def _parts(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _graph(title: str, metrics: list[cloudwatch.Metric], *, width: int = 12) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=6)


def _of_endpoints(
    title: str, read: Callable[[EndpointMetrics], cloudwatch.Metric], endpoints: Mapping[str, EndpointMetrics]
) -> cloudwatch.GraphWidget:
    return _graph(title, [read(endpoint).with_(label=model) for model, endpoint in endpoints.items()], width=8)


def _machine(title: str, machine_arn: str) -> cloudwatch.GraphWidget:
    machine = MachineMetrics(machine_arn)
    return cloudwatch.GraphWidget(
        title=title,
        left=[machine.ended(how) for how in ENDS],
        right=[machine.duration_milliseconds()],
        width=12,
        height=6,
    )


def _errors(title: str, log_group_names: list[str]) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title=title,
        log_group_names=log_group_names,
        query_lines=[
            "fields @timestamp, @log, @message",
            "filter @message like /(?i)error/",
            "sort @timestamp desc",
            "limit 20",
        ],
        width=24,
        height=6,
    )
