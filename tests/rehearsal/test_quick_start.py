"""The quick start, followed to the letter: every block of commands in the document is run, in order."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "quick-start.md"
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLED = (".build", "node_modules")
BLOCK_DEADLINE_SECONDS = 600

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has: the files of the repository, and what `make setup` installed."""
    folder = tmp_path_factory.mktemp("reader") / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file() and name not in INSTALLED:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".build").mkdir()
    for installed in (ROOT / ".build").iterdir():
        (folder / ".build" / installed.name).symlink_to(installed)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def environment() -> dict[str, str]:
    """A reader's own: nothing that this test session was given."""
    foreign = ("AWS_", "CDK_", "PYTHON", "MLOPS_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def run(script: str, checkout: Path) -> str:
    """A terminal that stops at the first error."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=checkout, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=BLOCK_DEADLINE_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout[-4000:]}"
    return done.stdout


@contextmanager
def left_running(script: str, checkout: Path) -> Iterator[Path]:
    """The first terminal, from the moment it waits until Ctrl-C; what it printed is in the file."""
    printed = checkout / "first-terminal.txt"
    with printed.open("w") as output:
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=checkout, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + BLOCK_DEADLINE_SECONDS
            while not (checkout / ".build" / "rehearsal.json").exists():
                assert process.poll() is None and time.monotonic() < deadline, printed.read_text()[-4000:]
                time.sleep(0.2)
            yield printed
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(60)


def test_every_block_of_the_quick_start_works(checkout: Path) -> None:
    export, draft, synth, rehearse, look_around = BLOCK.findall(DOCUMENT.read_text())

    run(export + draft + synth, checkout)
    with left_running(export + rehearse, checkout) as printed:
        seen = run(export + look_around, checkout)
    assert "Verdict: promote" in printed.read_text()
    assert "Predictions from the endpoint" in printed.read_text()
    assert '"prediction"' in seen
    assert not (checkout / ".build" / "rehearsal.json").exists()
