"""The training machine's first half: from files that arrived to data worth training on."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import FAILED, State, States, assign, choice, jsonata, succeed, task
from mlops_constructs.workflow.failure import CAUGHT
from mlops_constructs.workflow.names import CONTRACT, MODEL, RUN, of_model, of_run
from mlops_constructs.workflow.quota import NO_LOOKS
from mlops_constructs.workflow.training_crawl import crawl_states
from mlops_constructs.workflow.values import Workflow

# A failed ETL job is worth a second attempt unless it says itself that the data or its permissions are the trouble:
# Glue gives the exception's name in its message, and a lost host, a full memory or a killed process have none of these.
ETL_LOST = """(
  $cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : '';
  $etl_runs < 2 and $states.errorOutput.Error = 'States.TaskFailed'
    and $contains($cause, /"JobRunState"\\s*:\\s*"FAILED"/)
    and $not($contains($cause, /PreparationError|AnalysisException|AccessDenied|not authorized/))
)"""
# The starter's words. Without any, as when somebody starts the machine by hand, only new files count.
ASKED_FOR = "asked for"
REASON = "$exists($states.input.reason) ? $states.input.reason : 'new data'"


def data_states(workflow: Workflow) -> States:
    """Start of the run to the accepted data."""
    known = {
        "model": jsonata("$states.input.model"),
        "name": jsonata(f"'{workflow.prefix}-' & $states.input.model"),
        "settings": jsonata("$states.input.settings"),
        "run": jsonata(RUN),
        "reason": jsonata(REASON),
    }
    return {
        "NameRun": assign({**known, "crawl_looks": 0, "etl_runs": 1, **NO_LOOKS}, next_state="WriteManifest"),
        "WriteManifest": _write_manifest(workflow),
        "AnythingNew?": choice(
            ("$new_objects > 0", "GateArrivals"),
            # A person or a schedule wants the model trained on what there is.
            (f"$reason = '{ASKED_FOR}' and $objects > 0", "GateArrivals"),
            otherwise="NothingNew",
        ),
        "NothingNew": succeed({"run": jsonata("$run"), "verdict": "nothing_new"}),
        "GateArrivals": _gate_arrivals(workflow),
        **crawl_states(workflow, next_state="RunEtl"),
        "RunEtl": _run_etl(workflow),
        "EtlLost?": choice(("$etl_lost", "RunEtl"), otherwise=FAILED),
        "ValidateData": _validate_data(workflow),
    }


def call(
    function: str,
    payload: dict[str, object],
    *,
    seconds: int,
    next_state: str,
    on_error: str = FAILED,
    **variables: str,
) -> State:
    """One call of a Lambda function; `variables` are set from its answer."""
    return task(
        "lambda:invoke",
        {"FunctionName": function, "Payload": payload},
        retry=retries.LAMBDA,
        timeout_seconds=seconds,
        next_state=next_state,
        on_error=on_error,
        assign={name: jsonata(f"$states.result.Payload.{path}") for name, path in variables.items()},
    )


def _write_manifest(workflow: Workflow) -> State:
    return call(
        workflow.functions.write_manifest,
        {
            "model": MODEL,
            "run": jsonata("$run"),
            "contracts_uri": workflow.contracts_uri,
            "settings": jsonata("$settings"),
            "new_files_per_run": workflow.training.limits.new_files,
        },
        seconds=330,
        next_state="AnythingNew?",
        contract_uri="contract_uri",
        manifest_uri="manifest_uri",
        new_objects="new_objects",
        objects="objects",
    )


def _gate_arrivals(workflow: Workflow) -> State:
    return call(
        workflow.functions.gate,
        _run_and_contract(),
        seconds=330,
        next_state="StartCrawler",
        warnings="warnings",
    )


def _run_etl(workflow: Workflow) -> State:
    known = {"etl_lost": jsonata(" ".join(ETL_LOST.split())), "etl_runs": jsonata("$etl_runs + 1")}
    failed = {"ErrorEquals": ["States.TaskFailed"], "Output": dict(CAUGHT), "Assign": known, "Next": "EtlLost?"}
    return task(
        "glue:startJobRun.sync",
        {
            "JobName": workflow.etl_job,
            "Arguments": {
                "--contract_uri": CONTRACT,
                "--manifest_uri": jsonata("$manifest_uri"),
                "--raw_uri": of_model(workflow.data("raw"), "/"),
                "--official_holdout_uri": of_model(workflow.data("holdout"), "/"),
                "--clean_uri": of_model(workflow.data("clean"), "/"),
                "--heldout_uri": of_model(workflow.data("heldout"), "/"),
                "--evaluation_uri": of_run(workflow.data("evaluation"), "/"),
                "--quarantine_uri": of_run(workflow.data("quarantine"), "/"),
                "--report_uri": of_run(workflow.data("reports"), "/etl/"),
            },
        },
        retry=retries.GLUE_JOB,
        timeout_seconds=workflow.training.limits.etl_minutes * 60,
        next_state="ValidateData",
        catch_first=[failed],
    )


def _validate_data(workflow: Workflow) -> State:
    return call(
        workflow.functions.validate_data,
        {
            **_run_and_contract(),
            "etl_report_uri": of_run(workflow.data("reports"), "/etl/"),
        },
        seconds=930,
        next_state="TrainModel",
        train_manifest_uri="train_manifest_uri",
        validation_manifest_uri="validation_manifest_uri",
        baseline_uri="baseline_uri",
        validation_report_uri="report_uri",
    )


def _run_and_contract() -> dict[str, object]:
    return {
        "model": MODEL,
        "run": jsonata("$run"),
        "manifest_uri": jsonata("$manifest_uri"),
        "contract_uri": CONTRACT,
    }
