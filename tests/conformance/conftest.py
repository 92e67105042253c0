"""The emulator that the recordings are compared with."""

from tests.emulator.conftest import emulator

__all__ = ["emulator"]
