"""IAM in the emulator: our evaluator, a loopback connection that counts as TLS, and a start that insists on both."""

from __future__ import annotations

from ministack import app
from ministack.core import iam_evaluator

from rehearsal.emulator import evaluation, settings

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("AUTH", "pin_request_origin"),
    "ministack.core.iam_evaluator": ("_request_origin",),
}


def install() -> None:
    """Make `aws:SecureTransport` true: nothing but the loopback device carries the requests."""
    if not app.AUTH:
        raise settings.SettingsError("AUTH is not true: the rehearsal only runs with IAM enforced")
    evaluation.install()
    app.pin_request_origin = _pin_secure_origin
    _pin_secure_origin("127.0.0.1", True)


def _pin_secure_origin(source_ip: str, secure_transport: bool) -> None:
    del secure_transport
    iam_evaluator._request_origin.set((source_ip, True))
