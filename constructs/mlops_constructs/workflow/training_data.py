"""The training machine's first half: from files that arrived to data worth training on."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, assign, choice, fail, jsonata, succeed, task, wait
from mlops_constructs.workflow.names import RUN, of_run
from mlops_constructs.workflow.values import Workflow

# Glue cuts a crawl's start to whole seconds, so ours is cut as well before the two are compared.
CRAWL = """(
  $crawler := $states.result.Crawler;
  $last := $crawler.LastCrawl;
  $asked := $floor($toMillis($crawl_asked_at) / 1000) * 1000;
  $crawler.State != 'READY' ? 'running'
    : $not($exists($last.StartTime)) or $toMillis($last.StartTime) < $asked ? 'earlier'
    : $last.Status = 'SUCCEEDED' ? 'succeeded' : 'failed'
)"""
# The starter's words. Without any, as when somebody starts the machine by hand, only new files count.
ASKED_FOR = "asked for"
REASON = "$exists($states.input.reason) ? $states.input.reason : 'new data'"


def data_states(workflow: Workflow) -> States:
    """Start of the run to the accepted data."""
    return {
        "NameRun": assign(
            {"run": jsonata(RUN), "reason": jsonata(REASON), "crawl_looks": 0}, next_state="WriteManifest"
        ),
        "WriteManifest": _write_manifest(workflow),
        "AnythingNew?": choice(
            ("$new_objects > 0", "GateArrivals"),
            # A person or a schedule wants the model trained on what there is.
            (f"$reason = '{ASKED_FOR}' and $objects > 0", "GateArrivals"),
            otherwise="NothingNew",
        ),
        "NothingNew": succeed({"run": jsonata("$run"), "verdict": "nothing_new"}),
        "GateArrivals": _gate_arrivals(workflow),
        **_crawl(workflow),
        "RunEtl": _run_etl(workflow),
        "ValidateData": _validate_data(workflow),
    }


def call(function: str, payload: dict[str, object], *, seconds: int, next_state: str, **variables: str) -> State:
    """One call of a Lambda function; `variables` are set from its answer."""
    return task(
        "lambda:invoke",
        {"FunctionName": function, "Payload": payload},
        retry=retries.LAMBDA,
        timeout_seconds=seconds,
        next_state=next_state,
        assign={name: jsonata(f"$states.result.Payload.{path}") for name, path in variables.items()},
    )


def _write_manifest(workflow: Workflow) -> State:
    return call(
        workflow.functions.write_manifest,
        {"model": workflow.names.model, "run": jsonata("$run"), "contract_uri": workflow.contract_uri},
        seconds=330,
        next_state="AnythingNew?",
        manifest_uri="manifest_uri",
        new_objects="new_objects",
        objects="objects",
    )


def _gate_arrivals(workflow: Workflow) -> State:
    return call(
        workflow.functions.gate,
        _run_and_contract(workflow),
        seconds=330,
        next_state="StartCrawler",
    )


def _crawl(workflow: Workflow) -> States:
    name, limits = {"Name": workflow.names.crawler}, workflow.training.limits
    looks = limits.crawler_minutes * 60 // limits.crawler_poll_seconds
    asked = {"crawl_asked_at": jsonata("$states.context.State.EnteredTime")}
    # A crawl that someone else started may have listed the files before ours arrived: wait for it, then crawl again.
    joined = {"ErrorEquals": ["Glue.CrawlerRunningException"], "Assign": asked, "Next": "WaitForCrawler"}
    return {
        "StartCrawler": task(
            "aws-sdk:glue:startCrawler",
            name,
            retry=retries.GLUE_API,
            timeout_seconds=60,
            next_state="WaitForCrawler",
            assign=asked,
            catch_first=[joined | {"Output": jsonata("$states.input")}],
        ),
        "WaitForCrawler": wait(limits.crawler_poll_seconds, next_state="GetCrawler"),
        "GetCrawler": task(
            "aws-sdk:glue:getCrawler",
            name,
            retry=retries.GLUE_API,
            timeout_seconds=60,
            next_state="CrawlerDone?",
            assign={
                "crawl": jsonata(" ".join(CRAWL.split())),
                "crawl_error": jsonata(
                    "$exists($states.result.Crawler.LastCrawl.ErrorMessage)"
                    " ? $states.result.Crawler.LastCrawl.ErrorMessage : 'Glue gave no reason'"
                ),
                "crawl_looks": jsonata("$crawl_looks + 1"),
            },
        ),
        "CrawlerDone?": choice(
            ("$crawl = 'succeeded'", "RunEtl"),
            ("$crawl = 'failed'", "CrawlFailed"),
            (f"$crawl_looks >= {looks}", "CrawlNeverEnded"),
            ("$crawl = 'earlier'", "StartCrawler"),
            otherwise="WaitForCrawler",
        ),
        "CrawlFailed": fail("CrawlFailed", f"'The crawler {workflow.names.crawler} failed: ' & $crawl_error"),
        "CrawlNeverEnded": fail(
            "CrawlNeverEnded",
            f"'The crawler {workflow.names.crawler} has not ended after {limits.crawler_minutes} minutes: "
            "stop it in Glue, then start the run again'",
        ),
    }


def _run_etl(workflow: Workflow) -> State:
    return task(
        "glue:startJobRun.sync",
        {
            "JobName": workflow.surroundings.etl_job,
            "Arguments": {
                "--contract_uri": workflow.contract_uri,
                "--manifest_uri": jsonata("$manifest_uri"),
                "--raw_uri": workflow.data("raw"),
                "--official_holdout_uri": workflow.data("holdout"),
                "--clean_uri": workflow.data("clean"),
                "--heldout_uri": workflow.data("heldout"),
                "--evaluation_uri": of_run(workflow.data("evaluation"), "/"),
                "--quarantine_uri": of_run(workflow.data("quarantine"), "/"),
                "--report_uri": of_run(workflow.data("reports"), "/etl/"),
            },
        },
        retry=retries.GLUE_JOB,
        timeout_seconds=workflow.training.limits.etl_minutes * 60,
        next_state="ValidateData",
    )


def _validate_data(workflow: Workflow) -> State:
    return call(
        workflow.functions.validate_data,
        {
            **_run_and_contract(workflow),
            "etl_report_uri": of_run(workflow.data("reports"), "/etl/"),
        },
        seconds=930,
        next_state="TrainModel",
        train_manifest_uri="train_manifest_uri",
        validation_manifest_uri="validation_manifest_uri",
        baseline_uri="baseline_uri",
        validation_report_uri="report_uri",
    )


def _run_and_contract(workflow: Workflow) -> dict[str, object]:
    return {
        "model": workflow.names.model,
        "run": jsonata("$run"),
        "manifest_uri": jsonata("$manifest_uri"),
        "contract_uri": workflow.contract_uri,
    }
