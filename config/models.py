"""Read config/models/<name>.toml. A mistake is one line: file, key, what is wrong, what is allowed."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.model_file import MAXIMUM_NAME_LENGTH, ModelFile
from config.model_rules import Mistake, mistakes
from config.settings import ModelDeployment, StepFunctionsConfig
from contract.model import Contract

_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "finite_number": "a finite number",
}


class ModelError(ValueError):
    """A model's file cannot be used; every line of the message is one mistake."""


@dataclass(frozen=True)
class Model:
    """One model: what its file says."""

    file: ModelFile

    @property
    def name(self) -> str:
        return self.file.name

    def contract_json(self) -> str:
        """The data contract in its one canonical spelling."""
        return Contract.from_json(json.dumps(self.file.contract())).to_json()

    def deployment(self, defaults: StepFunctionsConfig) -> ModelDeployment:
        """What the stacks need to know, completed by the environment."""
        file = self.file
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
            serving_instance_type=file.serving.instance_type or defaults.endpoint.instance_type,
            schedule=file.schedule.cron if file.schedule else None,
        )


def load_models(folder: Path) -> tuple[Model, ...]:
    """Every model of the folder, in the order of their names."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ModelError(f"{_shown(folder)}: there is no model; allowed: one TOML file per model")
    models = tuple(load_model(path) for path in paths)
    _require_distinct(folder, models)
    return models


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
    except tomllib.TOMLDecodeError as error:
        found = [Mistake("the file", f"is no TOML: {error}", "TOML as config/models/*.toml have it")]
    except ValidationError as error:
        found = list(dict.fromkeys(_mistake(detail) for detail in error.errors()))
    else:
        if not found:
            return Model(file)
    raise ModelError("\n".join(f"{_shown(path)}: {mistake}" for mistake in found))


def _require_distinct(folder: Path, models: tuple[Model, ...]) -> None:
    """CloudFormation's names have no hyphens, so hyphens alone cannot tell two models apart."""
    seen: dict[str, str] = {}
    for model in models:
        other = seen.setdefault(model.name.replace("-", ""), model.name)
        if other != model.name:
            mistake = Mistake(
                "name", f"differs from {other!r} by hyphens only", "a name that differs in letters or digits"
            )
            raise ModelError(f"{_shown(folder / model.name)}.toml: {mistake}")


def _file_name(path: Path, file: ModelFile) -> Iterator[Mistake]:
    if file.name != path.stem:
        yield Mistake("name", f"is {file.name!r}", f"the file's own name, {path.stem!r}")


def _mistake(detail: ErrorDetails) -> Mistake:
    key, kind, context = _key(detail["loc"]), detail["type"], detail.get("ctx", {})
    if detail["loc"][-1] in _UNION:
        scalars = "hyperparameters" in detail["loc"]
        return Mistake(
            key, f"is {_short(detail['input'])}", "a text, a number, true or false" if scalars else "a number"
        )
    if kind == "missing":
        return Mistake(key, "is missing", "the key is required")
    if kind == "extra_forbidden":
        return Mistake(key, "is unknown", ", ".join(_known_keys(detail["loc"][:-1])))
    if kind == "string_pattern_mismatch":
        allowed = f"lower-case words joined by hyphens, at most {MAXIMUM_NAME_LENGTH} characters, such as 'my-model'"
        return Mistake(key, f"is {detail['input']!r}", allowed)
    return Mistake(key, f"is {_short(detail['input'])}", _allowed(kind, context, detail["msg"]))


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "literal_error":
        return str(context["expected"])
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    """The keys of the table at a place of the file."""
    table: type[BaseModel] = ModelFile
    for part in location:
        if isinstance(part, str):
            annotation = table.model_fields[part].annotation
            candidates = [annotation, *getattr(annotation, "__args__", ())]
            table = next(item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel))
    return list(table.model_fields)


def _key(location: tuple[int | str, ...]) -> str:
    """Like TOML, with the position of an entry of a list counted from one; no names of Python types."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location if part not in _UNION]
    return "".join(parts).lstrip(".")


# pydantic reports each type of a union by itself.
_UNION = ("int", "float", "str", "bool")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _shown(path: Path) -> str:
    """The path as a person types it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
