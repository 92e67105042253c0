"""Network isolation inside the container's Python: no connection leaves it. Loaded by a .pth file of its environment.

It works by an audit hook, so it sees what Python code does, pip included; a C library with sockets of its own would
not be seen.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any

MESSAGE = "network isolation: this container has no network"
LOCAL_NAMES = ("localhost", "", None)


def close(*closed_ports: int) -> None:
    """Cut the network off. Addresses of the loopback device stay open, except the given ports."""
    sys.addaudithook(_hook(frozenset(closed_ports)))


def is_local(host: Any) -> bool:
    """Tell whether the host is this container itself."""
    if host in LOCAL_NAMES:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text == "localhost":
        return True
    try:
        return ipaddress.ip_address(text.split("%", 1)[0]).is_loopback
    except ValueError:
        return False


def _hook(closed_ports: frozenset[int]) -> Callable[[str, tuple[Any, ...]], None]:
    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            if isinstance(address, tuple) and (not is_local(address[0]) or address[1] in closed_ports):
                raise OSError(101, MESSAGE)
        elif event == "socket.getaddrinfo" and not is_local(arguments[0]):
            raise socket.gaierror(socket.EAI_AGAIN, MESSAGE)

    return refuse
