"""Each task's arguments, as walks through the machines send them, and botocore's models of the services."""

from tests.conformance.witness import Counts
from tests.workflow.test_calls import CALLS, problems


def run() -> Counts:
    """Every call of every task: members, types, enumerations and ranges."""
    found = {name: problems(name, arguments) for name, arguments in CALLS.items()}
    wrong = [f"{name}: {problem}" for name, each in found.items() for problem in each]
    return Counts(sum(not each for each in found.values()), differ=tuple(wrong))
