"""The run's manifest: exactly which versions of which objects a run works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ManifestObject:
    """One uploaded object, pinned by version."""

    key: str
    version_id: str
    etag: str
    size: int
    source: str
    role: str
    new: bool


@dataclass(frozen=True)
class Manifest:
    """The current objects inside the model's window, as far as this run takes them."""

    model: str
    run: str
    created_at: str
    objects: tuple[ManifestObject, ...]
    files_left: int = 0
    """Files that arrived and are for the next run."""
    refused_keys: tuple[str, ...] = ()
    """Files that no run takes because of their names, escaped."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Manifest:
        """From the parsed manifest file."""
        objects = tuple(ManifestObject(**entry) for entry in value["objects"])
        left, refused = value.get("files_left", 0), tuple(value.get("refused_keys", ()))
        return cls(value["model"], value["run"], value["created_at"], objects, left, refused)

    def to_json(self) -> dict[str, Any]:
        """The manifest file's value."""
        return asdict(self) | {"objects": [asdict(entry) for entry in self.objects]}

    @property
    def new_objects(self) -> tuple[ManifestObject, ...]:
        """The objects that no accepted run has used yet."""
        return tuple(entry for entry in self.objects if entry.new)
