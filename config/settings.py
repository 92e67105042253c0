"""The settings of each module. A stack receives its own part and nothing else.

The text below a field is its description in the settings reference. What a value may be stands in its type; what two
values must agree on stands in settings_rules.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

Cpu = Literal["arm64", "x86_64"]
PythonVersion = Literal["3.11", "3.12", "3.13"]
TrafficShift = Literal["all-at-once", "canary", "linear"]
RetentionDays = Literal[7, 14, 30, 90, 180, 365, 731]
Count = Annotated[int, Field(ge=1)]


class SettingsError(ValueError):
    """Values that cannot work; every line of the message is one mistake."""


@dataclass(frozen=True, kw_only=True)
class ExistingVpc:
    """A VPC that somebody else looks after. Its private subnets must reach S3 and DynamoDB already."""

    vpc_id: str
    """Id of the VPC, such as vpc-0123456789abcdef0."""
    private_subnet_ids: tuple[str, ...]
    """Two or more subnets, in which functions, jobs, endpoints and Studio run."""
    availability_zones: tuple[str, ...]
    """The zone of each subnet, in the same order, such as eu-west-1a."""


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """One VPC, with the same address range in every account it stands in; or one that exists."""

    cidr: str = "10.0.0.0/16"
    """Addresses of the VPC."""
    availability_zones: Annotated[int, Field(ge=2, le=6)] = 2
    """How many zones have a public and a private subnet."""
    nat_gateways: Annotated[int, Field(ge=0)] = 1
    """How many NAT gateways the private subnets share on their way out; 0 makes a VPC without internet."""
    interface_endpoints: bool = False
    """Whether AWS services get endpoints inside the VPC; they cost money by the hour, and replace the NAT gateway."""
    log_retention_days: RetentionDays = 30
    """How long flow logs are kept."""
    existing_vpc: ExistingVpc | None = None
    """A VPC to move into: then only security groups and, if wanted, interface endpoints are made."""


@dataclass(frozen=True, kw_only=True)
class IamConfig:
    """Rules of the organisation for every role."""

    permissions_boundary: str | None = None
    """Name of a managed policy in the account that bounds every role."""
    role_prefix: str | None = None
    """How the name of every role begins where the organisation demands it; without it, CloudFormation names them.
    Named roles allow one region per account and stage. Choose before the first deployment."""


@dataclass(frozen=True, kw_only=True)
class StorageConfig:
    """Retention of data, versions and logs."""

    keep_on_delete: bool = True
    """Whether data, models, images, key and run table survive the stack."""
    noncurrent_version_days: Count = 90
    """How long replaced and deleted versions of objects can be brought back."""
    access_log_days: Count = 365
    """How long the log of every access to a bucket is kept."""
    capture_days: Count = 90
    """How long captured requests of the endpoints are kept."""


@dataclass(frozen=True, kw_only=True)
class GlueConfig:
    """The ETL job and the crawlers."""

    version: Literal["5.0", "5.1"] = "5.1"
    """Version of Glue that the ETL job runs on."""
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = "G.1X"
    """Size of the ETL job's workers."""
    worker_count: Annotated[int, Field(ge=2)] = 2
    """How many workers the ETL job gets; Glue demands two."""
    timeout_minutes: Count = 60
    """How long one ETL job may run."""
    maximum_concurrent_runs: Count = 10
    """One per model that may be trained at the same time."""
    lake_formation: bool = False
    """Grant the crawler and the job their Lake Formation permissions, for accounts that use it."""


@dataclass(frozen=True, kw_only=True)
class LambdaConfig:
    """Runtime of the functions; bundles are made for exactly this."""

    python_version: PythonVersion = "3.12"
    """Version of Python."""
    cpu: Cpu = "arm64"
    """Processor of the functions."""
    package_platform: str = "aarch64-manylinux_2_28"
    """The same processor and its system in the words of the installer that makes the bundles."""
    log_retention_days: RetentionDays = 30
    """How long the functions' logs are kept."""


@dataclass(frozen=True, kw_only=True)
class SageMakerConfig:
    """Studio and what training and serving leave behind."""

    studio: bool = True
    """Whether there is a Studio domain."""
    studio_user: str = "data-scientist"
    """Name of the one profile in Studio."""
    keep_on_delete: bool = True
    """Whether package groups and Studio's domain survive the stack."""
    log_retention_days: RetentionDays = 30
    """How long the endpoints' logs are kept."""


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """Serving of models, unless a model says otherwise."""

    instance_type: str = "ml.t2.medium"
    """Instance type of the endpoints."""
    instance_count: Count = 1
    """How many instances an endpoint starts with, and keeps at least."""
    maximum_instance_count: Count = 1
    """Above instance_count the deployment machine registers autoscaling."""
    invocations_per_instance: Count = 1000
    """Target of autoscaling, per minute."""
    traffic_shift: TrafficShift = "all-at-once"
    """How an update moves traffic to the new fleet."""
    # A minute that the alarm counts, and up to two until SageMaker's metrics have arrived in CloudWatch.
    bake_seconds: Annotated[int, Field(ge=180, le=3600)] = 300
    """How long old and new fleet stand beside each other while the alarms watch. An alarm sees a failed request up to
    three minutes later, so a shorter bake, or none, could never roll an update back."""
    data_capture_percentage: Annotated[int, Field(ge=0, le=100)] = 20
    """Share of requests that are captured; 0 captures none."""
    maximum_5xx_errors: Count = 1
    """So many 5XX answers of the new fleet in a minute roll the update back."""
    maximum_latency_milliseconds: Count = 1000
    """The new fleet's mean time for an answer, over a minute, that rolls the update back."""

    @property
    def autoscales(self) -> bool:
        """Tell whether the number of instances follows the requests."""
        return self.maximum_instance_count > self.instance_count


