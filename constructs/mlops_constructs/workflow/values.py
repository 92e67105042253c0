"""The values that machines are written from: plain ones, some of them tokens until the template is written."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from mlops_constructs.workflow.names import MODEL
from mlops_constructs.workflow.tuning import DeploymentSettings, TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Places:
    """The buckets and the table, by name, and the key under which services write."""

    data_bucket: str
    models_bucket: str
    artifacts_bucket: str
    key_arn: str
    run_table: str


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
class Workflow:
    """Everything that the two machines are written from; what a model says reaches them with each execution."""

    prefix: str
    functions: Functions
    places: Places
    container: Container
    etl_job: str
    contracts_uri: str
    """The archive of all models' contracts."""
    code_uri: str
    code_file: str
    training: TrainingSettings
    deployment: DeploymentSettings
    shared_tags: Mapping[str, str]
    """Tags of everything that the machines create, beside the tag model."""

    @property
    def tags(self) -> list[dict[str, str]]:
        """Cost allocation tags of what the machines create: those of every resource, and the model."""
        tags = {**self.shared_tags, "model": MODEL}
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def data(self, area: str) -> str:
        """An area of the data bucket, in which every model has a folder."""
        return f"s3://{self.places.data_bucket}/{area}/"
