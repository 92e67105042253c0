"""Step Functions: JSONata machines that call every service over HTTP with the machine's own role."""

from rehearsal.emulator.stepfunctions.service import install

__all__ = ["install"]
