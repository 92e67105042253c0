"""What carries the model's name in SageMaker, by kind: for its tags, and to take it away."""

from collections.abc import Iterator
from dataclasses import dataclass

from commands.platform import Model
from commands.session import Session


@dataclass(frozen=True)
class Kind:
    """A listing of SageMaker and the members of its answer."""

    name: str
    listing: str
    answer: str
    member: str

    def of(self, session: Session, model: Model) -> Iterator[tuple[str, str]]:
        """Name and ARN of everything of this kind that is the model's."""
        start = model.endpoint
        pages = session.client("sagemaker").get_paginator(self.listing).paginate(NameContains=start)
        for page in pages:
            for entry in page[self.answer]:
                name = entry[f"{self.member}Name"]
                # The name of one model may begin with another's.
                if name == start or name.startswith(f"{start}-"):
                    yield name, entry[f"{self.member}Arn"]


TRAINING_JOBS = Kind("training job", "list_training_jobs", "TrainingJobSummaries", "TrainingJob")
TRANSFORM_JOBS = Kind("transform job", "list_transform_jobs", "TransformJobSummaries", "TransformJob")
MODELS = Kind("model", "list_models", "Models", "Model")
CONFIGS = Kind("endpoint configuration", "list_endpoint_configs", "EndpointConfigs", "EndpointConfig")
ENDPOINTS = Kind("endpoint", "list_endpoints", "Endpoints", "Endpoint")
CREATED_BY_RUNS = (TRAINING_JOBS, TRANSFORM_JOBS, MODELS, CONFIGS, ENDPOINTS)
