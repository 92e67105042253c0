"""From the bucket's versions to the run's manifest. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contract.manifest import Manifest, ManifestObject
from contract.text import one_line

TRAINING = "training"
HOLDOUT = "holdout"


@dataclass(frozen=True)
class Upload:
    """The current version of one object."""

    key: str
    version_id: str
    etag: str
    size: int
    last_modified: datetime


def current_uploads(versions: Iterable[Mapping[str, Any]]) -> Iterator[Upload]:
    """Versions that a reader of the bucket sees; folder markers are no data."""
    for version in versions:
        if version["IsLatest"] and not version["Key"].endswith("/"):
            yield Upload(
                key=version["Key"],
                version_id=version["VersionId"],
                etag=version["ETag"].strip('"'),
                size=version["Size"],
                last_modified=version["LastModified"],
            )


def run_time(run: str) -> datetime:
    """The time at which the run started: its name says so, and a retry of this function must not change the window."""
    return datetime.strptime(run, "%y%m%d%H%M%S").replace(tzinfo=UTC)


def inside_window(uploads: Iterable[Upload], window_days: int, now: datetime) -> Iterator[Upload]:
    """Uploads that are young enough to train on; no window keeps all."""
    oldest = now - timedelta(days=window_days)
    return (upload for upload in uploads if not window_days or upload.last_modified >= oldest)


def manifest_object(upload: Upload, role: str, source: str, *, new: bool) -> ManifestObject:
    """The upload, pinned by its version; `new` if no accepted run has used its content."""
    return ManifestObject(
        key=upload.key,
        version_id=upload.version_id,
        etag=upload.etag,
        size=upload.size,
        source=source,
        role=role,
        new=new,
    )


def build_manifest(
    model: str, run: str, objects: Iterable[ManifestObject], files_left: int, refused_keys: Iterable[str]
) -> Manifest:
    """The same listing always gives the same manifest, whatever its order."""
    ordered = sorted(objects, key=lambda entry: (entry.role, entry.key))
    refused = tuple(sorted(map(one_line, refused_keys)))
    return Manifest(model, run, run_time(run).isoformat(), tuple(ordered), files_left, refused)
