"""What the tests of the doors speak with: raw HTTP, and a person signed in."""

import asyncio
from urllib.parse import urlsplit

from citydesk import identity
from citydesk.world import World
from tests.people import Outside


async def raw(url: str, *parts: bytes) -> bytes:
    """Speak HTTP by hand and return the head of the answer."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(3):
            return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()


async def got(url: str, path: str) -> int:
    """The status of a GET whose path is sent as it is."""
    asked = f"GET {path} HTTP/1.1\r\nHost: city\r\n\r\n".encode()
    return int((await raw(url, asked)).split()[1])


async def token_of(world: World, outside: Outside, who: str) -> str:
    """Sign a person in."""
    told = await outside.control("POST", f"people/{who}/login_code")
    return (await identity.sign_in_mini_program(world, told["code"], "")).access_token
