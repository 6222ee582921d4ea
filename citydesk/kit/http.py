"""HTTP to the outside, with the habits every gateway shares.

Every wait has an end, bodies have a limit, nothing is asked while a transaction is open, and no
address with a query string (tokens, secrets) reaches a log or an exception.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from citydesk.kit.transaction import refuse_to_wait_inside_one
from citydesk.kit.troubles import GatewayTrouble

LARGEST_ANSWER = 1 << 20
CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 5.0
CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: HTTP status, headers, and at most 1 MiB of body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Read the body as JSON, whatever it calls itself.

        Raises:
            GatewayTrouble: it is not JSON.
        """
        try:
            return orjson.loads(self.body)
        except ValueError as unreadable:
            raise GatewayTrouble(f"answer {self.status} is not JSON") from unreadable


@dataclass(frozen=True, slots=True)
class Http:
    """A pool of connections to the systems outside."""

    session: aiohttp.ClientSession

    async def call(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        total_seconds: float = TOTAL_SECONDS,
        once: bool = False,
    ) -> Answer:
        """Ask and return the answer, whatever its status.

        When a connection drops before the answer, a GET leaves a second time by itself, as HTTP
        allows (RFC 9110 9.2.2). With ``once`` it never does: for what carries a one-time code.

        Raises:
            GatewayTrouble: no answer in time, no connection (``sent`` False), or one too large.
        """
        where = f"{method} {url.partition('?')[0]}"
        refuse_to_wait_inside_one(where)
        sent_headers = dict(headers or {})
        if json is not None:
            data = orjson.dumps(json)
            sent_headers["Content-Type"] = "application/json"
        limits = aiohttp.ClientTimeout(
            total=total_seconds, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS
        )
        try:
            async with self.session.request(
                method,
                url,
                data=data,
                params=params,
                headers=sent_headers,
                timeout=limits,
                allow_redirects=False,
                middlewares=(_never_again,) if once else None,
            ) as answer:
                return Answer(answer.status, answer.headers, await _body(answer, where))
        except aiohttp.ClientConnectorError as refused:
            raise GatewayTrouble(f"{where}: no connection", sent=False) from refused
        except (aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError) as slow:
            left = not isinstance(slow, aiohttp.ConnectionTimeoutError)
            raise GatewayTrouble(f"{where}: too slow", sent=left) from None
        except (TimeoutError, aiohttp.ClientError, ValueError) as broken:
            raise GatewayTrouble(f"{where}: {type(broken).__name__}") from None


async def _never_again(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a request; when its connection drops, fail in a way that aiohttp does not repeat."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise  # it never left, and aiohttp does not repeat it either
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as dropped:
        # Just these two make aiohttp send again; their common parent does not.
        raise aiohttp.ClientConnectionError(type(dropped).__name__) from dropped


async def _body(answer: aiohttp.ClientResponse, where: str) -> bytes:
    body = await answer.content.read(LARGEST_ANSWER)
    while not answer.content.at_eof():
        more = await answer.content.read(LARGEST_ANSWER)
        if len(body) + len(more) > LARGEST_ANSWER:
            raise GatewayTrouble(f"{where}: answer over {LARGEST_ANSWER} bytes")
        body += more
    return body


@asynccontextmanager
async def open_http() -> AsyncIterator[Http]:
    """Open the pool; close it on the way out."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, limit_per_host=CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        # Answers come as they are: a compressed one could grow past any limit when unpacked.
        headers={"User-Agent": "citydesk", "Accept-Encoding": "identity"},
        auto_decompress=False,
    ) as session:
        yield Http(session)
