"""Citizens who file while processes die: each asks until told yes or no, as a phone would.

A filing is a case begun, its paper and its submission, each asked under one Idempotency-Key. Every
other paper travels in parts: whoever loses the line asks by HEAD how far it is, and goes on there.
"""

import asyncio
from dataclasses import dataclass, field, replace
from hashlib import sha256
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp
import orjson

from citydesk.cases.uploads import SMALLEST_PART
from tests.documents import a_pdf

LOST = (aiohttp.ClientError, TimeoutError, OSError)
IN_PARTS_BYTES = 2 * SMALLEST_PART + 9_000


@dataclass
class Request:
    """One thing asked for under one key, and what was told."""

    path: str
    body: bytes
    key: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    status: int = 0
    told: bytes = b""
    replayed: bool = False

    @property
    def says(self) -> Any:
        return orjson.loads(self.told)


@dataclass
class Filing:
    """What one citizen files: their token, their own paper, and what they asked for.

    ``parts`` of the paper they know to be here; ``untold``: they learned of only by asking.
    """

    token: str
    start: Request
    paper: bytes
    in_parts: bool
    asked: list[Request] = field(default_factory=list)
    parts: int = 0
    untold: int = 0
    refused_parts: int = 0

    @property
    def case_id(self) -> str:
        return str(self.start.says["id"])

    @property
    def steps(self) -> int:
        """The answers they hear when all goes well."""
        return 4 + -(-len(self.paper) // SMALLEST_PART) if self.in_parts else 3

    @property
    def answers(self) -> int:
        """The answers they have heard to what they asked under a key."""
        return sum(each.status > 0 for each in self.asked)

    @property
    def done(self) -> bool:
        """Whether they were told that it is filed."""
        return len(self.asked) == 3 + self.in_parts and self.asked[-1].status == 200

    @property
    def noes(self) -> int:
        """How often they were told no to what they asked under a key."""
        return sum(each.status >= 400 for each in self.asked)


def filing(token: str, start: bytes, number: int, *, in_parts: bool) -> Filing:
    """A filing with a paper like no other; one that travels in parts has three."""
    more = {"Subject": Random(number).randbytes(IN_PARTS_BYTES // 2).hex()} if in_parts else {}
    paper = a_pdf(Title=f"filing {number}", **more)
    return Filing(token, Request("/cases", start), paper, in_parts)


@dataclass(frozen=True)
class Filer:
    """How somebody files.

    A phone that remembers asks again under the same key, and asks how far a paper is before it
    goes on; one that does not takes a new key, and sends the same part again.
    """

    session: aiohttp.ClientSession
    remembers: bool = True

    async def files(self, each: Filing) -> None:
        """Begin, hand the paper in, submit; a no ends it."""
        if not await self._asks(each, each.start):
            return
        if await self._hands_in(each):
            _ = await self._asks(each, Request(f"/cases/{each.case_id}/submission", b""))

    async def _hands_in(self, each: Filing) -> bool:
        path = f"/cases/{each.case_id}/materials/m01"
        if not each.in_parts:
            return await self._asks(each, Request(path, each.paper))
        digest = sha256(each.paper).hexdigest()
        told = {"name": "示例.pdf", "size_bytes": len(each.paper), "sha256": digest}
        begun = Request(f"{path}/uploads", orjson.dumps(told))
        if not await self._asks(each, begun):
            return False
        path = f"/uploads/{begun.says['id']}"
        return await self._sends(each, path) and await self._asks(
            each, Request(f"{path}/completion", b"")
        )

    async def _sends(self, each: Filing, path: str) -> bool:
        """Send part after part; after an interruption from where the paper is by then."""
        here, interrupted = 0, False
        while here < len(each.paper):
            try:
                if interrupted and self.remembers:
                    found = await self._how_far(each, path)
                    each.untold += _parts(found) - each.parts
                    here, each.parts, interrupted = found, _parts(found), False
                    continue
                status = await self._part(each, path, here)
            except LOST:
                interrupted = True
                await asyncio.sleep(0.02)
                continue
            if status == 409 and self.remembers:  # the last one came through late
                interrupted = True
            elif status == 204:
                here = min(here + SMALLEST_PART, len(each.paper))
                each.parts = _parts(here)
            elif status != 503:
                each.refused_parts += 1
                return False
        return True

    async def _how_far(self, each: Filing, path: str) -> int:
        async with self.session.head(f"/api{path}", headers=_signed(each.token)) as answer:
            if answer.status == 503:
                raise ConnectionError("not up yet")
            assert answer.status == 200, f"an upload under way is not there: {answer.status}"
            return int(answer.headers["Upload-Offset"])

    async def _part(self, each: Filing, path: str, here: int) -> int:
        part = each.paper[here : here + SMALLEST_PART]
        headers = {**_signed(each.token), "Upload-Offset": str(here)}
        async with self.session.patch(f"/api{path}", data=part, headers=headers) as answer:
            return answer.status

    async def _asks(self, filing: Filing, each: Request) -> bool:
        """Ask under one key until there is a yes or a no; whether it was yes."""
        filing.asked.append(each)
        while not each.status:
            each.tries += 1
            key = each.key if self.remembers else str(uuid4())
            try:
                status, told, replayed = await asked(
                    self.session, filing.token, replace(each, key=key)
                )
            except LOST:
                await asyncio.sleep(0.02)
                continue
            if status == 503 or b"/problems/key-in-flight" in told:
                await asyncio.sleep(0.05)
                continue
            each.told, each.replayed, each.status = told, replayed, status
        return each.status < 400


async def asked(
    session: aiohttp.ClientSession, token: str, each: Request
) -> tuple[int, bytes, bool]:
    """Ask once; the status, the answer, and whether it was given before."""
    headers = {**_signed(token), "Idempotency-Key": each.key}
    async with session.post(f"/api{each.path}", data=each.body, headers=headers) as answer:
        replayed = answer.headers.get("Idempotent-Replay") == "true"
        return answer.status, await answer.read(), replayed


def _parts(here: int) -> int:
    return -(-here // SMALLEST_PART)


def _signed(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
