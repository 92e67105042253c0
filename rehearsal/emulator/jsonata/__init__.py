"""JSONata by its official engine, in the version that Step Functions speaks (2.0.6), with AWS's own functions."""

from rehearsal.emulator.jsonata.engine import EngineFailed, shared_engine

__all__ = ["EngineFailed", "shared_engine"]
