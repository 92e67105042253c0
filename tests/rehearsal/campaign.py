"""The faults of fault_cases, run on two models at once; the tests then look at what was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rehearsal.launcher import Emulator
from rehearsal.samples import load_samples
from tests.rehearsal import fault_cases
from tests.rehearsal.bench import Bench, Change, Machine
from tests.rehearsal.fault_cases import Case, Fault


@dataclass(frozen=True)
class Result:
    """What one fault led to."""

    case: Case
    machine: Machine
    execution: dict[str, Any]
    entered: list[str]
    hits: int
    hits_before: list[int]
    running_jobs: list[str]
    candidates: list[str]
    served_before: str | None
    served_after: str | None
    left: list[str]
    """What deployments make, and what was not there before."""


@dataclass(frozen=True)
class Forgiven:
    """An execution that was disturbed less than its retriers forgive."""

    execution: dict[str, Any]
    hits: dict[Fault, int]
    jobs: dict[str, str]


@dataclass(frozen=True)
class Good:
    """A deployment that nothing disturbed, after many that failed."""

    execution: dict[str, Any]
    before: set[str]
    """What failed deployments had left: configurations, models and alarms."""
    after: set[str]
    served: str | None


@dataclass(frozen=True)
class Line:
    """The results of one model."""

    results: dict[str, Result]
    forgiven: dict[str, Forgiven]
    good: Good | None = None


class Campaign:
    """Both models' faults, each in a thread of its own."""

    def __init__(self, emulator: Emulator) -> None:
        self._pool = ThreadPoolExecutor(2)
        first, second = (Bench(emulator, sample) for sample in load_samples() if not sample.flagship)
        self._training: Future[Line] = self._pool.submit(training_line, first)
        self._deployment: Future[Line] = self._pool.submit(deployment_line, second)

    def training(self) -> Line:
        """The faults of the training machine; the one that needs a champion comes from the other model."""
        own, other = self._training.result(), self._deployment.result()
        wanted = [case.state for case in (*fault_cases.TRAINING, *fault_cases.WITH_CHAMPION)]
        found = own.results | other.results
        return Line({state: found[state] for state in wanted}, {"training": other.forgiven["training"]})

    def deployment(self) -> Line:
        """The faults of the deployment machine."""
        line = self._deployment.result()
        wanted = [case.state for case in fault_cases.DEPLOYMENT]
        forgiven = {"deployment": line.forgiven["deployment"]}
        return Line({state: line.results[state] for state in wanted}, forgiven, line.good)

    def end(self) -> None:
        """Wait for what is still under way."""
        self._pool.shutdown()


def training_line(bench: Bench) -> Line:
    """Runs of a model that has no version yet, one fault each; the first comes in through the intake."""
    first, *others = fault_cases.TRAINING
    bench.forget_champion()  # other tests of the session may have brought one
    results = {first.state: suffer(bench, bench.training, first, bench.upload)}
    bench.wait_for_free_intake()
    for case in others:
        if not case.begins_with:
            results[case.state] = suffer(bench, bench.training, case, lambda case=case: train(bench, case.state))
    found_out = variables_of_a_whole_run(bench)
    for case in others:
        if case.begins_with:
            with bench.training.copied(beginning_with(case.begins_with, found_out)):
                results[case.state] = suffer(bench, bench.training, case, lambda case=case: train(bench, case.state))
    return Line(results, {})


def train(bench: Bench, state: str) -> str:
    bench.forget_accepted_files()
    return bench.training.start(state, {"reason": "a fault"})


def variables_of_a_whole_run(bench: Bench) -> dict[str, Any]:
    """Let a run go up to the registration of its candidate, and tell what its states have found out on the way."""

    def tell(definition: dict[str, Any]) -> None:
        states = definition["States"]
        names = sorted({name for state in states.values() for name in state.get("Assign", {})})
        states["Told"] = {"Type": "Succeed", "Output": {name: f"{{% ${name} %}}" for name in names}}
        divert(definition, "RegisterModel", {"Next": "Told"})

    with bench.training.copied(tell):
        execution = bench.training.ended(train(bench, "none"))
    found_out = json.loads(execution.get("output", "{}"))
    assert "train_manifest_uri" in found_out, f"the run did not come as far as a candidate: {execution}"
    return found_out


def divert(definition: dict[str, Any], after: str, way: dict[str, Any]) -> None:
    """Go another way after a state. The old way stays in the definition, where every state must be reachable."""
    states = definition["States"]
    states["Diverted?"] = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% true %}", **way}],
        "Default": states[after]["Next"],
    }
    states[after]["Next"] = "Diverted?"


def beginning_with(state: str, found_out: dict[str, Any]) -> Change:
    """The deployed machine, which goes from its first state to a later one: Spark and training need not run again."""

    def change(definition: dict[str, Any]) -> None:
        own = definition["States"]["NameRun"]["Assign"]
        known = {name: value for name, value in found_out.items() if name not in own}
        divert(definition, "NameRun", {"Assign": known, "Next": state})

    return change


