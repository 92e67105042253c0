"""Settings of the machines, the same for all models: limits, and how traffic moves."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class TrainingLimits:
    """Limits of a run: its files, and the time of each of its parts."""

    new_files: int
    """What a run takes at most; the rest is for the next one."""
    machine_hours: int
    crawler_poll_seconds: int
    crawler_minutes: int
    etl_minutes: int
    transform_minutes: int
    queue_minutes: int
    """What a job may wait for its instance, before its own clock runs."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Settings of training."""

    approve_automatically: bool
    limits: TrainingLimits


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """The way an endpoint moves from one model to the next; `shift` is all-at-once, canary or linear."""

    shift: str
    bake_seconds: int
    maximum_5xx_errors: int
    maximum_latency_milliseconds: int


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Between how many instances an endpoint moves, and at how many requests per instance and minute."""

    minimum_instances: int
    maximum_instances: int
    invocations_per_instance: int

    @property
    def autoscales(self) -> bool:
        """Tell whether the number of instances follows the requests."""
        return self.maximum_instances > self.minimum_instances


@dataclass(frozen=True, kw_only=True)
class DeploymentLimits:
    """Time limits of a deployment."""

    machine_hours: int
    poll_seconds: int
    endpoint_minutes: int
    """Until an endpoint is settled, a rollback included."""

    @property
    def endpoint_looks(self) -> int:
        """Number of looks at an endpoint that changes."""
        return self.endpoint_minutes * 60 // self.poll_seconds

    @property
    def update_seconds(self) -> int:
        """Time that SageMaker is given for an update; the last third of our patience is for the way back."""
        return self.endpoint_minutes * 40


@dataclass(frozen=True, kw_only=True)
class DeploymentSettings:
    """Settings of serving."""

    traffic: Traffic
    scaling: Scaling
    capture_percentage: int
    golden_requests: int
    limits: DeploymentLimits

    def __post_init__(self) -> None:
        waits, given = 3 * self.traffic.bake_seconds, self.limits.update_seconds
        if waits >= given:
            raise ValueError(
                f"a bake of {self.traffic.bake_seconds} s can make an update wait {waits} s, but SageMaker is given "
                f"{given} s for it; allowed: a bake under {given // 3} s, or a longer endpoint timeout"
            )
