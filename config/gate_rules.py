"""Rules of [evaluation] and [gates]: slices are features, and limits are values that a metric can have."""

from collections.abc import Iterator
from typing import Final

from config.mistakes import Mistake, short
from config.model_file import ModelFile
from contract.metrics import IMPROVEMENT, METRICS, PRIMARY, RANGES, gates_of
from contract.values import LARGEST_INTEGER

GATES: Final = {problem: gates_of(problem) for problem in METRICS}


def evaluation_rules(model: ModelFile) -> Iterator[Mistake]:
    """Slices are columns of the data, and gates are metrics of the problem."""
    features = [column.name for column in model.columns if column.name != model.target and not column.ignored]
    for name in model.evaluation.slices:
        if name not in features:
            yield Mistake("evaluation.slices", f"names {name!r}", f"features: {', '.join(features)}")
    for name, limit in model.gates.items():
        if name not in GATES[model.problem]:
            yield Mistake(
                f"gates.{name}", f"is no metric of a {model.problem} problem", ", ".join(GATES[model.problem])
            )
        else:
            yield from _gate(name, limit, PRIMARY[model.problem])


def _gate(name: str, limit: float, primary: str) -> Iterator[Mistake]:
    """A limit is a value that its metric can have; an improvement is none that a worse model has."""
    lowest, highest = RANGES[primary if name == IMPROVEMENT else name.partition("_")[2]]
    lowest = 0.0 if name == IMPROVEMENT else lowest
    if abs(limit) > LARGEST_INTEGER:
        yield Mistake(f"gates.{name}", f"is {short(limit)}", "a number that a metric can have")
    elif lowest is not None and limit < lowest:
        yield Mistake(f"gates.{name}", f"is {short(limit)}", f"{lowest:g} or more")
    elif highest is not None and limit > highest:
        yield Mistake(f"gates.{name}", f"is {short(limit)}", f"at most {highest:g}")
