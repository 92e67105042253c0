"""Metrics in the services' own words. The dashboard shows them, and alarms decide when one wakes somebody."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

# Ours, beside the services' own: what functions and state machines count.
NAMESPACE: Final = "MLOps"
MODEL_WARNINGS: Final = "RunWarnings"
VARIANT: Final = "AllTraffic"
MINUTE: Final = 1
FIVE_MINUTES: Final = 5


def _metric(
    namespace: str, name: str, dimensions: dict[str, str], statistic: str, minutes: int, label: str | None = None
) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=Duration.minutes(minutes),
        label=label,
    )


def model_dimensions(prefix: str, model: str) -> dict[str, str]:
    """Dimensions that tell the numbers of one model of one platform from all others of the account."""
    return {"platform": prefix, "model": model}


@dataclass(frozen=True)
class RunMetrics:
    """The runs of one model."""

    prefix: str
    model: str

    def warnings(self) -> cloudwatch.Metric:
        return _metric(NAMESPACE, MODEL_WARNINGS, model_dimensions(self.prefix, self.model), "Sum", FIVE_MINUTES)


@dataclass(frozen=True)
class EndpointMetrics:
    """An endpoint with its one variant."""

    endpoint_name: str

    def invocations(self) -> cloudwatch.Metric:
        return self._of_requests("Invocations", "Sum")

    def client_errors(self) -> cloudwatch.Metric:
        return self._of_requests("Invocation4XXErrors", "Sum")

    def server_errors(self) -> cloudwatch.Metric:
        return self._of_requests("Invocation5XXErrors", "Sum")

    def latency_microseconds(self, statistic: str = "p90") -> cloudwatch.Metric:
        return self._of_requests("ModelLatency", statistic)

    def cpu_percent(self) -> cloudwatch.Metric:
        return self._of_instances("CPUUtilization")

    def memory_percent(self) -> cloudwatch.Metric:
        return self._of_instances("MemoryUtilization")

    def disk_percent(self) -> cloudwatch.Metric:
        return self._of_instances("DiskUtilization")

    def _of_requests(self, name: str, statistic: str) -> cloudwatch.Metric:
        return _metric("AWS/SageMaker", name, self._dimensions(), statistic, MINUTE)

    def _of_instances(self, name: str) -> cloudwatch.Metric:
        return _metric("/aws/sagemaker/Endpoints", name, self._dimensions(), "Average", FIVE_MINUTES)

    def _dimensions(self) -> dict[str, str]:
        return {"EndpointName": self.endpoint_name, "VariantName": VARIANT}


@dataclass(frozen=True)
class QueueMetrics:
    """A queue."""

    queue_name: str

    def visible(self) -> cloudwatch.Metric:
        return self._metric("ApproximateNumberOfMessagesVisible")

    def oldest_seconds(self) -> cloudwatch.Metric:
        return self._metric("ApproximateAgeOfOldestMessage")

    def _metric(self, name: str) -> cloudwatch.Metric:
        return _metric("AWS/SQS", name, {"QueueName": self.queue_name}, "Maximum", FIVE_MINUTES)


@dataclass(frozen=True)
class FunctionMetrics:
    """A function."""

    function_name: str

    def errors(self, label: str | None = None) -> cloudwatch.Metric:
        return self._metric("Errors", "Sum", label)

    def duration(self, label: str | None = None) -> cloudwatch.Metric:
        return self._metric("Duration", "Average", label)

    def _metric(self, name: str, statistic: str, label: str | None) -> cloudwatch.Metric:
        return _metric("AWS/Lambda", name, {"FunctionName": self.function_name}, statistic, FIVE_MINUTES, label)


@dataclass(frozen=True)
class MachineMetrics:
    """A state machine."""

    machine_arn: str

    def ended(self, how: str) -> cloudwatch.Metric:
        """Executions that succeeded, failed, timed out or were aborted."""
        return self._metric(f"Executions{how}", "Sum", label=how)

    def duration_milliseconds(self) -> cloudwatch.Metric:
        return self._metric("ExecutionTime", "Average")

    def _metric(self, name: str, statistic: str, label: str | None = None) -> cloudwatch.Metric:
        dimensions = {"StateMachineArn": self.machine_arn}
        return _metric("AWS/States", name, dimensions, statistic, FIVE_MINUTES, label)
