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

REACHED_DEADLINE_SECONDS = 300
END_DEADLINE_SECONDS = 40
# One moment each of the start, the deployment, Spark, training and the endpoint: so long after this step was done.
PHASES_SECONDS = {
    "": (0.1, 3.0),
    "synthesize eight stacks": (0.3, 10.0),
    "cdk diff finds no difference": (2.0, 9.0),
    "ValidateData": (0.3, 8.0),
    "ApproveModel": (0.1, 2.0),
}
CHANCE = random.Random(20261123)
MOMENTS = [(step, round(CHANCE.uniform(*seconds), 1)) for step, seconds in PHASES_SECONDS.items()]


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


def wait_for(step: str, printed: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + REACHED_DEADLINE_SECONDS
    while step not in printed.read_text():
        assert process.poll() is None and time.monotonic() < deadline, printed.read_text()
        time.sleep(0.1)


@pytest.mark.parametrize(("step", "seconds"), MOMENTS)
def test_nothing_is_left_after_an_interrupt_at_a_random_moment(step: str, seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="interrupted-") as folder:
        printed = Path(folder) / "printed.txt"
        with printed.open("w") as output:
            process = subprocess.Popen(
                [str(find_toolchain().rehearsal_python), "-m", "rehearsal"],
                cwd=ROOT,
                env={**os.environ, "TMPDIR": folder, "PYTHONUNBUFFERED": "1"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_for(step, printed, process)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)  # people press it twice
        process.wait(END_DEADLINE_SECONDS)

        # Before the first step Python itself may meet the signal.
        assert process.returncode in ((130,) if step else (130, 1, -signal.SIGINT)), printed.read_text()
        assert [path.name for path in Path(folder).glob("mlops-rehearsal-*")] == []
        assert processes_that_mention(folder) == []
