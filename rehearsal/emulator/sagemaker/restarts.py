"""Keeps the containers of endpoints running: one that ends by itself is started again, for as long as it is wanted."""

from __future__ import annotations

import logging

from rehearsal.emulator import background, children
from rehearsal.emulator.sagemaker.health import StartFailed
from rehearsal.emulator.sagemaker.model_server import ModelServer

LOOK_SECONDS = 0.5

logger = logging.getLogger("rehearsal.sagemaker")


def keep_running(server: ModelServer) -> ModelServer:
    """Look after a server until it is stopped."""
    background.run(_watch, server)
    return server


def _watch(server: ModelServer) -> None:
    while not server.stopped.wait(LOOK_SECONDS):
        if server.has_died:
            _start_again(server)


def _start_again(server: ModelServer) -> None:
    logger.warning("a container of an endpoint died and is started again")
    try:
        server.run_again()
        server.become_healthy()
    except (StartFailed, children.Closing) as error:
        # Tried again at the next look: SageMaker does not give an endpoint up that was in service.
        logger.warning("the container %s", error)
