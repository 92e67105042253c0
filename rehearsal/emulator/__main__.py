"""`python -m rehearsal.emulator`: ministack with this platform's extensions, on 127.0.0.1 only.

REHEARSAL_HOME (a private folder) and GATEWAY_PORT (a free port) come from whoever starts it; it is ready when
GET /_ministack/ready answers 200, and ends, with all it started, on SIGTERM, SIGINT or SIGHUP.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile

from rehearsal.emulator import settings

AREAS = (
    "rehearsal.emulator.calls",
    "rehearsal.emulator.trail",
    "rehearsal.emulator.billing",
    "rehearsal.emulator.iam",
    "rehearsal.emulator.policy_documents",
    "rehearsal.emulator.sagemaker",
    "rehearsal.emulator.glue",
    "rehearsal.emulator.stepfunctions",
    "rehearsal.emulator.authorization",
    "rehearsal.emulator.lambdas",
    "rehearsal.emulator.idle_functions",
    "rehearsal.emulator.async_failures",
    "rehearsal.emulator.mapping_requests",
    "rehearsal.emulator.queues",
    "rehearsal.emulator.move_tasks",
    "rehearsal.emulator.s3",
    "rehearsal.emulator.objects",
    "rehearsal.emulator.event_entries",
    "rehearsal.emulator.event_targets",
    "rehearsal.emulator.rules",
    "rehearsal.emulator.topics",
    "rehearsal.emulator.encryption",
    "rehearsal.emulator.missing_objects",
    "rehearsal.emulator.passing",
    "rehearsal.emulator.cloudformation",
    "rehearsal.emulator.sagemaker.quotas",
    "rehearsal.emulator.faults",
)


def prepare_environment() -> None:
    """Settings that ministack reads while it is imported."""
    temporary = str(settings.work_folder("tmp"))
    os.environ.update(
        {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": settings.region(),
            "AWS_REGION": settings.region(),
            "MINISTACK_REGION": settings.region(),
            "MINISTACK_ACCOUNT_ID": settings.account_id(),
            "MINISTACK_HOST": "127.0.0.1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(settings.port()),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "LAMBDA_EXECUTOR": "local",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TMPDIR": temporary,
        }
    )
    os.environ.pop("AWS_SESSION_TOKEN", None)
    os.environ.pop("AWS_PROFILE", None)
    tempfile.tempdir = temporary


def main() -> None:
    """Prepare, extend, serve."""
    try:
        settings.speed()
        prepare_environment()
        from rehearsal.emulator import pinned, server

        pinned.check()
        for area in AREAS:
            importlib.import_module(area).install()
    except settings.SettingsError as error:
        sys.exit(f"the emulator does not start: {error}")
    server.run()


if __name__ == "__main__":
    main()
