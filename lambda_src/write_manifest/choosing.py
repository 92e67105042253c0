"""The uploads that a run takes: all that are known, and as many new ones as it can finish. Pure but for the reader."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contract.manifest import ManifestObject
from contract.sources import source_id
from contract.text import unspeakable
from lambda_src.common.ledger import LedgerEntry
from lambda_src.write_manifest.listing import HOLDOUT, TRAINING, Upload, manifest_object

LOOKED_AT_ONCE = 64
# So much is read in one run to see whether an upload is new; the rest is for the next one.
READ_BYTES_PER_RUN = 8 << 30

Identify = Callable[[Sequence[Upload]], list[str]]


@dataclass
class Chosen:
    """The manifest's objects, and what goes with them."""

    objects: list[ManifestObject] = field(default_factory=list)
    renewed: list[LedgerEntry] = field(default_factory=list)
    """Accepted contents that were uploaded again: their entries, with the version that is current now."""
    left: int = 0
    bytes_left: int = field(default_factory=lambda: READ_BYTES_PER_RUN)

    @property
    def new(self) -> int:
        """The number of objects that no accepted run has used."""
        return sum(entry.new for entry in self.objects)


def readable(uploads: Iterable[Upload]) -> tuple[list[Upload], list[Upload]]:
    """Uploads whose keys are text, and those whose keys are not: no tool reads them, and no message can show them."""
    good: list[Upload] = []
    refused: list[Upload] = []
    for upload in uploads:
        (refused if unspeakable(upload.key) else good).append(upload)
    return good, refused


def choose(
    training: Iterable[Upload],
    holdout: Iterable[Upload],
    ledger: Mapping[str, LedgerEntry],
    identify: Identify,
    *,
    maximum_new: int,
) -> Chosen:
    """The hold-out comes first, being the yardstick, but leaves half of the places to training files that wait."""
    chosen = Chosen()
    versions = {(entry.key, entry.version_id): entry.source for entry in ledger.values()}
    waiting = _unknown(training, TRAINING, versions, chosen)
    waiting_holdout = _unknown(holdout, HOLDOUT, versions, chosen)
    places = maximum_new // 2 if waiting else maximum_new
    _look(waiting_holdout, HOLDOUT, ledger, identify, chosen, until=places)
    _look(waiting, TRAINING, ledger, identify, chosen, until=maximum_new)
    return chosen


def _unknown(
    uploads: Iterable[Upload], role: str, versions: Mapping[tuple[str, str], str], chosen: Chosen
) -> list[Upload]:
    """A version never changes: what the ledger names is known without a look. The others wait, the oldest first."""
    waiting = []
    for upload in uploads:
        source = versions.get((upload.key, upload.version_id))
        if source is None:
            waiting.append(upload)
        else:
            chosen.objects.append(manifest_object(upload, role, source, new=False))
    return sorted(waiting, key=lambda upload: (upload.last_modified, upload.key))


def _look(
    waiting: Sequence[Upload],
    role: str,
    ledger: Mapping[str, LedgerEntry],
    identify: Identify,
    chosen: Chosen,
    *,
    until: int,
) -> None:
    rest = list(waiting)
    while rest and chosen.new < until and chosen.bytes_left > 0:
        batch = _next_batch(rest, chosen, min(LOOKED_AT_ONCE, until - chosen.new))
        for upload, content in zip(batch, identify(batch), strict=True):
            source = source_id(upload.key, content)
            accepted = ledger.get(source)
            chosen.objects.append(manifest_object(upload, role, source, new=accepted is None))
            if accepted is not None:
                chosen.renewed.append(replace(accepted, version_id=upload.version_id))
    chosen.left += len(rest)


def _next_batch(rest: list[Upload], chosen: Chosen, size: int) -> list[Upload]:
    """Uploads to read at once, taken off the rest, as long as they stay within what one run may read."""
    batch: list[Upload] = []
    while rest and len(batch) < size and chosen.bytes_left > 0:
        batch.append(rest.pop(0))
        chosen.bytes_left -= batch[-1].size
    return batch
