"""The crawl: it describes the uploads for people. Whatever becomes of it, the run goes on and says so (ADR 18)."""

from typing import Any

from contract.text import WARNING_CHARACTERS
from mlops_constructs.metrics import MODEL_WARNINGS, NAMESPACE, model_dimensions
from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, assign, choice, ignored, jsonata, task, wait
from mlops_constructs.workflow.names import MODEL, NAME
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
REFUSED = (
    "'the crawler was refused in ' & $states.input.state & ': ' & $states.input.caught.Error"
    " & ($exists($states.input.caught.Cause) ? ', ' & $states.input.caught.Cause : '')"
)


def crawl_states(workflow: Workflow, *, next_state: str) -> States:
    """Start of the crawl to the next part of the run; warnings, of the gate as well, are counted on the way."""
    limits = workflow.training.limits
    looks = limits.crawler_minutes * 60 // limits.crawler_poll_seconds
    return {
        "StartCrawler": _start(),
        "WaitForCrawler": wait(limits.crawler_poll_seconds, next_state="GetCrawler"),
        "GetCrawler": _get(),
        "CrawlerDone?": choice(
            ("$crawl = 'succeeded'", "AnyWarning?"),
            ("$crawl = 'failed'", "CrawlFailed"),
            (f"$crawl_looks >= {looks}", "CrawlNeverEnded"),
            ("$crawl = 'earlier'", "StartCrawler"),
            otherwise="WaitForCrawler",
        ),
        "CrawlRefused": _warn(REFUSED),
        "CrawlFailed": _warn("'the crawl failed: ' & $crawl_error"),
        "CrawlNeverEnded": _warn(
            f"'the crawl has not ended after {limits.crawler_minutes} minutes: stop the crawler in Glue'"
        ),
        "AnyWarning?": choice(("$count($warnings) > 0", "CountWarnings"), otherwise=next_state),
        "CountWarnings": _count(workflow, next_state=next_state),
    }


def _start() -> State:
    asked = {"crawl_asked_at": jsonata("$states.context.State.EnteredTime")}
    # A crawl that someone else started may have listed the files before ours arrived: wait for it, then crawl again.
    joined = ignored("WaitForCrawler", errors=("Glue.CrawlerRunningException",), assign=asked)
    return task(
        "aws-sdk:glue:startCrawler",
        {"Name": NAME},
        retry=retries.GLUE_API,
        timeout_seconds=60,
        next_state="WaitForCrawler",
        assign=asked,
        catch_first=[joined],
        on_error="CrawlRefused",
    )


def _get() -> State:
    return task(
        "aws-sdk:glue:getCrawler",
        {"Name": NAME},
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
        on_error="CrawlRefused",
    )


def _warn(reason: str) -> State:
    text = f"$substring('crawler ' & $name & ': ' & {reason}, 0, {WARNING_CHARACTERS})"
    return assign({"warnings": jsonata(f"[$warnings, {text}]")}, next_state="AnyWarning?")


def _count(workflow: Workflow, *, next_state: str) -> State:
    """Once for each run, whatever follows: an alarm stands on the number. A number that is lost ends no run either."""
    dimensions = model_dimensions(workflow.prefix, MODEL)
    metric: dict[str, Any] = {
        "MetricName": MODEL_WARNINGS,
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Value": jsonata("$count($warnings)"),
        "Unit": "Count",
    }
    return task(
        "aws-sdk:cloudwatch:putMetricData",
        {"Namespace": NAMESPACE, "MetricData": [metric]},
        retry=retries.CLOUDWATCH,
        timeout_seconds=60,
        next_state=next_state,
        on_error=next_state,
    )
