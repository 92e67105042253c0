"""The connection to a rehearsal that waits on this machine (KEEP=1 make rehearse)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from commands.errors import Exit, Refused

ROOT = Path(__file__).resolve().parents[1]
CONNECTION = ROOT / ".build" / "rehearsal.json"
# These exist on a laptop only: without a rehearsal they must never mean the caller's AWS account.
REHEARSED_STAGES = ("rehearsal", "drill")
START = "start one with `KEEP=1 make rehearse` in another terminal"
DRILL = "only tests start one; `--stage rehearsal` is the one that `KEEP=1 make rehearse` starts"


def rehearsed_environment(
    stage: str, *, environment: Mapping[str, str] = os.environ, path: Path = CONNECTION
) -> Mapping[str, str] | None:
    """The environment that reaches the stage's rehearsal; None for a stage on AWS. What the caller exported wins.

    Raises:
        Refused: when the stage is only rehearsed, and no rehearsal of it is waiting.
    """
    if stage in REHEARSED_STAGES and "AWS_ENDPOINT_URL" in environment:
        return {name: value for name, value in environment.items() if name.startswith("AWS_")}
    try:
        written = json.loads(path.read_text())
    except FileNotFoundError:
        written = {}
    except ValueError:
        raise Refused(f"{path} is not JSON: remove it and {START}", Exit.NOT_FOUND) from None
    if written.get("stage") == stage:
        if not _is_alive(int(written["process"])):
            raise Refused(
                f"the rehearsal that wrote {path} has ended (process {written['process']} is gone): {START}",
                Exit.NOT_FOUND,
            )
        return written["environment"]
    if stage not in REHEARSED_STAGES:
        return None
    way_out = DRILL if stage == "drill" else START
    raise Refused(f"no rehearsal of stage {stage} is waiting: {way_out}", Exit.NOT_FOUND)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
