"""The environment variables of a Lambda function's process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from rehearsal.emulator import sessions

PRINCIPAL = "lambda.amazonaws.com"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.lambda_runtime": ("_RESERVED_RUNTIME_ENV_VARS",),
}


def variables(config: Mapping[str, Any], task_root: Path, own_tmp: Path) -> dict[str, str]:
    """Exactly what a function sees on AWS, plus the endpoint; nothing of the emulator's own environment."""
    name = config["FunctionName"]
    declared = (config.get("Environment") or {}).get("Variables") or {}
    own = {key: value for key, value in declared.items() if key not in lambda_runtime._RESERVED_RUNTIME_ENV_VARS}
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "HOME": str(own_tmp),
        "TMPDIR": str(own_tmp),
        **own,
        **sessions.role_environment(config["Role"], PRINCIPAL, name),
        "LAMBDA_TASK_ROOT": str(task_root),
        "_HANDLER": config["Handler"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{os.urandom(16).hex()}",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    }
