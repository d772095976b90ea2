"""No connection leaves this computer: an audit hook that every process we start installs before anything else.

An audit hook (PEP 578) can't be taken out again, so it holds for the life of the process, for our own code and for
every Python library under it. A command that must fetch something (installing a pack, on the user's word) does it
in a child process of its own that never calls `install`.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
from typing import Any

OFFLINE_ENVIRONMENT: dict[str, str] = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "NO_PROXY": "*",  # a proxy would take loopback requests outside
    "no_proxy": "*",
}
"""What tells the libraries below us to stay at home. Children inherit it."""

_LOCAL_FAMILIES = {
    family
    for name in ("AF_UNIX", "AF_NETLINK")  # both end in this computer's own kernel
    if (family := getattr(socket, name, None)) is not None
}
_ADDRESSED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}
_NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}

_lock = threading.Lock()
_refused: list[str] = []
_installed = threading.Event()


class OutsideConnectionRefused(PermissionError):
    """Something in this process wanted to reach an address outside this computer."""


def go_offline() -> None:
    """Set the environment variables above, whatever they were before."""
    os.environ.update(OFFLINE_ENVIRONMENT)


def install() -> None:
    """Refuse every address outside this computer from now on. Safe to call twice."""
    with _lock:
        if _installed.is_set():
            return
        _installed.set()
    sys.addaudithook(_audit)


def refused() -> tuple[str, ...]:
    """Host and event of every attempt that was refused in this process, oldest first."""
    with _lock:
        return tuple(_refused)


def is_loopback(host: object) -> bool:
    """True for this computer's own names and addresses; None and "" are no address and pass only in look-ups."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii", "replace")
    if not isinstance(host, str):
        return False
    name = host.strip("[]").split("%")[0].lower().rstrip(".")
    if name in ("localhost", "localhost.localdomain", "ip6-localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _ADDRESSED:
        _check_address(event, args[0], args[1])
    elif event in _NAMED and args[0] not in (None, "", b"") and not is_loopback(args[0]):
        _refuse(event, args[0])


def _check_address(event: str, sock: Any, address: Any) -> None:
    family = getattr(sock, "family", None)
    if family in _LOCAL_FAMILIES or address is None:  # sendmsg on a connected socket names no address
        return
    if family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and is_loopback(address[0]):
        return
    _refuse(event, address[0] if isinstance(address, tuple) and address else address)


def _refuse(event: str, host: object) -> None:
    what = f"{event.removeprefix('socket.')} {host!r}"
    with _lock:
        _refused.append(what)
    raise OutsideConnectionRefused(
        f"Sidelight makes no connection outside this computer; refused: {what}. "
        "If you did not expect this, run `sidelight doctor` and report it."
    )
