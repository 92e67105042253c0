"""The answer over real HTTP, as CloudFormation's signed address takes it."""

import json
import threading
import urllib.error
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from lambda_src.teardown.answer import answer_body, send_answer

REQUEST = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Teardown", "PhysicalResourceId": "id-1"}


class Receiver(HTTPServer):
    """Refuses some answers first, then takes them."""

    refusals = 0

    def __init__(self) -> None:
        self.received: list[tuple[str, str | None, dict[str, Any]]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, self.headers["Content-Type"], json.loads(body)))
        refused = len(self.server.received) <= self.server.refusals
        self.send_response(503 if refused else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(receiver: Receiver) -> str:
    return f"http://127.0.0.1:{receiver.server_port}/answer?signature=a%2Bb"


def test_the_answer_is_put_with_an_empty_content_type(receiver: Receiver) -> None:
    send_answer(REQUEST | {"ResponseURL": url(receiver)}, "FAILED", "because")
    ((path, content_type, value),) = receiver.received
    assert path == "/answer?signature=a%2Bb"
    assert content_type == ""
    assert value == {
        "Status": "FAILED",
        "Reason": "because",
        "PhysicalResourceId": "id-1",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Teardown",
        "Data": {},
    }


def test_a_refused_answer_is_sent_again(receiver: Receiver) -> None:
    receiver.refusals = 2
    pauses: list[float] = []
    send_answer(REQUEST | {"ResponseURL": url(receiver)}, "SUCCESS", "", pauses.append)
    assert len(receiver.received) == 3
    assert pauses == [2.0, 4.0]


def test_an_answer_that_nobody_takes_is_an_error_so_that_lambda_tries_again(receiver: Receiver) -> None:
    receiver.refusals = 99
    with pytest.raises(urllib.error.HTTPError):
        send_answer(REQUEST | {"ResponseURL": url(receiver)}, "SUCCESS", "", lambda _: None)
    assert len(receiver.received) == 4


def test_the_answer_stays_below_the_limit_of_cloudformation() -> None:
    assert len(answer_body(REQUEST | {"StackId": "x" * 300}, "FAILED", "ä" * 100_000)) < 4096
    assert len(answer_body(REQUEST | {"StackId": "x" * 300}, "FAILED", "\x1b" * 100_000)) < 4096
    assert len(json.loads(answer_body(REQUEST, "FAILED", "x" * 100_000))["Reason"]) == 1000


def test_the_physical_id_never_changes_after_creation() -> None:
    created = json.loads(answer_body(REQUEST | {"PhysicalResourceId": None}, "SUCCESS", ""))["PhysicalResourceId"]
    later = json.loads(answer_body(REQUEST | {"PhysicalResourceId": created}, "SUCCESS", ""))["PhysicalResourceId"]
    assert created == later == "teardown-Teardown"
