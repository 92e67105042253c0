"""The templates and cfn-lint with its informational rules, as in two regions."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.witness import Counts
from tests.synth import assembly

REGIONS = ("us-east-1", "eu-central-1")
STAGES = ("dev", "prod")
# Findings that stay, by rule.
KNOWN = {"I1022": "CDK writes Fn::Join where a person would write Fn::Sub; both mean the same"}


def run() -> Counts:
    """Every template of dev and prod."""
    return compared([path for stage in STAGES for path in sorted(assembly(stage).folder.glob("*.template.json"))])


def compared(templates: Sequence[Path]) -> Counts:
    """A template without a finding agrees; each finding is a case of its own."""
    linter = Path(sys.executable).with_name("cfn-lint")
    command = [str(linter), "-c", "I", "-r", *REGIONS, "-f", "json", "-t", *map(str, templates)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    if done.stderr.strip() or not done.stdout.strip():
        raise RuntimeError(f"cfn-lint: {done.stderr or 'no answer'}")
    found = [(one["Rule"]["Id"], one["Filename"], one["Message"]) for one in json.loads(done.stdout)]
    explained = Counter(f"{rule}: {KNOWN[rule]}" for rule, _, _ in found if rule in KNOWN)
    differ = [f"{Path(file).name}: {rule}: {text}" for rule, file, text in found if rule not in KNOWN]
    faulty = {file for rule, file, _ in found if rule not in KNOWN}
    return Counts(len(templates) - len(faulty), 0, explained, tuple(differ), f"in {' and '.join(REGIONS)}")
