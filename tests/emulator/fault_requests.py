"""Asks a running emulator for faults."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


class FaultNotTaken(Exception):
    """The emulator refused the fault; the message says why."""


def ask(url: str, method: str, body: dict[str, Any] | None = None) -> Any:
    """One request to the part of the emulator that only tests know."""
    request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body else None)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise FaultNotTaken(json.loads(error.read())["message"]) from None


def let_pass(endpoint_url: str, days: int) -> None:
    """Put the emulator's clock forward: what nobody called for so long is idle."""
    ask(f"{endpoint_url}/_rehearsal/clock", "POST", {"advance_seconds": days * 24 * 3600})


def set_quotas(endpoint_url: str, limits: dict[str, int | None]) -> None:
    """Give the account these quotas, by the names of Service Quotas; None takes one away."""
    ask(f"{endpoint_url}/_rehearsal/quotas", "PUT", limits)


class Faults:
    """The faults of one emulator."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = f"{endpoint_url}/_rehearsal/faults"

    def inject(self, action: str, *, times: int, **more: Any) -> str:
        """Ask for a fault; its id."""
        return ask(self._url, "POST", {"action": action, "times": times, **more})["id"]

    def hits(self, identifier: str) -> int:
        """The number of calls that a fault has hit so far."""
        return ask(self._url, "GET")[identifier]

    def remove(self, identifier: str) -> int:
        """Remove a fault; how often it has hit."""
        return ask(f"{self._url}/{identifier}", "DELETE")["hits"]


def error(code: str, message: str, status: int = 400) -> dict[str, Any]:
    """An error of a service, as a fault's answer."""
    return {"error": {"status": status, "code": code, "message": message}}
