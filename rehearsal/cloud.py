"""The CDK command line against the emulator: the same commands that deploy to AWS."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rehearsal import people
from rehearsal.launcher import ACCOUNT, REGION, Emulator
from rehearsal.toolchain import ROOT, Toolchain, clean_environment

STAGE = "rehearsal"
COMMAND_DEADLINE_SECONDS = 600
Report = Callable[[str], None]


class CommandFailed(RuntimeError):
    """A CDK command ended with an error; the message holds the end of what it printed."""


class Cloud:
    """Synthesize, bootstrap, deploy, compare and destroy one stage of the platform."""

    def __init__(self, tools: Toolchain, *, assembly: Path, stage: str = STAGE) -> None:
        self._tools = tools
        self._assembly = assembly
        self._stage = stage

    def synthesize(self, report: Report = print) -> None:
        """Write the templates of the stage; needs no emulator."""
        context = ["--context", f"stage={self._stage}"]
        self._cdk(["synth", "--quiet", *context, "--output", str(self._assembly)], {}, report)

    def bootstrap(self, emulator: Emulator, report: Report = print) -> None:
        self._cdk(["bootstrap", f"aws://{ACCOUNT}/{REGION}", "--app", ""], _account(emulator), report)

    def deploy(self, emulator: Emulator, report: Report = print) -> None:
        arguments = ["deploy", "--all", "--require-approval", "never", "--progress", "events", "--concurrency", "4"]
        self._cdk([*arguments, "--app", str(self._assembly)], _account(emulator), report)
        people.activate_cost_tags(emulator)

    def differences(self, emulator: Emulator, report: Report = print) -> None:
        """Raise CommandFailed when a deployed stack differs from its template."""
        self._cdk(["diff", "--fail", "--app", str(self._assembly)], _account(emulator), report)

    def destroy(self, emulator: Emulator, report: Report = print) -> None:
        arguments = ["destroy", "--all", "--force", "--progress", "events"]
        self._cdk([*arguments, "--app", str(self._assembly)], _account(emulator), report)

    def _cdk(self, arguments: Sequence[str], account: dict[str, str], report: Report) -> None:
        node, synth = self._tools.node, self._tools.synth_python
        environment = {
            **clean_environment(),
            **account,
            "PATH": os.pathsep.join([str(synth.parent), str(node.parent), os.environ["PATH"]]),
            "JSII_NODE": str(node),
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "CI": "1",
        }
        command = [str(node), str(self._tools.cdk), *arguments, "--no-notices"]
        tail: list[str] = []
        with _group(command, environment) as process:
            for line in process.stdout or ():
                tail = [*tail[-39:], line.rstrip()]
                report(line.rstrip())
            if process.wait() != 0:
                raise CommandFailed(f"cdk {arguments[0]} failed:\n" + "\n".join(tail))


def _account(emulator: Emulator) -> dict[str, str]:
    # The command line remembers accounts per access key in its home: a private one per emulator.
    return {**emulator.client_environment(), "CDK_HOME": str(emulator.home / "cdk")}


@contextlib.contextmanager
def _group(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command as a process group that ends with the block, whatever ends the block."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = threading.Timer(COMMAND_DEADLINE_SECONDS, _end_group, [process.pid])
    deadline.start()
    try:
        yield process
    finally:
        deadline.cancel()
        _end_group(process.pid)
        process.wait()


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
