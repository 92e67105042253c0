"""Our evaluator of policies and an independent one, @cloud-copilot/iam-simulate, about generated cases (ADR 24)."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterable

from tests.conformance import readings
from tests.conformance.decisions import decision
from tests.conformance.policies import Case, cases
from tests.conformance.witness import NODE, ROOT, Counts, installed

COUNT = 10_000
LEAST_ALIKE = 0.999
SCRIPT = ROOT / "tests" / "conformance" / "oracle" / "decide.js"
PACKAGES = ROOT / ".build" / "oracle" / "node_modules"


def run() -> Counts:
    """Both evaluators about each case."""
    asked = list(cases(COUNT))
    return compared(zip(asked, answers(asked), strict=True))


def answers(asked: list[Case]) -> list[str]:
    """The other evaluator's decisions."""
    installed(PACKAGES, ".build/oracle/.ready")
    question = json.dumps([case.as_json() for case in asked])
    command = [str(NODE), str(SCRIPT), str(PACKAGES)]
    done = subprocess.run(command, input=question, capture_output=True, text=True, check=True, timeout=300)
    return [one if isinstance(one, str) else str(one) for one in json.loads(done.stdout)]


def compared(answered: Iterable[tuple[Case, str]]) -> Counts:
    """The counts; a difference that no reading of ADR 24 explains is told with its seed."""
    agree, explained, differ, ordinary, alike = 0, Counter[str](), [], 0, 0
    for case, other in answered:
        ours, plain = decision(case), readings.is_ordinary(case)
        ordinary, alike = ordinary + plain, alike + (plain and ours == other)
        if ours == other:
            agree += 1
        elif reasons := readings.explanation(case, other):
            explained["; ".join(reasons)] += 1
        else:
            differ.append(f"seed {case.seed}: here {ours}, there {other}")
    if alike < LEAST_ALIKE * ordinary:
        differ.append(f"only {alike} of {ordinary} ordinary cases are decided alike")
    return Counts(agree, 0, explained, tuple(differ), f"{alike} of {ordinary} ordinary cases alike")
