"""`make bench`: ratios to stdout, in Markdown. Takes about ten minutes on two cores; run nothing else meanwhile."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import synthesis
from benchmarks.data import clean_files, etl_file
from benchmarks.measure import ROOT, Command, CommandFailed, Comparison, compare
from benchmarks.stages import stages

VENVS = ROOT / ".build" / "venv"
PYTHON = VENVS / "dev" / "bin" / "python"
NODE = VENVS / "synth" / "node" / "bin" / "node"
CLEAN_BYTES = 1_000_000_000
ETL_ROWS = 300_000


def main() -> None:
    """Run the chosen parts."""
    parts: dict[str, Callable[[Path], None]] = {
        "synth": lambda scratch: show(synthesis.comparisons(PYTHON, NODE, scratch)),
        "models": lambda scratch: show_growth(synthesis.growth(PYTHON, NODE, scratch)),
        "validation": lambda scratch: show(validation(scratch)),
        "etl": lambda scratch: show(etl(scratch)),
        "rehearsal": lambda _: show_stages(),
    }
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(parts)}; all unless said")
    chosen = parser.parse_args().parts or list(parts)
    unknown = sorted(set(chosen) - set(parts))
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; allowed: {', '.join(parts)}")
    for name in chosen:
        with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
            parts[name](Path(folder))


def validation(scratch: Path) -> Iterator[Comparison]:
    """The validation of 1 GB of Parquet beside one bare look at it."""
    print(f"writing {CLEAN_BYTES / 1e9:.0f} GB of clean data", file=sys.stderr)
    clean_files(scratch, CLEAN_BYTES)
    ours, bare = (_work("validation_work", kind, scratch) for kind in ("ours", "bare"))
    yield compare("validation, 1 GB", ("all checks", ours), ("a bare polars scan", bare), pairs=3)


def etl(scratch: Path) -> Iterator[Comparison]:
    """The Glue job on one file beside Spark's own reading and writing."""
    uploads = scratch / "raw" / "etl"
    etl_file(uploads / "small.csv", 2_000)
    etl_file(uploads / "large.csv", ETL_ROWS)
    megabytes = (uploads / "large.csv").stat().st_size / 1e6
    ours, bare = (_work("etl_work", kind, scratch) for kind in ("ours", "bare"))
    yield compare(f"ETL, {megabytes:.0f} MB", ("the Glue job", ours), ("bare Spark read and write", bare), pairs=3)


def show(comparisons: Iterator[Comparison]) -> None:
    """One table row per comparison."""
    print("| what | ours | CPU s | beside | CPU s | ratio | of the pairs |\n|---|---|---|---|---|---|---|", flush=True)
    for found in comparisons:
        low, high = found.spread
        print(
            f"| {found.name} | {found.ours} | {found.ours_cpu_seconds:.2f} | {found.other} |"
            f" {found.other_cpu_seconds:.2f} | {found.ratio:.1f} | {low:.1f} to {high:.1f} |",
            flush=True,
        )
    print()


def show_growth(comparisons: Iterator[Comparison]) -> None:
    """One table row per number of models, with the share of one model's synth that each further one takes."""
    print("| what | CPU s | beside | CPU s | each further model |\n|---|---|---|---|---|", flush=True)
    for found in comparisons:
        further = (found.ratio - 1) / (int(found.ours.split()[0]) - 1)
        print(
            f"| {found.name}: {found.ours} | {found.ours_cpu_seconds:.2f} | {found.other} |"
            f" {found.other_cpu_seconds:.2f} | {further:.1%} |",
            flush=True,
        )
    print()


def show_stages() -> None:
    """Seconds and share of each stage of a rehearsal, the second of two, so that everything is warm."""
    print("| stage of a warm rehearsal | s | share |\n|---|---|---|", flush=True)
    stages(VENVS / "rehearsal" / "bin" / "python")
    for stage in stages(VENVS / "rehearsal" / "bin" / "python"):
        print(f"| {stage.name} | {stage.seconds:.1f} | {stage.share:.0%} |", flush=True)
    print()


def _work(module: str, kind: str, scratch: Path) -> Command:
    return Command([str(PYTHON), "-m", f"benchmarks.{module}", kind, str(scratch)], measures_itself=True)


if __name__ == "__main__":
    try:
        main()
    except CommandFailed as error:
        sys.exit(str(error))
