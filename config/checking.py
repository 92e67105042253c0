"""An environment is checked as a whole, when it is chosen."""

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Final

from pydantic import TypeAdapter, ValidationError

from config.mistakes import Mistake, found_by_pydantic
from config.settings import PlatformConfig, SettingsError
from config.settings_rules import RULES

FILE: Final = "config/environments.py"


def checked(config: PlatformConfig) -> PlatformConfig:
    """The environment itself, if it can work.

    Raises:
        SettingsError: with one line per mistake.
    """
    found = _shape(config) or [mistake for rule in RULES for mistake in rule(config)]
    if found:
        raise SettingsError("\n".join(f"{FILE}: {config.stage}: {mistake}" for mistake in found))
    return config


def misspelled(error: TypeError) -> SettingsError:
    """A setting that does not exist stops the file itself: say it as of any other mistake."""
    match = re.search(r"^(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(error))
    kinds = {kind.__name__: kind for kind in (*_parts(PlatformConfig), PlatformConfig)}
    if match is None or match[1] not in kinds:
        return SettingsError(f"{FILE}: {error}; allowed: what config/settings.py has")
    known = ", ".join(field.name for field in dataclasses.fields(kinds[match[1]]))
    return SettingsError(f"{FILE}: {Mistake(f'{match[1]}.{match[2]}', 'is unknown', known)}")


def _parts(kind: type) -> Iterator[type]:
    for field in dataclasses.fields(kind):
        for candidate in (field.type, *getattr(field.type, "__args__", ())):
            if isinstance(candidate, type) and dataclasses.is_dataclass(candidate):
                yield from (candidate, *_parts(candidate))


def _shape(config: PlatformConfig) -> list[Mistake]:
    """Each value by itself. As JSON, because pydantic takes an instance of a plain dataclass on trust."""
    try:
        TypeAdapter(PlatformConfig).validate_json(json.dumps(dataclasses.asdict(config), default=repr), strict=True)
    except ValidationError as error:
        return list(dict.fromkeys(map(found_by_pydantic, error.errors())))
    return []
