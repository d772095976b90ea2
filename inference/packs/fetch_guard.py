"""The one process that may leave this computer, and the few hosts that it may go to. Only `packs fetch` uses this.

Every other process of ours refuses all connections outside (`viewer.loopback`); an audit hook can't be taken out, so
`sidelight packs fetch` starts a child that installs this guard in its place, before anything else.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from viewer.loopback import is_loopback

LOOKED_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
ADDRESSED = ("socket.connect", "socket.sendto", "socket.sendmsg")


class HostRefused(PermissionError):
    """Something wanted to go to a host that is not on the list."""


class HostGuard:
    """Lets names through that are on a list, and addresses that these names were found to have.

    Args:
        hosts: Names; each allows its subdomains as well.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._addresses: set[str] = set()

    def allows(self, host: str) -> bool:
        """True for a name on the list, or below one."""
        name = host.lower().rstrip(".")
        return any(name == one or (name.endswith(f".{one}") and not is_loopback(one)) for one in self._hosts)

    def check_url(self, url: str) -> None:
        """Raise HostRefused for another host, or for a connection that others can read on its way."""
        told = urlsplit(url)
        host = told.hostname or ""
        is_private = told.scheme == "https" or (told.scheme == "http" and is_loopback(host))
        if not is_private or not self.allows(host):
            raise HostRefused(
                f"refused: {told.scheme}://{host} is not among {', '.join(self._hosts)} over https"
            )

    def install(self) -> None:
        """Hold this whole process to the list from now on."""
        resolve = socket.getaddrinfo

        def resolved(host: Any, *args: Any, **kwargs: Any) -> Any:
            found = resolve(host, *args, **kwargs)
            self._addresses |= {str(one[4][0]) for one in found}
            return found

        socket.getaddrinfo = resolved
        sys.addaudithook(self.audit)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """The hook: raises HostRefused for every look-up and address that is not allowed."""
        if event in LOOKED_UP:
            name = args[0].decode("ascii", "replace") if isinstance(args[0], bytes) else args[0]
            if not isinstance(name, str) or not (self.allows(name) or name in self._addresses):
                raise HostRefused(f"refused: looking up {name!r}")
        elif event in ADDRESSED:
            address = args[1]
            is_inet = getattr(args[0], "family", None) in (socket.AF_INET, socket.AF_INET6)
            if is_inet and address is not None and str(address[0]) not in self._addresses:
                raise HostRefused(f"refused: connecting to {address[0]!r}")
