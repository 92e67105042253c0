"""Shorter waits: the one place where the rehearsal's time differs from AWS's."""

from __future__ import annotations

from rehearsal.emulator import settings


def shortened(seconds: float) -> float:
    """How long a wait of so many seconds on AWS takes here. For waits only, never for limits on real work."""
    return seconds / settings.speed()
