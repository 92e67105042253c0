"""Read config/models/<name>.toml. A mistake is one line: file, key, what is wrong, what is allowed."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config import instance_types
from config.mistakes import Mistake, found_by_pydantic, key_of
from config.model_file import ModelFile
from config.model_rules import mistakes
from config.settings import ModelDeployment, StepFunctionsConfig
from contract.model import MAXIMUM_NAME_LENGTH, Contract


class ModelError(ValueError):
    """A model's file cannot be used; every line of the message is one mistake."""


@dataclass(frozen=True)
class Model:
    """One model: what its file says."""

    path: Path
    file: ModelFile

    @property
    def name(self) -> str:
        return self.file.name

    def contract_json(self) -> str:
        """The data contract in its one canonical spelling."""
        return Contract.from_json(json.dumps(self.file.contract())).to_json()

    def deployment(self, defaults: StepFunctionsConfig) -> ModelDeployment:
        """The model as the stacks need it, completed by the environment.

        Raises:
            ModelError: if the environment asks more of the model's endpoint than its instances can do.
        """
        file, endpoint = self.file, defaults.endpoint
        serving_instance_type = file.serving.instance_type or endpoint.instance_type
        if endpoint.autoscales and not instance_types.can_autoscale(serving_instance_type):
            said = f"is {serving_instance_type!r}, and this environment scales up to {endpoint.maximum_instance_count}"
            mistake = Mistake("serving.instance_type", said, instance_types.THAT_AUTOSCALE)
            raise ModelError(f"{_shown(self.path)}: {mistake}")
        return ModelDeployment(
            name=file.name,
            description=file.description,
            problem=file.problem,
            separator=file.format.separator,
            quote=file.format.quote,
            header=file.format.header,
            column_names=tuple(column.name for column in file.columns),
            official_holdout=file.split.holdout == "official",
            training_instance_type=file.training.instance_type,
            training_volume_gib=file.training.volume_gib,
            training_maximum_runtime_minutes=file.training.maximum_runtime_minutes,
            transform_instance_type=defaults.transform_instance_type,
            serving_instance_type=serving_instance_type,
            schedule=file.schedule.cron if file.schedule else None,
        )


def load_models(folder: Path) -> tuple[Model, ...]:
    """Every model of the folder, in the order of their names."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ModelError(f"{_shown(folder)}: there is no model; allowed: one TOML file per model")
    models: list[Model] = []
    problems: list[str] = []
    for path in paths:
        try:
            models.append(load_model(path))
        except ModelError as error:
            problems.append(str(error))
    problems += _too_much_alike(models)
    if problems:
        raise ModelError("\n".join(problems))
    return tuple(models)


def load_model(path: Path) -> Model:
    """One model.

    Raises:
        ModelError: with one line per mistake.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        file = ModelFile.model_validate(raw)
        found = [*_file_name(path, file), *mistakes(file)]
    except UnicodeDecodeError as error:
        found = [Mistake("the file", f"is not UTF-8 at byte {error.start}", "UTF-8 text")]
    except ValidationError as error:
        found = list(dict.fromkeys(_mistake(detail) for detail in error.errors()))
    except ValueError as error:
        # Of tomllib, and of Python where a number has thousands of digits.
        found = [Mistake("the file", f"is no TOML: {error}", "TOML as config/models/*.toml have it")]
    else:
        if not found:
            return Model(path, file)
    raise ModelError("\n".join(f"{_shown(path)}: {mistake}" for mistake in found))


def _too_much_alike(models: list[Model]) -> Iterator[str]:
    """CloudFormation's names have no hyphens, so hyphens alone cannot tell two models apart."""
    seen: dict[str, str] = {}
    for model in models:
        other = seen.setdefault(model.name.replace("-", ""), model.name)
        if other != model.name:
            allowed = "a name that differs in letters or digits"
            yield f"{_shown(model.path)}: {Mistake('name', f'differs from {other!r} by hyphens only', allowed)}"


def _file_name(path: Path, file: ModelFile) -> Iterator[Mistake]:
    if file.name != path.stem:
        yield Mistake("name", f"is {file.name!r}", f"the file's own name, {path.stem!r}")


def _mistake(detail: ErrorDetails) -> Mistake:
    if detail["type"] == "extra_forbidden":
        return Mistake(key_of(detail["loc"]), "is unknown", ", ".join(_known_keys(detail["loc"][:-1])))
    if detail["type"] == "string_pattern_mismatch":
        allowed = f"lower-case words joined by hyphens, at most {MAXIMUM_NAME_LENGTH} characters, such as 'my-model'"
        return Mistake(key_of(detail["loc"]), f"is {detail['input']!r}", allowed)
    return found_by_pydantic(detail)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at a place of the file."""
    table: type[BaseModel] = ModelFile
    for part in location:
        if isinstance(part, str):
            annotation = table.model_fields[part].annotation
            candidates = [annotation, *getattr(annotation, "__args__", ())]
            table = next(item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel))
    return list(table.model_fields)


def _shown(path: Path) -> str:
    """The path as a person types it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
