"""Every name of ministack that this extension uses, in one place, so that a new version fails with one clear line."""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata

import rehearsal.emulator as emulator

MINISTACK_VERSION = "1.5.33"
NOT_MODULES = ("rehearsal.emulator.__main__", "rehearsal.emulator.guard")
WORKER_SUFFIX = "_worker"


class WrongMinistack(Exception):
    """The installed ministack is not the one this extension was written for."""


def private_names() -> dict[str, tuple[str, ...]]:
    """Module of ministack -> the names that the extension reads or replaces there."""
    collected: dict[str, set[str]] = {}
    for module_name in _module_names():
        module = importlib.import_module(module_name)
        for target, names in getattr(module, "PRIVATE_NAMES", {}).items():
            collected.setdefault(target, set()).update(names)
    return {target: tuple(sorted(names)) for target, names in sorted(collected.items())}


def missing_names() -> list[str]:
    """The pinned names that the installed ministack does not have."""
    missing = []
    for target, names in private_names().items():
        module = importlib.import_module(target)
        missing += [f"{target}.{name}" for name in names if not hasattr(module, name)]
    return missing


def check() -> None:
    """Refuse to start on another ministack than the one that was tested."""
    installed = metadata.version("ministack")
    if installed != MINISTACK_VERSION:
        raise WrongMinistack(f"ministack {installed} is installed, this rehearsal is made for {MINISTACK_VERSION}")


def _module_names() -> list[str]:
    walked = pkgutil.walk_packages(emulator.__path__, prefix=f"{emulator.__name__}.")
    names = [module.name for module in walked]
    return [name for name in names if name not in NOT_MODULES and not name.endswith(WORKER_SUFFIX)]