@dataclass(frozen=True, kw_only=True)
class StepFunctionsConfig:
    """The order of the work: waits and limits. The same in every environment unless said."""

    approve_automatically: bool = False
    """Whether a model version that passed its gates is approved without a person."""
    delete_registry: bool = False
    """On destroy also remove the model packages, so that their groups can go."""
    endpoint: EndpointConfig = field(default_factory=EndpointConfig)
    """How models are served."""
    transform_instance_type: str = "ml.m5.large"
    """Instance type that scores the hold-out."""
    new_files_per_run: Annotated[int, Field(ge=2, le=100_000)] = 1000
    """A run takes at most so many new files, the oldest first; the next run takes the rest by itself."""
    crawler_poll_seconds: Count = 15
    """Time between two looks at the crawler."""
    crawler_timeout_minutes: Count = 30
    """How long a crawl may take."""
    endpoint_poll_seconds: Count = 15
    """Time between two looks at an endpoint that changes."""
    endpoint_timeout_minutes: Count = 90
    """Until an endpoint is settled, a rollback included."""
    etl_timeout_minutes: Count = 75
    """How long the ETL state waits: the job's own limit, and time to start."""
    training_queue_minutes: Count = 30
    """Added to a model's maximum runtime: time that a job may wait for its instance."""
    transform_timeout_minutes: Count = 60
    """How long scoring the hold-out may take."""
    training_machine_timeout_hours: Count = 12
    """How long a whole training run may take."""
    deployment_machine_timeout_hours: Count = 4
    """How long a whole deployment may take."""
    golden_request_count: Count = 20
    """How many rows of the hold-out are sent to an endpoint while it is updated."""
    batching_window_seconds: Annotated[int, Field(ge=1, le=300)] = 60
    """Uploads within this time become one run. Lambda takes batches of more than ten messages with a window only."""
    log_retention_days: RetentionDays = 30
    """How long the state machines' logs are kept."""


@dataclass(frozen=True, kw_only=True)
class MonitoringConfig:
    """Addresses of alerts, and the limits that raise them."""

    alarm_emails: tuple[str, ...] = ()
    """Addresses that alarms and failures are sent to; each must confirm a mail of SNS once."""
    maximum_5xx_errors: Count = 1
    """So many 5XX answers of an endpoint in a minute raise an alarm."""
    maximum_latency_milliseconds: Count = 1000
    """Answers that take longer than this for five minutes raise an alarm."""
    maximum_queue_age_minutes: Count = 60
    """An upload or approval that nobody took up for so long raises an alarm."""
    monthly_budget_usd: Count | None = None
    """A budget for everything that carries the platform's tag; it warns at 80 and at 100 percent."""
    log_retention_days: RetentionDays = 30
    """How long the notifier's logs are kept."""


@dataclass(frozen=True, kw_only=True)
class ModelDeployment:
    """One model as the stacks need it, taken from its TOML file and its environment."""

    name: str
    """The model's name."""
    description: str
    """What the model answers."""
    problem: Literal["binary", "multiclass", "regression"]
    """What kind of answer it gives."""
    separator: str
    """Character between two values of an uploaded file."""
    quote: str
    """Character around values that hold a separator."""
    header: bool
    """Whether uploaded files begin with the columns' names."""
    column_names: tuple[str, ...]
    """The columns of an uploaded file, the target included."""
    official_holdout: bool
    """Whether the hold-out is a file of its own under holdout/."""
    training_instance_type: str
    """Instance type of the training job."""
    training_volume_gib: int
    """Disk of the training job."""
    training_maximum_runtime_minutes: int
    """How long a training job may run."""
    transform_instance_type: str
    """Instance type that scores the hold-out."""
    serving_instance_type: str
    """Instance type of the endpoint."""
    schedule: str | None
    """Cron expression of runs that no upload asks for."""

    def settings(self) -> dict[str, str | int | bool]:
        """The model's settings document: what executions know of it, under the names that it has here."""
        return {
            "problem": self.problem,
            "official_holdout": self.official_holdout,
            "training_instance_type": self.training_instance_type,
            "training_volume_gib": self.training_volume_gib,
            "training_maximum_runtime_minutes": self.training_maximum_runtime_minutes,
            "transform_instance_type": self.transform_instance_type,
            "serving_instance_type": self.serving_instance_type,
        }


@dataclass(frozen=True, kw_only=True)
class PlatformConfig:
    """One environment. No account and no region: these come from the command line's credentials."""

    stage: str
    """Name of the environment, as in --context stage=dev: lower-case letters and digits."""
    name: str = "mlops"
    """Name of the platform: every physical name begins with <name>-<stage>, which has at most 15 characters."""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Where everything runs."""
    iam: IamConfig = field(default_factory=IamConfig)
    """Who may act."""
    storage: StorageConfig = field(default_factory=StorageConfig)
    """Where things lie."""
    glue: GlueConfig = field(default_factory=GlueConfig)
    """How uploads become clean data."""
    functions: LambdaConfig = field(default_factory=LambdaConfig)
    """What the functions run on."""
    sagemaker: SageMakerConfig = field(default_factory=SageMakerConfig)
    """Studio, registry and logs of the endpoints."""
    step_functions: StepFunctionsConfig = field(default_factory=StepFunctionsConfig)
    """The order of the work."""
    monitoring: MonitoringConfig = field(default_factory=MonitoringConfig)
    """What a person is told."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tags for everything, beside the tag platform, which is <name>-<stage>."""

    @property
    def prefix(self) -> str:
        """The beginning of every physical name, so that two stages can share an account."""
        return f"{self.name}-{self.stage}"
