"""The crawlers API of Glue where it differs from what ministack answers."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import glue

from rehearsal.emulator import background, clock, faults, sessions
from rehearsal.emulator.glue import security
from rehearsal.emulator.glue.crawler import PRINCIPAL, SESSION, CrawlCancelled, CrawlFailed, crawl
from rehearsal.emulator.glue.job_rules import role_arn
from rehearsal.emulator.logs import write_log
from rehearsal.emulator.responses import Response, json_error

START_SECONDS = 10
STOP_SECONDS = 4
LOG_GROUP = "/aws-glue/crawlers"
MESSAGE_LIMIT = 2_000

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.glue": (
        "_crawlers",
        "_create_crawler",
        "_delete_crawler",
        "_start_crawler",
        "_stop_crawler",
        "_update_crawler",
    ),
}

logger = logging.getLogger("rehearsal")
_cancelled: dict[str, threading.Event] = {}
_lock = threading.Lock()


def install() -> None:
    """Replace start and stop; a crawler that runs can be neither changed nor deleted.

    Whoever makes, changes or starts one lets Glue fetch its security configuration as the crawler's role.
    """
    for name in ("_create_crawler", "_update_crawler"):
        setattr(glue, name, _secured(getattr(glue, name)))
    glue._start_crawler = start
    glue._stop_crawler = stop
    for name in ("_update_crawler", "_delete_crawler"):
        setattr(glue, name, _when_ready(getattr(glue, name)))


def start(data: dict[str, Any]) -> Response:
    """StartCrawler."""
    name = data.get("Name")
    with _lock:
        crawler = glue._crawlers.get(name)
        if crawler is None:
            return _not_found(name)
        if crawler["State"] != "READY":
            return json_error("CrawlerRunningException", f"Crawler with name {name} has already started")
        crawler["State"] = "RUNNING"
        cancelled = _cancelled[str(name)] = threading.Event()
    background.run(_crawl, crawler, cancelled)
    return _answer()


def stop(data: dict[str, Any]) -> Response:
    """StopCrawler."""
    name = data.get("Name")
    with _lock:
        crawler = glue._crawlers.get(name)
        if crawler is None:
            return _not_found(name)
        if crawler["State"] == "STOPPING":
            return json_error("CrawlerStoppingException", f"Crawler with name {name} is stopping")
        if crawler["State"] != "RUNNING":
            return json_error("CrawlerNotRunningException", f"Crawler with name {name} isn't running")
        crawler["State"] = "STOPPING"
        _cancelled[str(name)].set()
    return _answer()


def _crawl(crawler: dict[str, Any], cancelled: threading.Event) -> None:
    began = time.time()
    last = {
        "LogGroup": log_group(crawler),
        "LogStream": crawler["Name"],
        "MessagePrefix": str(uuid.uuid4()),
        "StartTime": began,
        "Status": "FAILED",
    }
    try:
        cancelled.wait(clock.shortened(START_SECONDS))
        if failure := faults.job_failure("glue:StartCrawler", {"Name": crawler["Name"]}, cancelled):
            raise CrawlFailed(failure)
        if cancelled.is_set():
            raise CrawlCancelled
        security.retrieve(crawler.get("CrawlerSecurityConfiguration"), role_arn(crawler), SESSION)
        lines = crawl(crawler, cancelled)
        last["Status"] = "SUCCEEDED"
    except CrawlCancelled:
        last["Status"], lines = "CANCELLED", ["INFO : The crawl was cancelled"]
    except (CrawlFailed, security.NotRetrieved, ClientError, BotoCoreError, sessions.RoleError, ValueError) as problem:
        last["ErrorMessage"] = str(problem)[:MESSAGE_LIMIT]
        lines = [f"ERROR : {problem}"]
    except Exception as problem:
        logger.exception("the crawler %s broke", crawler["Name"])
        last["ErrorMessage"] = f"Internal Service Exception: {problem!r}"
        lines = [f"ERROR : {problem!r}"]
    _log(crawler, last, lines)
    crawler["State"] = "STOPPING"
    time.sleep(clock.shortened(STOP_SECONDS))
    crawler["LastCrawl"] = last
    crawler["CrawlElapsedTime"] = int((time.time() - began) * 1000)
    crawler["State"] = "READY"


def _log(crawler: dict[str, Any], last: dict[str, Any], lines: list[str]) -> None:
    """The crawler writes its log with its role; without the permission there is none."""
    text = "\n".join(f"[{last['MessagePrefix']}] {line}" for line in lines)
    with contextlib.suppress(sessions.RoleError):
        client = sessions.role_client("logs", role_arn(crawler), PRINCIPAL, SESSION)
        try:
            write_log(last["LogGroup"], crawler["Name"], text, client)
        except (ClientError, BotoCoreError) as problem:
            logger.warning("the log of the crawler %s is lost: %s", crawler["Name"], problem)


def log_group(crawler: dict[str, Any]) -> str:
    """The log group; under a security configuration it is named after the role and the configuration."""
    configuration = crawler.get("CrawlerSecurityConfiguration")
    if not configuration:
        return LOG_GROUP
    return f"{LOG_GROUP}-{security.role_resource(role_arn(crawler))}-{configuration}"


def _security_problem(crawler: dict[str, Any]) -> Response | None:
    try:
        security.retrieve(crawler.get("CrawlerSecurityConfiguration"), role_arn(crawler), SESSION)
    except security.NotRetrieved as problem:
        return security.invalid_input(problem)
    return None


def _secured(stock: Any) -> Any:
    def checked(data: dict[str, Any]) -> Response:
        return _security_problem({**(glue._crawlers.get(data.get("Name")) or {}), **data}) or stock(data)

    return checked


def _when_ready(stock: Any) -> Any:
    def guarded(data: dict[str, Any]) -> Response:
        crawler = glue._crawlers.get(data.get("Name"))
        if crawler is not None and crawler["State"] != "READY":
            return json_error("CrawlerRunningException", f"Crawler with name {data['Name']} is running")
        return stock(data)

    return guarded


def _not_found(name: Any) -> Response:
    return json_error("EntityNotFoundException", f"Crawler with name {name} not found")


def _answer() -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({}).encode()
