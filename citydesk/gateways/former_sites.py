"""Departments' former web sites: one look at one page, as a browser without scripts has it.

Officers type these addresses, so they are checked before anything is sent: http or https, no
credentials and, in production, a public host: nobody can make us look into our own network.
"""

import asyncio
import re
import socket
from dataclasses import dataclass
from html import unescape
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

from citydesk.kit.http import Http
from citydesk.kit.troubles import GatewayTrouble

LONGEST_ADDRESS = 1000
LOOK_SECONDS = 5.0
READ_BYTES = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFRESH = re.compile(
    rb"""<meta[^>]+http-equiv\s*=\s*["']?refresh["']?[^>]*content\s*=\s*["']?\s*\d+\s*;\s*url\s*=\s*["']?([^"'>\s]+)""",
    re.IGNORECASE,
)


class NotLookedAt(Exception):
    """The address is none that we look at; the text says why (English, for the log)."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one page answered: its status, and where it sends the browser ("": nowhere)."""

    status: int
    leads_to: str


@dataclass(frozen=True, slots=True)
class FormerSites:
    """The web outside; ``inside`` allows loopback, for the sandbox of development."""

    http: Http
    inside: bool

    async def look(self, address: str) -> Looked:
        """Open one page without following where it leads.

        Raises:
            NotLookedAt: not an address we look at. GatewayTrouble: no answer.
        """
        await self._check(address)
        answer = await self.http.call("GET", address, total_seconds=LOOK_SECONDS)
        onward = ""
        if answer.status in REDIRECTS:
            onward = answer.headers.get("Location", "")
        elif answer.status == 200 and (found := _REFRESH.search(answer.body[:READ_BYTES])):
            onward = unescape(found[1].decode("utf-8", "replace"))
        return Looked(answer.status, _joined(address, onward) if onward else "")

    async def _check(self, address: str) -> None:
        host, port = checked(address)
        if self.inside:
            return
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError:
            raise GatewayTrouble("no such host", sent=False) from None
        if not all(ip_address(each[4][0]).is_global for each in found):
            raise NotLookedAt("the host is not public")


def checked(address: str) -> tuple[str, int]:
    """Return host and port of an address of the web; raises NotLookedAt for anything else."""
    if len(address) > LONGEST_ADDRESS or not address.isprintable() or " " in address:
        raise NotLookedAt("too long, or not printable")
    try:
        parts = urlsplit(address)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise NotLookedAt("not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotLookedAt("neither http nor https")
    if parts.username is not None or parts.password is not None:
        raise NotLookedAt("with credentials")
    return parts.hostname, port


def _joined(address: str, onward: str) -> str:
    try:
        return urljoin(address, onward)[:LONGEST_ADDRESS]
    except ValueError:
        return ""
