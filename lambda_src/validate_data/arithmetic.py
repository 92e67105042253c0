"""Lines in = rows out + quarantined, for every object, and nothing lost since. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from contract.manifest import Manifest, ManifestObject
from lambda_src.common.ledger import LedgerEntry
from lambda_src.validate_data.findings import REFUSE, Finding
from lambda_src.validate_data.recount import Quarantine, RawCount

SHOWN_FILES = 5
START_AGAIN = "start the run again, and look at the ETL job if it happens again"


def data_lines(raw: RawCount, has_header: bool) -> int:
    """Lines that must become a row or go to the quarantine."""
    return raw.lines - raw.blank - (1 if has_header and raw.lines else 0)


def check_new_objects(
    manifest: Manifest,
    raw: Mapping[str, RawCount],
    rows: Mapping[str, int],
    quarantine: Quarantine,
    etl_report: Mapping[str, Any],
    has_header: bool,
) -> Iterator[Finding]:
    """The arithmetic of this run's new objects."""
    reported = {entry["source"]: entry for entry in etl_report["objects"]}
    for entry in manifest.new_objects:
        expected = data_lines(raw[entry.source], has_header)
        clean, quarantined = rows.get(entry.source, 0), quarantine.lines.get(entry.key, 0)
        if expected != clean + quarantined:
            yield _refuse(
                entry,
                f"{expected} lines of data came in, but {clean} clean rows and {quarantined} quarantined lines"
                f" came out: {START_AGAIN}",
            )
        yield from _check_report(entry, reported.get(entry.source), raw[entry.source].lines, clean, quarantined)
    for defect in quarantine.defects:
        yield Finding("arithmetic", REFUSE, f"a quarantined line cannot be traced back: {defect}")


def _check_report(
    entry: ManifestObject, reported: Mapping[str, Any] | None, lines: int, clean: int, quarantined: int
) -> Iterator[Finding]:
    if reported is None:
        yield _refuse(entry, f"the ETL report does not mention this object: {START_AGAIN}")
        return
    for name, counted in (("lines", lines), ("clean", clean), ("quarantined", quarantined)):
        if reported[name] != counted:
            yield _refuse(entry, f"the ETL report says {reported[name]} {name}, S3 holds {counted}: {START_AGAIN}")


def check_overwritten(manifest: Manifest, raw: Mapping[str, RawCount]) -> Iterator[Finding]:
    """Spark reads by name, so an object that changed during the run may have been read in its other version."""
    for entry in manifest.new_objects:
        current = raw[entry.source].current_version
        if current != entry.version_id:
            what = "deleted" if current is None else "overwritten"
            message = f"was {what} while the run read it; the run after this one takes it as it is now"
            yield Finding("overwritten", REFUSE, message, key=entry.key)


def check_accepted_objects(
    manifest: Manifest, ledger: Mapping[str, LedgerEntry], rows: Mapping[str, int]
) -> Iterator[Finding]:
    """Rows of earlier runs must still be where they were."""
    for entry in manifest.objects:
        accepted, left = ledger.get(entry.source), rows.get(entry.source, 0)
        if not entry.new and accepted and accepted.rows != left:
            yield _refuse(
                entry,
                f"run {accepted.run} accepted {accepted.rows} rows of this object, and {left} are left"
                f" in clean/ and heldout/: delete item source#{entry.source} of the run table, and the next run reads"
                " the object again",
            )


def check_quarantined_fraction(
    manifest: Manifest, raw: Mapping[str, RawCount], quarantine: Quarantine, has_header: bool, maximum: float
) -> Iterator[Finding]:
    """Of all lines that arrived in this run; the worst files are named, each with its main cause."""
    total = sum(data_lines(raw[entry.source], has_header) for entry in manifest.new_objects)
    bad = sum(quarantine.lines.get(entry.key, 0) for entry in manifest.new_objects)
    if total and bad / total > maximum:
        worst = sorted(quarantine.lines, key=lambda key: -quarantine.lines[key])[:SHOWN_FILES]
        files = "; ".join(f"{key}: {quarantine.lines[key]} lines, {quarantine.main_cause(key)}" for key in worst)
        yield Finding(
            "quarantined fraction",
            REFUSE,
            f"{bad} of {total} new lines ({bad / total:.1%}) are quarantined, at most {maximum:.1%} may be"
            f" (maximum_quarantined_fraction); quarantine/{manifest.model}/{manifest.run}/ names each line, column and"
            f" reason; most of them in {files}",
        )


def _refuse(entry: ManifestObject, message: str) -> Finding:
    return Finding("arithmetic", REFUSE, message, key=entry.key)
