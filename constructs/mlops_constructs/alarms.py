"""Alarms that wake somebody. Failed executions are not here: the notifier tells each of them, once."""

from typing import Final, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs.metrics import EndpointMetrics, FunctionMetrics, QueueMetrics, RunMetrics

MICROSECONDS: Final = 1000  # in a millisecond: SageMaker measures latency in microseconds
SLOW_MINUTES: Final = 5


class Alarms(Construct):
    """Every alarm says what to do, and no data is no alarm."""

    def __init__(self, scope: Construct, construct_id: str, *, topic: sns.ITopic) -> None:
        super().__init__(scope, construct_id)
        self._topic = topic

    def watch_endpoint(
        self, model: str, metrics: EndpointMetrics, *, maximum_5xx_errors: int, maximum_latency_milliseconds: int
    ) -> None:
        """Answers that fail through no fault of the caller, and answers that come late."""
        self._alarm(
            f"{model}-5xx",
            f"The endpoint of {model} fails: look at its log group, or go back to the version before",
            metrics.server_errors(),
            maximum_5xx_errors,
        )
        self._alarm(
            f"{model}-latency",
            f"The endpoint of {model} is slow: look at CPU and memory on the dashboard, and give it more instances",
            metrics.latency_microseconds(),
            maximum_latency_milliseconds * MICROSECONDS,
            periods=SLOW_MINUTES,
        )

    def watch_runs(self, model: str, metrics: RunMetrics) -> None:
        """Runs that went on in spite of something."""
        self._alarm(
            f"{model}-warnings",
            f"A run of {model} went on in spite of something: mlops runs {model} RUN shows what",
            metrics.warnings(),
            1,
        )

    def watch_queue(self, queue: QueueMetrics, dead_letters: QueueMetrics, *, maximum_age_minutes: int) -> None:
        """Events that the starter does not get done."""
        self._alarm(
            "intake-age",
            "Uploads or approvals wait: look at the log of the starter",
            queue.oldest_seconds(),
            maximum_age_minutes * 60,
        )
        self.watch_dead_letters("intake", dead_letters)

    def watch_dead_letters(self, name: str, dead_letters: QueueMetrics) -> None:
        """Events that were given up."""
        self._alarm(
            f"{name}-dead-letters",
            f"Messages for {name} were given up: read them in the queue, mend the cause, send them again",
            dead_letters.visible(),
            1,
        )

    def watch_function(self, name: str, function: FunctionMetrics) -> None:
        """A function that nobody else watches."""
        self._alarm(f"{name}-errors", f"The function {name} fails: look at its log", function.errors(), 1)

    def _alarm(
        self, name: str, description: str, metric: cloudwatch.IMetric, threshold: float, *, periods: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(cast(cloudwatch.IAlarmAction, actions.SnsAction(self._topic)))
