"""The choice of the fleet for the next request: the one that serves, or in part the one that is about to."""

from __future__ import annotations

import threading

from rehearsal.emulator.sagemaker.fleets import Fleet, Variant

# Multiples of the golden ratio spread requests evenly for any share, and the same way each time.
GOLDEN = 0.6180339887498949


class Traffic:
    """Sends an endpoint's requests to the fleet that serves, or in part to the one that is about to."""

    def __init__(self, serving: Fleet) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self.serving = serving
        self._next: Fleet | None = None
        self._share = 0.0

    def split(self, fleet: Fleet, share: float) -> None:
        """Send this share of the requests to another fleet."""
        with self._lock:
            self._next, self._share = fleet, share

    def settle(self, fleet: Fleet) -> None:
        """One fleet answers everything from now on."""
        with self._lock:
            self.serving, self._next, self._share = fleet, None, 0.0

    def choose(self, variant_name: str | None) -> tuple[Fleet, Variant | None]:
        """Choose the fleet for this request."""
        with self._lock:
            self._count += 1
            point = (self._count * GOLDEN) % 1.0
            fleet = self._next if self._next is not None and point < self._share else self.serving
        if variant_name is not None:
            return fleet, fleet.variant_named(variant_name)
        return fleet, fleet.variant_for((self._count * GOLDEN * GOLDEN) % 1.0)
