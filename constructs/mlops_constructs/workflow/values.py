"""The values that machines are written from: plain ones, some of them tokens until the template is written."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from mlops_constructs.workflow.tuning import DeploymentSettings, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Places:
    """The buckets and the table, by name, and the key under which services write."""

    data_bucket: str
    models_bucket: str
    artifacts_bucket: str
    key_arn: str
    run_table: str

    def data(self, area: str, model: str) -> str:
        """A model's area of the data bucket."""
        return f"s3://{self.data_bucket}/{area}/{model}/"


@dataclass(frozen=True, kw_only=True)
class Functions:
    """The functions that states call, by ARN."""

    write_manifest: str
    gate: str
    validate_data: str
    evaluate_model: str
    golden_requests: str

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Their names among all functions of the platform."""
        return tuple(field.name for field in fields(cls))


@dataclass(frozen=True, kw_only=True)
class Container:
    """The image, roles and network in which SageMaker runs our code."""

    image: str
    training_role_arn: str
    serving_role_arn: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]

    @property
    def network(self) -> dict[str, list[str]]:
        """SageMaker's VpcConfig."""
        return {"SecurityGroupIds": list(self.security_group_ids), "Subnets": list(self.subnet_ids)}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Values that all models share."""

    prefix: str
    functions: Functions
    places: Places
    container: Container
    etl_job: str
    tags: Mapping[str, str]
    """Tags of everything that the machines create, beside the tag model."""


@dataclass(frozen=True, kw_only=True)
class ModelNames:
    """The names of one model's resources; `prefix` begins the names of all that its machines create."""

    model: str
    prefix: str
    package_group: str
    crawler: str

    @property
    def endpoint(self) -> str:
        """The endpoint is the one thing that carries the bare prefix."""
        return self.prefix


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """Everything one model's two machines are written from."""

    surroundings: Surroundings
    names: ModelNames
    contract_uri: str
    code_uri: str
    code_file: str
    training: TrainingSettings
    deployment: DeploymentSettings

    @property
    def places(self) -> Places:
        """The buckets, the run table and the key."""
        return self.surroundings.places

    @property
    def functions(self) -> Functions:
        """The functions that states call."""
        return self.surroundings.functions

    @property
    def container(self) -> Container:
        """The image, roles and network of our code."""
        return self.surroundings.container

    @property
    def tags(self) -> list[dict[str, str]]:
        """Cost allocation tags of what the machines create: those of every resource, and the model."""
        tags = {**self.surroundings.tags, "model": self.names.model}
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def data(self, area: str) -> str:
        """This model's area of the data bucket."""
        return self.places.data(area, self.names.model)
