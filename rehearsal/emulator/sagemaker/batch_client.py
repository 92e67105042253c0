"""The requests of a batch transform to the container: one request at a time per thread, again where that may help."""

from __future__ import annotations

import threading

from rehearsal.emulator import clock
from rehearsal.emulator.sagemaker.model_server import INVOCATION_SECONDS, InvocationTimeout, ModelServer
from rehearsal.emulator.sagemaker.store import Record

DEFAULT_RETRIES = 3
RETRY_WAIT_SECONDS = 5.0
TEXT_LENGTH = 1024


class BadAnswer(Exception):
    """The container did not answer a request with 200."""


class Stopped(Exception):
    """The job was asked to end."""


class BatchClient:
    """Sends requests the way a transform job's settings say."""

    def __init__(self, job: Record, stop: threading.Event) -> None:
        client = job.get("ModelClientConfig") or {}
        self._stop = stop
        self._timeout = float(client.get("InvocationsTimeoutInSeconds", INVOCATION_SECONDS))
        self._retries = int(client.get("InvocationsMaxRetries", DEFAULT_RETRIES))
        self._content_type: str = job["TransformInput"].get("ContentType", "application/octet-stream")
        self._accept: str = job["TransformOutput"].get("Accept", "*/*")

    def send(self, server: ModelServer, body: bytes) -> bytes:
        """The answer to one request.

        Raises:
            BadAnswer: with the last answer, when retries did not help or cannot.
            Stopped: the job was asked to end in the meantime.
        """
        problem = ""
        for attempt in range(self._retries + 1):
            if attempt:
                self._stop.wait(clock.shortened(RETRY_WAIT_SECONDS))
            if self._stop.is_set():
                raise Stopped
            try:
                reply = server.invoke(body, content_type=self._content_type, accept=self._accept, timeout=self._timeout)
            except InvocationTimeout as error:
                problem = f"Model server did not respond to /invocations request: {error}"
                continue
            if reply.status == 200:
                return reply.body
            text = reply.body.decode("utf-8", "replace")[:TEXT_LENGTH]
            problem = f"Bad HTTP status received from algorithm: {reply.status}: {text}"
            if reply.status < 500:
                break
        raise BadAnswer(problem)
