"""`mlops quarantine`: what was refused, why, and the way back in."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from commands.arguments import Name
from commands.errors import Exit, Refused
from commands.mending import problems_of
from commands.platform import Model, Platform, keys_below
from commands.screen import table
from commands.session import Session
from commands.upload import send_files
from contract.mending import mended_file
from contract.model import Contract

SHOWN = 20
MENDED = re.compile(r"mended-(\d{12})-(\d+)\.csv$")


def quarantine(
    context: typer.Context,
    model: Name,
    run: Annotated[str | None, typer.Option("--run", help="The run id; the newest run with refused rows.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write the rows to a file that can be mended.")
    ] = None,
    send: Annotated[
        Path | None, typer.Option("--send", metavar="FILE", help="Check mended rows and upload them.")
    ] = None,
    holdout: Annotated[
        bool, typer.Option("--holdout", help="Rows of the official hold-out: exported and sent apart.")
    ] = False,
) -> None:
    """Count refused rows by file, column and reason; take them out, and send them in again.

    Example: ./mlops quarantine MODEL --export rows.csv, mend rows.csv, ./mlops quarantine MODEL --send rows.csv
    """
    session: Session = context.obj
    platform = Platform(session)
    chosen = platform.model(model)
    if export is not None and send is not None:
        raise Refused("give --export or --send, not both", Exit.USAGE)
    runs = _runs(platform, chosen)
    if not runs and run is None and export is None and send is None:
        # Good news, and no error: nothing waits to be mended.
        document = {"model": model, "run": None, "rows": 0, "groups": []}
        return session.screen.result(document, f"no row of {model} was ever refused")
    run = _run(chosen, runs, run)
    # A row of the hold-out that came in again as a training row would spoil the measure.
    area = "holdout" if holdout else "raw"
    if send is not None:
        return _send(platform, chosen, run, send, area)
    rows = list(_rows(platform, chosen, run))
    if export is not None:
        return _export(platform, chosen, run, rows, export, area)
    return _count(session, chosen, run, rows)


def _runs(platform: Platform, model: Model) -> set[str]:
    """The runs that have refused rows."""
    prefix = f"quarantine/{model.name}/"
    return {entry["Key"].split("/")[2] for entry in keys_below(platform.session, platform.data_bucket, prefix)}


def _run(model: Model, runs: set[str], run: str | None) -> str:
    """The run that is meant, one of these."""
    if not runs:
        raise Refused(f"no row of {model.name} was ever refused", Exit.NOT_FOUND)
    if run is not None and run not in runs:
        listed = ", ".join(sorted(runs, reverse=True)[:10])
        raise Refused(f"run {run} of {model.name} refused no row; the newest that did: {listed}", Exit.NOT_FOUND)
    return run or max(runs)


def _rows(platform: Platform, model: Model, run: str) -> Iterator[dict[str, Any]]:
    s3 = platform.session.client("s3")
    for entry in keys_below(platform.session, platform.data_bucket, f"quarantine/{model.name}/{run}/"):
        body = s3.get_object(Bucket=platform.data_bucket, Key=entry["Key"])["Body"]
        for line in body.iter_lines():
            if line.strip():
                yield json.loads(line)


def _count(session: Session, model: Model, run: str, rows: list[dict[str, Any]]) -> None:
    counted = Counter((row["key"], row["column"], row["reason"]) for row in rows)
    groups = [
        {"key": key, "column": column, "reason": reason, "rows": count}
        for (key, column, reason), count in counted.most_common()
    ]
    document = {"model": model.name, "run": run, "rows": len(rows), "groups": groups}
    shown = [(group["rows"], group["key"], group["column"] or "", group["reason"]) for group in groups[:SHOWN]]
    more = f"\nand {len(groups) - SHOWN} more kinds (--json lists all)" if len(groups) > SHOWN else ""
    way = f"`./mlops quarantine {model.name} --run {run} --export rows.csv` writes the rows to a file{more}"
    title = f"{len(rows)} rows of run {run} were refused"
    session.screen.result(document, table(title, ("rows", "file", "column", "reason"), shown), way)


def _export(platform: Platform, model: Model, run: str, found: list[dict[str, Any]], file: Path, area: str) -> None:
    if file.exists():
        raise Refused(f"{file} exists already: choose another name, so that no mended row is lost", Exit.USAGE)
    rows = [row for row in found if row["key"].startswith(f"{area}/")]
    if not rows:
        other = "without --holdout" if area == "holdout" else "with --holdout"
        raise Refused(f"run {run} refused no row of files under {area}/: export {other}", Exit.NOT_FOUND)
    originals = (base64.b64decode(row["original_base64"]) for row in rows)
    file.write_bytes(mended_file(platform.contract(model), originals))
    for row in rows[:SHOWN]:
        where = f"{row['key']} line {row['line']}"
        platform.session.screen.note(f"{where}: {row['column'] or 'the row'}: {row['reason']}")
    if len(rows) > SHOWN:
        platform.session.screen.note(f"and {len(rows) - SHOWN} more")
    back = f"./mlops quarantine {model.name} --run {run} --send {file}" + (" --holdout" if area == "holdout" else "")
    platform.session.screen.result(
        {"model": model.name, "run": run, "rows": len(rows), "file": str(file)},
        f"{len(rows)} rows are in {file}: mend or delete them there, then `{back}`",
    )


def _send(platform: Platform, model: Model, run: str, file: Path, area: str) -> None:
    if not file.is_file():
        raise Refused(f"{file} is not a file that can be read", Exit.USAGE)
    contract: Contract = platform.contract(model)
    problems = problems_of(contract, file)
    for problem in problems[:SHOWN]:
        platform.session.screen.note(problem, style="red")
    if problems:
        raise Refused(f"nothing was sent: {len(problems)} problem(s) in {file}, the first: {problems[0]}")
    key = _next_key(platform, model, run, area)
    send_files(platform, {key: file})
    following = f"it starts a run within a minute or two, `./mlops runs {model.name}`"
    if area == "holdout":
        following = f"`./mlops train {model.name}` starts a run that uses it"
    platform.session.screen.result({"model": model.name, "run": run, "key": key}, f"sent as {key}: {following}")


def _next_key(platform: Platform, model: Model, run: str, area: str) -> str:
    prefix = f"{area}/{model.name}/mended-{run}-"
    taken = [
        int(found[2])
        for entry in keys_below(platform.session, platform.data_bucket, prefix)
        if (found := MENDED.search(entry["Key"]))
    ]
    return f"{prefix}{max(taken, default=0) + 1}.csv"
