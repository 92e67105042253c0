"""Paths of the emulator's own, beside all services, which only tests and benchmarks ask for."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app

from rehearsal.emulator.responses import Response, json_error

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.app": ("_handle_special_data_plane_request",)}

# Method, what follows the path, body.
Answer = Callable[[str, str, bytes], Response]


class Refused(Exception):
    """A request that asks for nothing that the emulator can do; the message says what is allowed."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def answer_at(path: str, answer: Answer) -> None:
    """Hand what comes to this path, or below it, to `answer`."""
    app._handle_special_data_plane_request = _before(app._handle_special_data_plane_request, path, answer)


def read_object(body: bytes, *, allowed: str) -> dict[str, Any]:
    """The JSON object of a request's body.

    Raises:
        Refused: it is none.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"the body is not JSON ({problem}); allowed: {allowed}") from None
    if not isinstance(given, dict):
        raise Refused(f"the body is {json.dumps(given)[:100]}; allowed: {allowed}")
    return given


def ok(document: Mapping[str, Any]) -> Response:
    """The answer to a request that was carried out."""
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()


def _before(handle: Callable[..., Awaitable[Any]], own_path: str, answer: Answer) -> Callable[..., Awaitable[Any]]:
    async def before(method: str, path: str, headers: dict[str, str], body: bytes, *more: Any, **options: Any) -> Any:
        if path != own_path and not path.startswith(f"{own_path}/"):
            return await handle(method, path, headers, body, *more, **options)
        try:
            return answer(method, path.removeprefix(own_path).strip("/"), body)
        except Refused as refused:
            return json_error("RequestRefused", str(refused), refused.status)

    return before
