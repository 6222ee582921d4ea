"""The webhook: verify, decrypt, answer, remember the answer; always within five seconds.

A plain ASGI application, because every layer between the socket and the codec would cost more than
the codec. Answering has no effect of its own, so the answer is made first and deduplicated after:
WeChat's second and third try get the first one's answer. What does have an effect is deduplicated
by the inbox, in the effect's own transaction.
"""

from hashlib import sha256
from time import perf_counter
from typing import cast
from uuid import UUID

from prometheus_client import Counter, Histogram
from redis.exceptions import RedisError
from starlette.types import Receive, Scope, Send

from citydesk.kit.deadlines import AtMost
from citydesk.kit.seals import SealBroken
from citydesk.world import World
from wechat import dialogue, replies
from wechat.codec import LARGEST_BODY, Codec, read_query
from wechat.messages import Message, Mode, Refused
from wechat.words import BUSY_OUTSIDE

BUDGET_SECONDS = 4.5
KEPT_SECONDS = 600
SUCCESS = b"success"
SEALED = "wx.reply"
LONGEST_KEY_ID = 32

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
        self.most_bytes = min(settings.limit_webhook_bytes, LARGEST_BODY)
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
            status, answer, kind = await self.pushed(scope["query_string"], receive)
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
            echo = self.codec.verify_address(read_query(query), _seconds(self.world))
        except Refused as refused:
            return self._refused(refused)
        return 200, echo.encode(), b"text/plain"

    async def pushed(self, query: bytes, receive: Receive) -> tuple[int, bytes, bytes]:
        """Answer a message or an event; one budget covers reading and answering."""
        message = None
        now = _seconds(self.world)
        try:
            with AtMost(self.budget_seconds):
                body = await _body(receive, self.most_bytes)
                if body is None:
                    return 413, b"too large", b"text/plain"
                message = self.codec.read(read_query(query), body, now)
                reply = await self._answer(message, now)
        except Refused as refused:
            return self._refused(refused)
        except Exception as fault:
            if message is None:
                self.world.log.warning("webhook: not read", exc_info=fault)
                return 408, b"too slow", b"text/plain"
            reply = self._fallback(message, now, fault)
        return 200, self.codec.answer(message, reply, now), b"text/xml; charset=utf-8"

    def _refused(self, refused: Refused) -> tuple[int, bytes, bytes]:
        REFUSED.labels(str(refused.authentic)).inc()
        self.world.log.warning("webhook: refused", why=refused.reason, genuine=refused.authentic)
        # A genuine push that we cannot read is acknowledged: an error would be shown to a citizen.
        return (200, SUCCESS, b"text/plain") if refused.authentic else (403, b"", b"text/plain")

    async def _answer(self, message: Message, now: int) -> bytes:
        """Return the passive reply, or ``success`` where there is nothing to say."""
        said = await dialogue.answer(self.world, message)
        reply = replies.text(message, said, now) if said else SUCCESS
        return await self._once(message, reply, personal=isinstance(said, replies.OwnWords))

    def _fallback(self, message: Message, now: int, fault: Exception) -> bytes:
        """A citizen is waiting: whatever went wrong, they are told to try again."""
        FALLBACKS.inc()
        self.world.log.warning("webhook: fallback", kind=message.kind, exc_info=fault)
        return SUCCESS if message.kind == "event" else replies.text(message, BUSY_OUTSIDE, now)

    async def _once(self, message: Message, reply: bytes, *, personal: bool) -> bytes:
        """Keep the reply under the message's key; return the one kept before, if there is one."""
        key = "wx:reply:" + message.key
        kept = self.world.seals.seal(reply, SEALED, _place(key)) if personal else reply
        try:
            earlier = await self.world.batched.ask(
                "SET", key, kept, "NX", "GET", "EX", KEPT_SECONDS
            )
            return self._opened(key, earlier) if isinstance(earlier, bytes) else reply
        except (RedisError, OSError, TimeoutError, SealBroken):
            return reply  # without Valkey the inbox still keeps effects single

    def _opened(self, key: str, earlier: bytes) -> bytes:
        """A sealed value begins with the length of its key's name; no reply begins like that."""
        if earlier[0] > LONGEST_KEY_ID:
            return earlier
        return self.world.seals.open_bytes(earlier, SEALED, _place(key))


def _place(key: str) -> UUID:
    """What a personal reply is sealed to: the message it answers."""
    return UUID(bytes=sha256(key.encode()).digest()[:16])


def _seconds(world: World) -> int:
    return int(world.clock.now().timestamp())


async def _body(receive: Receive, most: int) -> bytes | None:
    """Read the body up to so many bytes; None when it is larger, or the sender has left."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body if len(body) <= most else None
    chunks = bytearray(body)
    while message.get("more_body") and len(chunks) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks += message.get("body", b"")
    return bytes(chunks) if len(chunks) <= most else None
