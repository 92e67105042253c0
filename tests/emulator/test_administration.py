"""Requests that only tests make of the emulator: one that means nothing is refused in a line and changes nothing."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from tests.emulator.conftest import Emulator

DEEP = b"[" * 100_000
NOT_OBJECTS = [b"", b"{", b"\xff", b"null", b"[]", b'"text"', b"1", DEEP]


def refusal(emulator: Emulator, method: str, path: str, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(f"{emulator.url}/_rehearsal/{path}", method=method, data=body)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    answer = json.loads(refused.value.read())
    assert answer["__type"] == "RequestRefused"
    return refused.value.code, answer["message"]


@pytest.mark.parametrize("body", NOT_OBJECTS, ids=lambda body: repr(body[:8]))
@pytest.mark.parametrize(("method", "path"), [("PUT", "quotas"), ("POST", "clock"), ("POST", "faults")])
def test_a_body_that_is_no_json_object_is_one_line(emulator: Emulator, method: str, path: str, body: bytes) -> None:
    status, message = refusal(emulator, method, path, body)

    assert status == 400
    assert message.startswith("the body is ")
    assert "; allowed: " in message
    assert "\n" not in message


@pytest.mark.parametrize("limit", [-1, 1.5, True, "0", [], {}])
def test_a_limit_that_is_no_number_of_instances_is_refused(emulator: Emulator, limit: object) -> None:
    name = "ml.m5.large for training job usage"
    status, message = refusal(emulator, "PUT", "quotas", json.dumps({name: limit}).encode())

    assert status == 400
    assert message == f"the limit of '{name}' is {json.dumps(limit)}; allowed: a whole number from 0, or null"


@pytest.mark.parametrize("name", ["", "ml.m5.large", "ml.m5.large for fun", " for training job usage"])
def test_a_name_that_is_no_quota_sets_no_limit_beside_it_either(emulator: Emulator, name: str) -> None:
    good = "ml.m5.large for transform job usage"
    status, message = refusal(emulator, "PUT", "quotas", json.dumps({good: 0, name: 0}).encode())

    assert status == 400
    assert message.startswith(f"{name!r} is no quota; allowed: ")
    request = urllib.request.Request(f"{emulator.url}/_rehearsal/quotas", method="PUT", data=b"{}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert good not in json.loads(answer.read())


@pytest.mark.parametrize("seconds", ["-1", "true", '"9"', "null", "[]", "NaN", "Infinity", "1e400", "315360001"])
def test_a_time_that_cannot_pass_is_refused(emulator: Emulator, seconds: str) -> None:
    status, message = refusal(emulator, "POST", "clock", f'{{"advance_seconds": {seconds}}}'.encode())

    assert status == 400
    assert message.endswith('; allowed: POST {"advance_seconds": n} with n from 0 to 315360000')


@pytest.mark.parametrize(
    ("member", "value", "allowed"),
    [
        ("action", 1, "a text"),
        ("times", "many", "a whole number from 1"),
        ("times", 0, "a whole number from 1"),
        ("times", True, "a whole number from 1"),
        ("matches", "part", "a list of texts"),
        ("matches", [1], "a list of texts"),
        ("error", "Throttled", "an object"),
        ("job_failure", None, "a text"),
        ("job_pending", False, "true"),
    ],
)
def test_a_member_of_a_fault_of_another_type_is_refused(
    emulator: Emulator, member: str, value: object, allowed: str
) -> None:
    fault = {"action": "glue:StartJobRun", "times": 1, "job_failure": "x", member: value}
    status, message = refusal(emulator, "POST", "faults", json.dumps(fault).encode())

    assert (status, message) == (400, f"{member} is {value!r}; allowed: {allowed}")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "quotas"), ("PUT", "quotas/1"), ("GET", "clock"), ("POST", "clock/1"), ("PUT", "faults")],
)
def test_what_means_nothing_is_not_found(emulator: Emulator, method: str, path: str) -> None:
    status, message = refusal(emulator, method, path, b"{}")

    assert status == 404
    assert message.startswith(f"{method} /_rehearsal/{path}")
    assert "means nothing; " in message
