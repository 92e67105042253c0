"""Both state machines: a picture and tables."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.documentation.assembly import Platform
from tools.documentation.machines import (
    FAILED,
    KINDS,
    Machine,
    State,
    can_fail,
    next_states,
    read_machine,
    special_catchers,
    wait_loops,
)
from tools.documentation.markdown import code, codes, mermaid, page, plain, section, table
from tools.documentation.ways_out import way_out

Retry = Mapping[str, Any]


def machine_page(platform: Platform) -> str:
    """docs/reference/state-machines.md."""
    machines = [read_machine(platform, kind) for kind in KINDS]
    classes = _retry_classes(machines)
    return page(
        "The two state machines",
        "the synthesized assembly (values of prod) and the notifier's advice",
        "They serve all models ([ADR 27](../adr/0027-models-are-data-machines-are-code.md)). "
        "Left out of the pictures: every task "
        f"catches all errors and leads to {code(FAILED)}, which names the state and the cause. Where a deployment has "
        f"made something, the way there goes through {code('LookAfterFailure')}, which undoes it.",
        *(part for machine in machines for part in _machine(machine, classes)),
        section(
            "What is retried",
            "Backoff doubles from the interval up to the maximum delay, with full jitter. What is not listed is not "
            "retried: it leads to the failure at once.",
            table(["Class", "Errors", "Attempts", "Interval", "Maximum delay", "Jitter"], _retries(classes)),
        ),
    )


def _machine(machine: Machine, classes: Sequence[Retry]) -> Iterator[str]:
    loops = [
        [code(name), duration(seconds), str(looks or ""), duration(seconds * looks) if looks else "", code(then)]
        for name, seconds, looks, then in wait_loops(machine)
    ]
    yield section(
        f"{machine.kind.capitalize()}",
        f"{plain(machine.comment)}. The whole execution ends after {duration(machine.timeout_seconds)} at the latest.",
        mermaid(diagram(machine)),
        f"### Tasks of {machine.kind}",
        table(["State", "Calls", "Timeout", "Retried", "Caught besides"], _tasks(machine, classes)),
        f"### Waits of {machine.kind}",
        table(["State", "Waits", "Looks", "Together", "Then"], loops),
        f"### Ways out of {machine.kind}",
        "What the notification advises when an execution ends in this state.",
        table(["States", "Way out"], _ways_out(machine)),
    )


def diagram(machine: Machine) -> Iterator[str]:
    """The picture; names with other characters than letters get an alias."""
    yield "stateDiagram-v2"
    for name in machine.states:
        if name != FAILED and _alias(name) != name:
            yield f'  state "{name}" as {_alias(name)}'
    yield f"  [*] --> {_alias(machine.start)}"
    for name, state in machine.states.items():
        if name == FAILED:
            continue
        for following, when in next_states(state):
            yield f"  {_alias(name)} --> {_alias(following)}" + (f": {when}" if when else "")
        if state["Type"] in ("Succeed", "Fail"):
            yield f"  {_alias(name)} --> [*]" + (": fails" if state["Type"] == "Fail" else "")


def _alias(name: str) -> str:
    return name.replace("?", "_")


def _tasks(machine: Machine, classes: Sequence[Retry]) -> Iterator[Sequence[str]]:
    for name, state in _calling(machine):
        caught = [f"{codes(each['ErrorEquals'])} to {code(each['Next'])}" for each in special_catchers(state)]
        retried = ", ".join(f"R{classes.index(retry) + 1}" for retry in _tried(state))
        integration = state["Resource"].split(":::")[-1]
        yield [code(name), code(integration), duration(state["TimeoutSeconds"]), retried, "; ".join(caught)]


def _ways_out(machine: Machine) -> Iterator[Sequence[str]]:
    ends = [name for name, state in machine.states.items() if state["Type"] == "Fail" and name != FAILED]
    states: defaultdict[str, list[str]] = defaultdict(list)
    for name in [*(name for name, state in _calling(machine) if can_fail(state)), *ends]:
        states[way_out(name)].append(name)
    for advice, names in states.items():
        yield [codes(names), advice]


def _calling(machine: Machine) -> Iterator[tuple[str, State]]:
    """The tasks, those inside of maps at the place of the map."""
    for name, state in machine.states.items():
        if state["Type"] == "Task":
            yield name, state
        for inner in state.get("ItemProcessor", {}).get("States", {}):
            if machine.inner_states[inner]["Type"] == "Task":
                yield inner, machine.inner_states[inner]


def _tried(state: Mapping[str, Any]) -> list[Retry]:
    """The retriers that try again; one with no attempts only takes its errors out of the following ones."""
    return [retry for retry in state["Retry"] if retry["MaxAttempts"]]


def _retry_classes(machines: Sequence[Machine]) -> list[Retry]:
    classes: list[Retry] = []
    for machine in machines:
        for _name, state in _calling(machine):
            classes += [retry for retry in _tried(state) if retry not in classes]
    return classes


def _retries(classes: Sequence[Retry]) -> Iterator[Sequence[str]]:
    for number, retry in enumerate(classes, start=1):
        yield [
            f"R{number}",
            codes(retry["ErrorEquals"]),
            str(retry["MaxAttempts"]),
            duration(retry["IntervalSeconds"]),
            duration(retry["MaxDelaySeconds"]),
            retry["JitterStrategy"].lower(),
        ]


def duration(seconds: int | str) -> str:
    """Seconds as people say them; what a model's settings decide, as the expression."""
    if isinstance(seconds, str):
        return code(seconds.removeprefix("{% ").removesuffix(" %}")) + " s"
    parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
