"""What can be tuned, per module. A stack receives its own part and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Cpu = Literal["arm64", "x86_64"]
TrafficShift = Literal["all-at-once", "canary", "linear"]


class SettingsError(ValueError):
    """A value that cannot work; the message says which, and what is allowed."""


def _require(condition: bool, problem: str, allowed: str) -> None:
    if not condition:
        raise SettingsError(f"config/environments.py: {problem}; allowed: {allowed}")


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """One VPC, with the same address range in every account it stands in."""

    cidr: str = "10.0.0.0/16"
    availability_zones: int = 2
    nat_gateways: int = 1
    interface_endpoints: bool = False
    log_retention_days: int = 30

    def __post_init__(self) -> None:
        _require(self.availability_zones >= 2, f"availability_zones is {self.availability_zones}", "2 or more")
        _require(
            self.nat_gateways > 0 or self.interface_endpoints,
            "nat_gateways is 0 without interface_endpoints, so functions in the VPC reach no service",
            "nat_gateways >= 1, or interface_endpoints = True",
        )


@dataclass(frozen=True, kw_only=True)
class IamConfig:
    """Rules of the organisation for every role."""

    permissions_boundary: str | None = None
    """Name of a managed policy in the account."""


@dataclass(frozen=True, kw_only=True)
class StorageConfig:
    """How long things are kept."""

    keep_on_delete: bool = True
    noncurrent_version_days: int = 90
    access_log_days: int = 365
    capture_days: int = 90


@dataclass(frozen=True, kw_only=True)
class GlueConfig:
    """The ETL job and the crawlers."""

    version: str = "5.1"
    worker_type: str = "G.1X"
    worker_count: int = 2
    timeout_minutes: int = 60
    maximum_concurrent_runs: int = 10
    """One per model that may be trained at the same time."""
    lake_formation: bool = False
    """Grant the crawler and the job their Lake Formation permissions, for accounts that use it."""

    def __post_init__(self) -> None:
        _require(self.worker_count >= 2, f"worker_count is {self.worker_count}", "2 or more, as Glue demands")


@dataclass(frozen=True, kw_only=True)
class LambdaConfig:
    """What the functions run on; bundles are made for exactly this."""

    python_version: str = "3.12"
    cpu: Cpu = "arm64"
    package_platform: str = "aarch64-manylinux_2_28"
    log_retention_days: int = 30


@dataclass(frozen=True, kw_only=True)
class SageMakerConfig:
    """Studio and what training and serving leave behind."""

    studio: bool = True
    studio_user: str = "data-scientist"
    keep_on_delete: bool = True
    log_retention_days: int = 30


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """How models are served, unless a model says otherwise."""

    instance_type: str = "ml.t2.medium"
    instance_count: int = 1
    maximum_instance_count: int = 1
    """Above instance_count the deployment machine registers autoscaling."""
    invocations_per_instance: int = 1000
    """Target of autoscaling, per minute."""
    traffic_shift: TrafficShift = "all-at-once"
    bake_seconds: int = 300
    """How long old and new fleet stand beside each other while the alarm watches."""
    data_capture_percentage: int = 20
    maximum_5xx_errors: int = 1
    """So many 5XX answers of the new fleet in a minute roll the update back."""

    def __post_init__(self) -> None:
        _require(
            1 <= self.instance_count <= self.maximum_instance_count,
            f"instance_count is {self.instance_count} and maximum_instance_count {self.maximum_instance_count}",
            "1 <= instance_count <= maximum_instance_count",
        )
        _require(
            self.traffic_shift == "all-at-once" or self.instance_count >= 2,
            f"traffic_shift is {self.traffic_shift} with {self.instance_count} instance",
            "all-at-once, or instance_count >= 2, because SageMaker shifts at most half of the fleet first",
        )
        _require(
            0 <= self.bake_seconds <= 3600, f"bake_seconds is {self.bake_seconds}", "0 to 3600, as SageMaker demands"
        )
        _require(
            0 <= self.data_capture_percentage <= 100,
            f"data_capture_percentage is {self.data_capture_percentage}",
            "0 (off) to 100",
        )
        autoscales = self.maximum_instance_count > self.instance_count
        _require(
            not autoscales or not self.instance_type.startswith("ml.t2."),
            f"instance_type is {self.instance_type} with autoscaling up to {self.maximum_instance_count}",
            "any type but ml.t2.*, which cannot be scaled automatically",
        )


@dataclass(frozen=True, kw_only=True)
class StepFunctionsConfig:
    """The order of the work: waits and limits. The same in every environment unless said."""

    approve_automatically: bool = False
    delete_registry: bool = False
    """On destroy also remove the model packages, so that their groups can go."""
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    transform_instance_type: str = "ml.m5.large"
    crawler_poll_seconds: int = 15
    crawler_timeout_minutes: int = 30
    endpoint_poll_seconds: int = 15
    endpoint_timeout_minutes: int = 90
    etl_timeout_minutes: int = 75
    training_queue_minutes: int = 30
    """Added to a model's maximum runtime: time that a job may wait for its instance."""
    transform_timeout_minutes: int = 60
    training_machine_timeout_hours: int = 12
    deployment_machine_timeout_hours: int = 4
    golden_request_count: int = 20
    batching_window_seconds: int = 60
    log_retention_days: int = 30


@dataclass(frozen=True, kw_only=True)
class MonitoringConfig:
    """When people are told, and who."""

    alarm_emails: tuple[str, ...] = ()
    maximum_5xx_errors: int = 1
    maximum_latency_milliseconds: int = 1000
    maximum_queue_age_minutes: int = 60
    monthly_budget_usd: int | None = None
    log_retention_days: int = 30

    def __post_init__(self) -> None:
        _require(
            self.monthly_budget_usd is None or bool(self.alarm_emails),
            f"monthly_budget_usd is {self.monthly_budget_usd} without alarm_emails",
            "a budget together with at least one address to warn",
        )


@dataclass(frozen=True, kw_only=True)
class ModelDeployment:
    """What the stacks need to know of one model, taken from its TOML file and its environment."""

    name: str
    description: str
    problem: Literal["binary", "multiclass", "regression"]
    separator: str
    quote: str
    header: bool
    column_names: tuple[str, ...]
    official_holdout: bool
    training_instance_type: str
    training_volume_gib: int
    training_maximum_runtime_minutes: int
    transform_instance_type: str
    serving_instance_type: str
    schedule: str | None


@dataclass(frozen=True, kw_only=True)
class PlatformConfig:
    """One environment. No account and no region: these come from the command line's credentials."""

    stage: str
    network: NetworkConfig = field(default_factory=NetworkConfig)
    iam: IamConfig = field(default_factory=IamConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    glue: GlueConfig = field(default_factory=GlueConfig)
    functions: LambdaConfig = field(default_factory=LambdaConfig)
    sagemaker: SageMakerConfig = field(default_factory=SageMakerConfig)
    step_functions: StepFunctionsConfig = field(default_factory=StepFunctionsConfig)
    monitoring: MonitoringConfig = field(default_factory=MonitoringConfig)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """What every physical name begins with, so that two stages can share an account."""
        return f"mlops-{self.stage}"
