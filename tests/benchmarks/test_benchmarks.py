"""A ratio is only worth reading if the measuring itself is right."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure import ROOT, CommandFailed
from benchmarks.stages import shares
from benchmarks.synthesis import require_same_templates

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BURN!r}])"
MEASURE = """
import sys
from benchmarks.measure import Command, adopt_orphans, compare
adopt_orphans()
"""


def measured(program: str) -> str:
    """In a process of its own: measuring waits for every child, and the tests have other children."""
    done = subprocess.run([sys.executable, "-c", MEASURE + program], cwd=ROOT, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_the_time_of_a_descendant_that_outlives_its_parent_counts() -> None:
    printed = measured(f"print(Command([sys.executable, '-c', {ORPHAN!r}]).run().cpu_seconds)")

    assert float(printed) > 0.3


def test_the_ratio_is_that_of_the_pairs() -> None:
    def prints(seconds: float) -> str:
        return f"Command([sys.executable, '-c', 'print(\"cpu_seconds={seconds}\")'], measures_itself=True)"

    printed = measured(
        f"found = compare('work', ('long', {prints(3)}), ('short', {prints(1.5)}), pairs=2)\n"
        "print(found.ours_cpu_seconds, found.other_cpu_seconds, found.ratio, found.spread)"
    )

    assert printed.strip() == "3.0 1.5 2.0 (2.0, 2.0)"


def test_a_command_that_fails_is_no_measurement() -> None:
    printed = measured("Command([sys.executable, '-c', 'raise SystemExit(\"no such thing\")']).run()")

    assert "CommandFailed" in printed
    assert "no such thing" in printed


def test_stages_are_shares_of_what_was_shown() -> None:
    found = shares("Deploy\n  ✓ cdk deploy --all     6.0 s\n  ✓ NameRun    0.1 s\n  ✓ RunEtl    3.9 s\nDone in 12 s\n")

    assert [(stage.name, round(stage.share, 2)) for stage in found] == [
        ("cdk deploy --all", 0.6),
        ("RunEtl", 0.39),
        ("1 shorter steps", 0.01),
    ]


def test_a_twin_that_leaves_something_out_is_refused(tmp_path: Path) -> None:
    for folder, resources in (("ours", {"A": 1}), ("theirs", {})):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.template.json").write_text(json.dumps({"Resources": resources}))

    with pytest.raises(CommandFailed, match="Resources differ"):
        require_same_templates(tmp_path / "ours", tmp_path / "theirs")
