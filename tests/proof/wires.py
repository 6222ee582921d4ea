"""Speaking HTTP by hand, and badly."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

ANSWER = b"HTTP/1.1 "


@dataclass
class Heard:
    """What came back on one connection until it was closed, or nobody said more."""

    text: bytes
    closed: bool

    @property
    def answers(self) -> int:
        """How many answers there were."""
        return self.text.count(ANSWER)

    @property
    def status(self) -> int:
        """The status of the first one; 0 for none."""
        return int(self.text[9:12]) if self.text.startswith(ANSWER) else 0


async def tell(
    port: int, *parts: bytes, seconds: float = 2.0, pause: float = 0.0, patient: bool = True
) -> Heard:
    """Send some bytes on a connection of its own, and hear everything that comes back.

    Who is not ``patient`` leaves after the first answer's head.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = bytearray()
    closed = False

    async def speak() -> None:
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                if pause:
                    await asyncio.sleep(pause)

    speaking = asyncio.create_task(speak())
    try:
        async with asyncio.timeout(seconds):
            while part := await reader.read(65_536):
                heard += part
                if not patient and b"\r\n\r\n" in heard:
                    break
            closed = True
    except TimeoutError:
        closed = False
    except ConnectionError:
        closed = True
    finally:
        speaking.cancel()
        writer.close()
    return Heard(bytes(heard), closed)


def post(path: str, body: bytes, *lines: str, length: bool = True) -> bytes:
    """One request with a body."""
    head = [f"POST {path} HTTP/1.1", "Host: city", *lines]
    if length:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body
