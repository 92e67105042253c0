"""The emulator's HTTP server and its orderly end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app

from rehearsal.emulator import children, settings

HARD_END_SECONDS = 15.0
PARENT_CHECK_SECONDS = 0.5
GRACE_SECONDS = 2.0

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.app": ("app",)}

logger = logging.getLogger("rehearsal")


def run() -> None:
    """Serve until a signal comes or the parent is gone; then end every child and this process."""
    parent = os.getppid()
    asyncio.run(_serve(parent))


async def _serve(parent: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if os.environ.get("REHEARSAL_DIE_WITH_PARENT") == "1":
        watch = threading.Thread(target=_watch_parent, args=(parent, loop, stop), daemon=True)
        watch.start()
    ending = asyncio.create_task(_end(stop))
    await serve(app.app, _config(), shutdown_trigger=stop.wait)
    await ending


def _config() -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{settings.port()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = GRACE_SECONDS
    config.shutdown_timeout = GRACE_SECONDS
    config.loglevel = "WARNING"
    return config


async def _end(stop: asyncio.Event) -> None:
    """Threads may wait for answers that will not come any more, so the process ends without joining them."""
    await stop.wait()
    last_resort = threading.Timer(HARD_END_SECONDS, os._exit, args=(1,))
    last_resort.daemon = True
    last_resort.start()
    await asyncio.to_thread(children.stop_all, GRACE_SECONDS)
    logging.shutdown()
    os._exit(0)


def _watch_parent(parent: int, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_SECONDS)
    logger.warning("the process that started the emulator is gone")
    loop.call_soon_threadsafe(stop.set)
