"""Work that goes on after the request that started it was answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ministack.core import concurrency


def run(function: Callable[..., Any], *args: Any) -> threading.Thread:
    """Run the function in a thread that keeps the request's account and region; its failure is logged."""
    name = f"rehearsal-{getattr(function, '__name__', 'work')}"
    return concurrency.spawn_background(function, *args, thread_name=name)
