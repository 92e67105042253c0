"""Compare with what nobody here wrote: python -m tests.conformance [NAME ...] fails on an unexplained difference."""

import sys

from tests.conformance import (
    authorization,
    calls,
    jsonata,
    linting,
    machines,
    policy_oracle,
    recordings,
)
from tests.conformance.witness import Counts, Witness

WITNESSES = {
    "calls": Witness("botocore's models: arguments of every task", calls.run),
    "jsonata": Witness("official JSONata engine: every expression, generated inputs", jsonata.run),
    "authorization": Witness("service authorization reference: every action of every statement", authorization.run),
    "lint": Witness("cfn-lint with informational rules: every template", linting.run),
    "machines": Witness("asl-validator: every state machine", machines.run),
    "policies": Witness("iam-simulate: generated policies", policy_oracle.run),
    "recordings": Witness("recorded facts: rows with a source, run by tests", recordings.run),
}


def main(names: list[str]) -> int:
    """Run the witnesses and print their table; 1 when something differs without a reason."""
    if unknown := sorted(set(names) - set(WITNESSES)):
        print(f"ONLY={unknown[0]}: no such witness; there are {', '.join(WITNESSES)}", file=sys.stderr)
        return 2
    print(f"{'witness':<68}{'cases':>7}{'agree':>7}{'refused':>9}{'explained':>11}{'differ':>8}", flush=True)
    results = [_told(witness) for name, witness in WITNESSES.items() if not names or name in names]
    return int(any(counts.differ for counts in results))


def _told(witness: Witness) -> Counts:
    counts = witness.run()
    explained = sum(counts.explained.values())
    row = f"{counts.cases:>7}{counts.agree:>7}{counts.refused:>9}{explained:>11}{len(counts.differ):>8}"
    print(f"{witness.name:<68}{row}", flush=True)
    if counts.note:
        print(f"    {counts.note}")
    for reason, count in sorted(counts.explained.items(), key=lambda one: -one[1]):
        print(f"    explained {count:>4}: {reason}")
    for line in counts.differ:
        print(f"    DIFFERS: {line}", flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
