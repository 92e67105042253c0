"""The platform's models and their settings, as the step-functions stack keeps them in Parameter Store."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from contract.model import MAXIMUM_NAME_LENGTH, MODEL_NAME

RAW, HOLDOUT = "raw", "holdout"
MODEL = re.compile(MODEL_NAME)


def is_model_name(text: str) -> bool:
    """Tell whether a model may have this name."""
    return bool(MODEL.fullmatch(text)) and len(text) <= MAXIMUM_NAME_LENGTH


def model_of_key(key: str) -> tuple[str, str] | None:
    """The area and the model that a key below raw/<model>/ or holdout/<model>/ names, whether there is one or not."""
    area, _, rest = key.partition("/")
    model, slash, _ = rest.partition("/")
    return (area, model) if area in (RAW, HOLDOUT) and slash and is_model_name(model) else None


class Models:
    """One parameter per model below a path; its value is the settings document of the model's TOML file."""

    def __init__(self, ssm: Any, path: str, *, keep_seconds: float = 0.0) -> None:
        self._ssm = ssm
        self._path = path
        self._keep_seconds = keep_seconds
        self._kept: dict[str, tuple[float, Mapping[str, Any] | None]] = {}

    def settings(self, model: str) -> Mapping[str, Any] | None:
        """The model's settings, at most `keep_seconds` old; None if the platform has no such model."""
        asked, kept = self._kept.get(model, (0.0, None))
        if not asked or time.monotonic() - asked > self._keep_seconds:
            kept = self._read(model)
            self._kept[model] = (time.monotonic(), kept)
        return kept

    def _read(self, model: str) -> Mapping[str, Any] | None:
        try:
            found = self._ssm.get_parameter(Name=f"{self._path}/{model}")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise
        return json.loads(found["Parameter"]["Value"])

    def names(self) -> tuple[str, ...]:
        """The names of all models, sorted."""
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._path)
        return tuple(sorted(each["Name"].rpartition("/")[2] for page in pages for each in page["Parameters"]))
