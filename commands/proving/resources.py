"""Resources of SageMaker that carry the model's name, by kind: for its tags, and to take it away."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from commands.platform import Model
from commands.session import Session

# <endpoint>-<run>-train-00, <endpoint>-v<version>-<run>, <endpoint>-v<version>-<run>-guard-errors.
MADE_BY_A_RUN = re.compile(r"(-v\d+)?-\d{12}(-[a-z0-9-]+)?", re.ASCII)


def is_of(model: Model, name: str) -> bool:
    """Tell whether a run of the model gave the name. Another model's may begin with it: churn and churn-monthly."""
    start = model.endpoint
    return name == start or (name.startswith(start) and bool(MADE_BY_A_RUN.fullmatch(name, len(start))))


@dataclass(frozen=True)
class Kind:
    """A listing of SageMaker and the members of its answer."""

    name: str
    listing: str
    answer: str
    member: str

    def of(self, session: Session, model: Model, **only: Any) -> Iterator[tuple[str, str]]:
        """Name and ARN of everything of this kind that is the model's; `only` narrows the listing."""
        pages = session.client("sagemaker").get_paginator(self.listing).paginate(NameContains=model.endpoint, **only)
        for page in pages:
            for entry in page[self.answer]:
                name = entry[f"{self.member}Name"]
                if is_of(model, name):
                    yield name, entry[f"{self.member}Arn"]


TRAINING_JOBS = Kind("training job", "list_training_jobs", "TrainingJobSummaries", "TrainingJob")
TRANSFORM_JOBS = Kind("transform job", "list_transform_jobs", "TransformJobSummaries", "TransformJob")
MODELS = Kind("model", "list_models", "Models", "Model")
CONFIGS = Kind("endpoint configuration", "list_endpoint_configs", "EndpointConfigs", "EndpointConfig")
ENDPOINTS = Kind("endpoint", "list_endpoints", "Endpoints", "Endpoint")
CREATED_BY_RUNS = (TRAINING_JOBS, TRANSFORM_JOBS, MODELS, CONFIGS, ENDPOINTS)
