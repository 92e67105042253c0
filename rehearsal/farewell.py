"""The end of a rehearsal on one screen: verdict, metrics, registry entry, predictions, where to look next."""

import json
from typing import Any

from rehearsal.cloud import STAGE
from rehearsal.journey import Outcome
from rehearsal.launcher import Emulator
from rehearsal.samples import Sample
from rehearsal.view import View


def show_outcome(view: View, sample: Sample, outcome: Outcome) -> None:
    """Print what a journey found."""
    report, package = outcome.report, outcome.package
    view.title(f"Verdict: {report['verdict']}")
    for reason in report["reasons"]:
        view.note(reason)
    view.table("Metrics on the hold-out", ["metric", "this model", "95 % interval", "method"], metric_rows(report))
    if sample.references:
        view.table(
            "What others reached on the same hold-out",
            list(sample.references[0]),
            [[str(value) for value in reference.values()] for reference in sample.references],
        )
    view.title("Model registry")
    view.note(f"{package['ModelPackageArn']}  {package['ModelApprovalStatus']}")
    view.title("Predictions from the endpoint (under a role that may only invoke it)")
    for prediction in outcome.predictions:
        view.note(f"{_short(prediction['row'])}")
        view.note(f"  -> {json.dumps(prediction['answer'])}")


def show_where_to_look_next(view: View) -> None:
    """The last lines of a rehearsal: what a reader may want to try now."""
    view.title("Where to look next")
    view.note("KEEP=1 make rehearse          leaves it running: look at every bucket, log and execution")
    view.note("config/models, docs/models.md a model of your own is one TOML file")
    view.note("app.py, stacks/               the platform on one screen, then one paragraph per module")
    view.note("make deploy STAGE=dev         the same on AWS")
    view.note("docs/what-the-rehearsal-does-not-prove.md")


def metric_rows(report: dict[str, Any]) -> list[list[str]]:
    """One row a metric: name, value, interval and how the interval was found."""
    return [
        [name, f"{metric['value']:.4f}", f"{metric['low']:.4f} to {metric['high']:.4f}", metric["method"]]
        for name, metric in report["metrics"].items()
    ]


def show_how_to_look_around(view: View, emulator: Emulator, sample: Sample) -> None:
    """Show the ways to use what is still running: with our own commands, or with the AWS CLI, boto3 and the CDK."""
    view.title("Still running; Ctrl-C removes it. In another terminal:")
    for line in (
        "runs",
        "models",
        f"logs {sample.model}",
        f"quarantine {sample.model}",
        f"train {sample.model} --wait",
    ):
        view.console.print(f"./mlops --stage {STAGE} {line}", soft_wrap=True, markup=False)
    view.title("Or with the AWS command line:")
    for name, value in emulator.client_environment().items():
        view.console.print(f"export {name}={value}", soft_wrap=True)
    view.console.print("aws stepfunctions list-state-machines")
    view.note(f"Logs and every call by role: {emulator.home}/emulator.log, {emulator.home}/calls.jsonl")


def _short(row: dict[str, Any]) -> str:
    values = ", ".join(f"{name}={value}" for name, value in row.items() if name != "row_id")
    return values if len(values) <= 110 else values[:107] + "..."
