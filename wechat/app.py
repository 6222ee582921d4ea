"""The webhook: verify, decrypt, answer, remember the answer; always within five seconds.

A plain ASGI application, because every layer between the socket and the codec would cost more than
the codec. Answering has no effect of its own, so the answer is made first and deduplicated after:
WeChat's second and third try get the first one's answer. What does have an effect is deduplicated
by the inbox, in the effect's own transaction.
"""

import asyncio
from time import perf_counter
from typing import cast

from prometheus_client import Counter, Histogram
from redis.exceptions import RedisError
from starlette.types import Receive, Scope, Send

from citydesk.world import World
from wechat import dialogue, replies
from wechat.codec import LARGEST_BODY, Codec, read_query
from wechat.messages import Message, Mode, Refused
from wechat.words import BUSY_OUTSIDE

BUDGET_SECONDS = 4.5
READ_SECONDS = 4.0
KEPT_SECONDS = 600
SUCCESS = b"success"

ANSWERED = Histogram(
    "citydesk_wechat_seconds",
    "Time to answer a push of WeChat's",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
REFUSED = Counter("citydesk_wechat_refused", "Pushes refused", ["authentic"])
FALLBACKS = Counter("citydesk_wechat_fallbacks", "Pushes answered with the fallback sentence")


class WeChatDoor:
    """The official account's webhook; the world is set when the application starts."""

    world: World
    budget_seconds = BUDGET_SECONDS

    def open(self, world: World) -> None:
        """Start serving a world."""
        self.world = world
        settings = world.settings
        keys = [settings.wechat_aes_key, settings.wechat_previous_aes_key]
        self.codec = Codec(
            token=settings.wechat_token,
            app_id=settings.wechat_app_id,
            aes_keys=[key for key in keys if key],
            mode=cast(Mode, settings.wechat_mode),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of WeChat's."""
        began = perf_counter()
        if scope["method"] == "POST":
            body = await _body(receive)
            status, answer, kind = await self.pushed(scope["query_string"], body)
        elif scope["method"] == "GET":
            status, answer, kind = self.verified(scope["query_string"])
        else:
            status, answer, kind = 405, b"method not allowed", b"text/plain"
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
        ANSWERED.observe(perf_counter() - began)

    def verified(self, query: bytes) -> tuple[int, bytes, bytes]:
        """Answer the console's question whether this address is ours."""
        try:
            echo = self.codec.verify_address(read_query(query), self._now())
        except Refused as refused:
            return self._refused(refused)
        return 200, echo.encode(), b"text/plain"

    async def pushed(self, query: bytes, body: bytes | None) -> tuple[int, bytes, bytes]:
        """Answer a message or an event."""
        if body is None:
            return 413, b"too large or too slow", b"text/plain"
        try:
            message = self.codec.read(read_query(query), body, self._now())
        except Refused as refused:
            return self._refused(refused)
        reply = await self._answer(message)
        return 200, self.codec.answer(message, reply, self._now()), b"text/xml; charset=utf-8"

    def _now(self) -> int:
        return int(self.world.clock.now().timestamp())

    def _refused(self, refused: Refused) -> tuple[int, bytes, bytes]:
        REFUSED.labels(str(refused.authentic)).inc()
        self.world.log.warning("webhook: refused", why=refused.reason, genuine=refused.authentic)
        # A genuine push that we cannot read is acknowledged: an error would be shown to a citizen.
        return (200, SUCCESS, b"text/plain") if refused.authentic else (403, b"", b"text/plain")

    async def _answer(self, message: Message) -> bytes:
        """Return the passive reply, or ``success``; never fails and never takes five seconds."""
        try:
            async with asyncio.timeout(self.budget_seconds):
                return await self._once(message, await self._composed(message))
        except Exception as fault:
            FALLBACKS.inc()
            self.world.log.warning("webhook: fallback", kind=message.kind, exc_info=fault)
            return SUCCESS if message.kind == "event" else self._text(message, BUSY_OUTSIDE)

    async def _composed(self, message: Message) -> bytes:
        said = await dialogue.answer(self.world, message)
        return self._text(message, said) if said else SUCCESS

    def _text(self, message: Message, said: str) -> bytes:
        return replies.text(message, said, self._now())

    async def _once(self, message: Message, reply: bytes) -> bytes:
        """Keep the reply under the message's key; return the one kept before, if there is one."""
        key = "wx:reply:" + message.key
        try:
            earlier = await self.world.batched.ask(
                "SET", key, reply, "NX", "GET", "EX", KEPT_SECONDS
            )
        except (RedisError, OSError, TimeoutError):
            return reply  # without Valkey the inbox still keeps effects single
        return earlier if isinstance(earlier, bytes) else reply


async def _body(receive: Receive) -> bytes | None:
    """Read the body up to the codec's limit; None when it is larger or does not come in time."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            message = await receive()
            if not message.get("more_body"):
                body: bytes = message.get("body", b"")
                return body if len(body) <= LARGEST_BODY else None
            chunks = bytearray(message.get("body", b""))
            while message.get("more_body"):
                if len(chunks) > LARGEST_BODY:
                    return None
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunks += message.get("body", b"")
    except TimeoutError:
        return None
    return bytes(chunks) if len(chunks) <= LARGEST_BODY else None
