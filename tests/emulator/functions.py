"""Small Lambda functions for the tests."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from tests.emulator.conftest import Emulator, lambda_runtime

LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
LOGS = {"Effect": "Allow", "Action": LOG_ACTIONS, "Resource": "*"}


def archive(files: dict[str, str]) -> bytes:
    """A deployment package."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return buffer.getvalue()


def make_function(emulator: Emulator, name: str, role: str, source: str | dict[str, str], **more: Any) -> str:
    """Create a function from the source of its module, or of several; its ARN."""
    runtime, architecture = lambda_runtime()
    files = {"index.py": source} if isinstance(source, str) else source
    settings = {
        "Runtime": runtime,
        "Architectures": [architecture],
        "Handler": "index.handler",
        "Timeout": 20,
        **more,
    }
    made = emulator.client("lambda").create_function(
        FunctionName=name, Role=role, Code={"ZipFile": archive(files)}, **settings
    )
    return str(made["FunctionArn"])


def invoke(emulator: Emulator, name: str, event: Any = None) -> tuple[Any, str | None]:
    """The function's answer, and the kind of its error if it failed."""
    answer = emulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")
