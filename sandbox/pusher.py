"""Pushes a person's messages to our webhook as WeChat does: a cut after 5 s, three tries (A3)."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from yarl import URL

from sandbox.chats import Exchange
from sandbox.deeds import words_for
from sandbox.ledger import Entry
from sandbox.outside import Outside
from sandbox.people import Person
from sandbox.pushes import Envelope, Envelopes, Manner, xml_of
from sandbox.replies import FAULT_BUBBLE, REPLY_BYTES, Reading, ReplyReader
from sandbox.wechat_crypto import signature

HEADERS = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0", "Pragma": "no-cache"}
NO_ANSWER = ("cut", "unreachable")


def complete(
    outside: Outside, person: Person, message: Mapping[str, Any], how: Manner
) -> dict[str, Any]:
    """The message with sender, receiver, time and, unless it is an event, a MsgId."""
    created = how.create_time if how.create_time is not None else outside.clock.seconds()
    whole: dict[str, Any] = {
        "ToUserName": outside.config.original_id,
        "FromUserName": person.openid,
        "CreateTime": created,
        **message,
    }
    if how.msg_id is not None:
        whole["MsgId"] = how.msg_id
    elif whole.get("MsgType") != "event":
        whole.setdefault("MsgId", outside.next_id())
    return whole


async def push(
    outside: Outside,
    person: Person,
    message: Mapping[str, Any],
    how: Manner,
    *,
    show: bool = True,
    inner: bytes | None = None,
) -> dict[str, Any]:
    """Push one message (and its duplicates) and say what came of it.

    `show`: what is answered appears on the person's phone, once. `inner` replaces the message's
    XML. Returns the message, every attempt in the order it began, and the bubbles shown.
    """
    whole = complete(outside, person, message, how)
    work = _Push(outside, person, whole, how, xml_of(whole) if inner is None else inner)
    if show and how.genuine:
        work.watched_by_phone()
    rounds = range(how.duplicate + 1)
    if how.at_once:
        readings = await asyncio.gather(*(work.deliver(number) for number in rounds))
    else:
        readings = [await work.deliver(number) for number in rounds]
    work.ended(readings)
    bubbles = _shown(outside, person, readings) if show and how.genuine else []
    attempts = sorted(work.attempts, key=lambda attempt: attempt["no"])
    return {"message": whole, "attempts": attempts, "shown": bubbles}


def _shown(outside: Outside, person: Person, readings: list[Reading]) -> list[str]:
    spoken = [reading for reading in readings if reading.outcome != "silent"]
    reading = next((r for r in spoken if r.outcome == "reply"), spoken[0] if spoken else None)
    if reading is None or not person.following:
        return []
    for bubble in reading.bubbles:
        person.receive(
            {"kind": reading.outcome, "at": outside.clock.now(), "text": bubble}
            | ({"reply": reading.reply} if reading.outcome == "reply" else {})
        )
    return reading.bubbles


class _Push:
    """One message on its way, with everything that was tried."""

    def __init__(
        self, outside: Outside, person: Person, whole: dict[str, Any], how: Manner, inner: bytes
    ) -> None:
        config, switches = outside.config, outside.switches
        self._outside, self._person, self._whole, self._how = outside, person, whole, how
        self._inner = inner
        self._mode = how.mode or switches.mode
        self._cut = how.cut_seconds or switches.cut_seconds
        self._tries = (how.tries or switches.tries) if how.genuine else 1
        parts = (config.wechat_token, outside.cipher, config.original_id)
        self._envelopes, self._reader = Envelopes(*parts), ReplyReader(*parts)
        self.attempts: list[dict[str, Any]] = []
        self._exchange: Exchange | None = None

    def watched_by_phone(self) -> None:
        """Show on the phone what is sent, and how it fares."""
        outside, whole = self._outside, self._whole
        words = words_for(whole, outside.menu)
        now = outside.clock.now()
        self._exchange = outside.chats.sends(self._person.key, whole, now, self._tries, words)

    def ended(self, readings: list[Reading]) -> None:
        """All deliveries are over: the phone shows the first that said something."""
        if self._exchange is not None:
            spoken = (r.outcome for r in readings if r.outcome != "silent")
            self._outside.chats.ended(self._exchange, next(spoken, "silent"))

    async def deliver(self, number: int) -> Reading:
        """Try up to three times; the person sees the fault bubble when nobody ever answers."""
        envelope = self._seal()
        for attempt in range(self._tries):
            if attempt and self._how.fresh_timestamp:
                envelope = self._seal()
            reading = await self._attempt(number, attempt + 1, envelope)
            if reading.outcome not in NO_ANSWER:
                return reading
        return Reading("fault", bubbles=[FAULT_BUBBLE])

    def _seal(self) -> Envelope:
        now = self._outside.clock.seconds()
        openid = self._person.openid
        return self._envelopes.seal(self._inner, openid, now, self._mode, self._how)

    async def _attempt(self, number: int, attempt: int, envelope: Envelope) -> Reading:
        notes = {"openid": self._person.openid, "message": self._whole}
        entry, latency = await post(self._outside, envelope, self._cut, notes)
        if entry.status is None:
            reading = Reading(str(entry.fault))
        else:
            now = self._outside.clock.now()
            reading = self._reader.read(entry.status, entry.answer, self._mode, self._whole, now)
        told = {
            "no": entry.no,
            "delivery": number,
            "try": attempt,
            "outcome": reading.outcome,
            "status": entry.status,
            "latency_seconds": latency,
            "encrypted": reading.encrypted,
            "reply": reading.reply,
            "xml": reading.xml,
            "problems": reading.problems,
        }
        self.attempts.append(told)
        if self._exchange is not None:
            self._outside.chats.tried(self._exchange, told)
        return reading


async def post(
    outside: Outside,
    envelope: Envelope,
    cut_seconds: float,
    notes: Mapping[str, Any],
    headers: Mapping[str, str] = HEADERS,
) -> tuple[Entry, float]:
    """Put an envelope on the wire; the ledger entry says what came back, or `cut`/`unreachable`."""
    url = outside.webhook_url
    whole_url = f"{url}{'&' if '?' in url else '?'}{envelope.query}"
    path, body = urlsplit(url).path, envelope.body
    entry = outside.ledger.note(
        outside.clock.now(), "out", "POST", path, envelope.query, body, **notes
    )
    started = time.perf_counter()
    try:
        limit = aiohttp.ClientTimeout(total=cut_seconds)
        call = outside.http().post(
            URL(whole_url, encoded=True),
            data=body,
            headers=headers,
            timeout=limit,
            allow_redirects=False,
        )
        async with call as answer:
            entry.answer = await _bounded(answer)
            entry.status = answer.status
    except TimeoutError:
        entry.fault = "cut"
    except (aiohttp.ClientError, OSError):
        entry.fault = "unreachable"
    return entry, round(time.perf_counter() - started, 6)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > REPLY_BYTES:
            break
    return b"".join(parts)


async def verify(outside: Outside) -> dict[str, Any]:
    """What the console does on "save settings": GET with an echostr that must come back."""
    stamp, nonce = str(outside.clock.seconds()), str(secrets.randbelow(10**10))
    echo = str(outside.next_id())
    proof = signature(outside.config.wechat_token, stamp, nonce)
    query = urlencode({"signature": proof, "timestamp": stamp, "nonce": nonce, "echostr": echo})
    url = outside.webhook_url
    entry = outside.ledger.note(outside.clock.now(), "out", "GET", urlsplit(url).path, query)
    try:
        limit = aiohttp.ClientTimeout(total=outside.switches.cut_seconds)
        async with outside.http().get(f"{url}?{query}", timeout=limit) as answer:
            entry.answer, entry.status = await _bounded(answer), answer.status
    except (TimeoutError, aiohttp.ClientError, OSError) as trouble:
        entry.fault = type(trouble).__name__
    verified = entry.status == 200 and entry.answer == echo.encode()
    return {"verified": verified, "status": entry.status, "fault": entry.fault}
