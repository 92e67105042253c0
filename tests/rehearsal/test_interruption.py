"""A rehearsal that is interrupted leaves nothing behind."""

import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from rehearsal.toolchain import ROOT, find_toolchain

pytestmark = pytest.mark.slow

END_DEADLINE_SECONDS = 40
# One moment each of the start, the synthesis, the deployment, Spark or training, and the endpoint.
PHASES_SECONDS = ((0.1, 2.0), (2.0, 8.0), (8.0, 18.0), (18.0, 32.0), (32.0, 48.0))
CHANCE = random.Random(20261123)
MOMENTS = [round(CHANCE.uniform(*phase), 1) for phase in PHASES_SECONDS]


def processes_that_mention(text: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in command or text in environment:
            found.append(command)
    return found


@pytest.mark.parametrize("seconds", MOMENTS)
def test_nothing_is_left_after_an_interrupt_at_a_random_moment(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="interrupted-") as folder:
        process = subprocess.Popen(
            [str(find_toolchain().rehearsal_python), "-m", "rehearsal"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)  # people press it twice
        process.wait(END_DEADLINE_SECONDS)

        assert process.returncode != 0
        assert [path.name for path in Path(folder).glob("mlops-rehearsal-*")] == []
        assert processes_that_mention(folder) == []