def deployment_line(bench: Bench) -> Line:
    """One good training, with faults that are forgiven; then its version is deployed again and again."""
    forgiven: dict[str, Forgiven] = {}

    def approved() -> str:
        known = bench.deployment.known()
        forgiven["training"] = forgive(bench, bench.training, fault_cases.FORGIVEN_IN_TRAINING, bench.upload)
        return bench.deployment.started_since(known)

    def deploy(state: str) -> str:
        return bench.deployment.start(state, {"package_arn": bench.newest_package(), "reason": "a fault"})

    def suffered(*cases: Case) -> dict[str, Result]:
        return {
            case.state: suffer(bench, bench.deployment, case, lambda state=case.state: deploy(state)) for case in cases
        }

    rejected, *others = fault_cases.NO_ENDPOINT
    results = {rejected.state: suffer(bench, bench.deployment, rejected, approved)}
    results |= suffered(*others)
    forgiven["deployment"] = forgive(
        bench, bench.deployment, fault_cases.FORGIVEN_IN_DEPLOYMENT, lambda: deploy("none")
    )
    with bench.deployment.copied(bake_briefly):
        results |= suffered(*fault_cases.BEFORE_UPDATE, *fault_cases.AFTER_THE_UPDATE)
        with bench.deployment.copied(scale_to_two):
            results |= suffered(*fault_cases.AUTOSCALING)
        results |= suffered(*fault_cases.STILL_SCALED, *fault_cases.LEFT_TO_THE_NEXT)
        good = go_well(bench, lambda: deploy("none"))
    for case in fault_cases.WITH_CHAMPION:
        results[case.state] = suffer(bench, bench.training, case, lambda case=case: train(bench, case.state))
    return Line(results, forgiven, good)


def go_well(bench: Bench, start: Callable[[], str]) -> Good:
    """Deploy without a fault, and record what was there before and after."""
    before = bench.deployed()
    execution = bench.deployment.ended(start())
    return Good(execution, before, bench.deployed(), bench.served())


def bake_briefly(definition: dict[str, Any]) -> None:
    """Old and new fleet side by side for a moment only: these tests are about faults, not about alarms."""
    update = definition["States"]["UpdateEndpoint"]["Arguments"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    update["TerminationWaitInSeconds"] = 20


def scale_to_two(definition: dict[str, Any]) -> None:
    """The values of an environment that may scale: only these two differ."""
    [rule] = definition["States"]["Autoscale?"]["Choices"]
    rule["Condition"] = rule["Condition"].replace("1 > 1", "2 > 1")
    definition["States"]["RegisterScalableTarget"]["Arguments"]["MaxCapacity"] = 2


def suffer(bench: Bench, machine: Machine, case: Case, start: Callable[[], str]) -> Result:
    """Run one case and record how it ended."""
    served_before, deployed_before = bench.served(), bench.deployed()
    with injected(bench, machine, (*case.before, case.fault)) as hits:
        execution = machine.ended(start())
    *hits_before, hits_of_fault = hits.values()
    return Result(
        case=case,
        machine=machine,
        execution=execution,
        entered=machine.entered(execution["executionArn"]),
        hits=hits_of_fault,
        hits_before=hits_before,
        running_jobs=bench.running_jobs(),
        candidates=bench.candidates(),
        served_before=served_before,
        served_after=bench.served(),
        left=sorted(bench.deployed() - deployed_before),
    )


def forgive(bench: Bench, machine: Machine, faults: tuple[Fault, ...], start: Callable[[], str]) -> Forgiven:
    """Run a disturbed execution to its end, and record the jobs it took."""
    before = bench.jobs()
    with injected(bench, machine, faults) as hits:
        execution = machine.ended(start())
    jobs = {name: status for name, status in bench.jobs().items() if name not in before}
    return Forgiven(execution, hits, jobs)


@contextmanager
def injected(bench: Bench, machine: Machine, faults: tuple[Fault, ...]) -> Iterator[dict[Fault, int]]:
    """The faults for the time of the block; their hits afterwards."""
    hits: dict[Fault, int] = {}
    identifiers = {fault: inject(bench, machine, fault) for fault in faults}
    try:
        yield hits
    finally:
        hits.update({fault: bench.faults.remove(identifier) for fault, identifier in identifiers.items()})


def inject(bench: Bench, machine: Machine, fault: Fault) -> str:
    of_a_job = fault.answer.keys() & {"job_failure", "job_pending"}
    who = {} if of_a_job else {"caller": fault.caller or machine.name, "after": fault.after}
    # Other models' executions make the same calls under the same role.
    matches = [bench.model, *(part.replace("MODEL", bench.model) for part in fault.matches)]
    return bench.faults.inject(fault.action, times=fault.times, matches=matches, **who, **fault.answer)
