"""The picture: from the door to the endpoint, one row per subject."""

from collections.abc import Mapping

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from mlops_constructs.metrics import EndpointMetrics, FunctionMetrics, MachineMetrics, QueueMetrics

ENDS = ("Succeeded", "Failed", "TimedOut", "Aborted")


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
        training_machine_arns: Mapping[str, str],
        deployment_machine_arns: Mapping[str, str],
        queue: QueueMetrics,
        dead_letters: QueueMetrics,
        functions: Mapping[str, FunctionMetrics],
    ) -> None:
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=name)
        for model, endpoint in endpoints.items():
            dashboard.add_widgets(cloudwatch.TextWidget(markdown=f"## {model}", width=24, height=1))
            dashboard.add_widgets(
                _machine(f"{model}: training", training_machine_arns[model]),
                _machine(f"{model}: deployment", deployment_machine_arns[model]),
            )
            dashboard.add_widgets(*_endpoint(model, endpoint))
            dashboard.add_widgets(_errors(model, endpoint_log_groups[model]))
        dashboard.add_widgets(cloudwatch.TextWidget(markdown="## Intake and functions", width=24, height=1))
        dashboard.add_widgets(
            _graph("Intake: oldest message (s)", [queue.oldest_seconds()]),
            _graph("Intake: waiting and given up", [queue.visible(), dead_letters.visible()]),
        )
        dashboard.add_widgets(
            _graph("Functions: errors", [function.errors(key) for key, function in functions.items()]),
            _graph("Functions: duration", [function.duration(key) for key, function in functions.items()]),
        )


def _graph(title: str, metrics: list[cloudwatch.Metric], *, width: int = 12) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=width, height=6)


def _machine(title: str, machine_arn: str) -> cloudwatch.GraphWidget:
    machine = MachineMetrics(machine_arn)
    return cloudwatch.GraphWidget(
        title=title,
        left=[machine.ended(how) for how in ENDS],
        right=[machine.duration_milliseconds()],
        width=12,
        height=6,
    )


def _endpoint(model: str, endpoint: EndpointMetrics) -> list[cloudwatch.GraphWidget]:
    requests = [endpoint.invocations(), endpoint.client_errors(), endpoint.server_errors()]
    latency = [endpoint.latency_microseconds(statistic) for statistic in ("p50", "p90", "p99")]
    instances = [endpoint.cpu_percent(), endpoint.memory_percent(), endpoint.disk_percent()]
    return [
        _graph(f"{model}: requests and errors", requests, width=8),
        _graph(f"{model}: latency (microseconds)", latency, width=8),
        _graph(f"{model}: instances (percent)", instances, width=8),
    ]


def _errors(model: str, log_group_name: str) -> cloudwatch.LogQueryWidget:
    return cloudwatch.LogQueryWidget(
        title=f"{model}: last errors of the endpoint",
        log_group_names=[log_group_name],
        query_lines=[
            "fields @timestamp, @message",
            "filter @message like /(?i)error/",
            "sort @timestamp desc",
            "limit 20",
        ],
        width=24,
        height=6,
    )
