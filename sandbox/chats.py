"""The chats as the phones show them, and how each message travelled to our webhook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import chat_text
from sandbox.live import Live

KEPT_CHATS = 200
KEPT_BUBBLES = 300
KEPT_EXCHANGES = 1_000
UNANSWERED = "该公众号暂时无法提供服务，请稍后再试"

Bubble = dict[str, Any]


@dataclass(slots=True)
class Exchange:
    """One message of a person on its way to us: every try, and what came of it."""

    no: int
    person: str
    message: Mapping[str, Any]
    at: float
    tries: int
    attempts: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "sending"

    def shown(self) -> dict[str, Any]:
        """In short: how it ended, how long it took, and the try that runs now."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "no": self.no,
            "outcome": self.outcome,
            "tries": len(self.attempts),
            "most_tries": self.tries,
            "milliseconds": round(sum(each["latency_seconds"] for each in self.attempts) * 1000),
            "last": last["outcome"] if last else None,
        }


@dataclass(slots=True)
class _Chat:
    bubbles: list[Bubble] = field(default_factory=list)
    last_no: int = 0
    last_reply: object = None


class Chats:
    """Everybody's chat; the least recently used fall out."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._chats: dict[str, _Chat] = {}
        self._exchanges: dict[int, Exchange] = {}
        self._last_exchange = 0

    def exchange(self, no: int) -> Exchange | None:
        """The exchange with this number, unless it has fallen out."""
        return self._exchanges.get(no)

    def of(self, person: str) -> list[Bubble]:
        """The bubbles of a person, oldest first, as a page shows them."""
        chat = self._chats.get(person)
        return [self._shown(bubble) for bubble in chat.bubbles] if chat else []

    def sends(
        self, person: str, message: Mapping[str, Any], at: float, tries: int, words: str
    ) -> Exchange:
        """The person does something that is pushed to us; `words` say what, for an event."""
        self._last_exchange += 1
        exchange = Exchange(self._last_exchange, person, message, at, tries)
        self._exchanges[exchange.no] = exchange
        if len(self._exchanges) > KEPT_EXCHANGES:
            del self._exchanges[next(iter(self._exchanges))]
        event = message.get("MsgType") == "event"
        kind, side = ("note", "note") if event else ("text", "me")
        bubble = {"side": side, "kind": kind, "text": words, "at": at, "exchange": exchange.no}
        self._add(person, bubble)
        return exchange

    def tried(self, exchange: Exchange, attempt: dict[str, Any]) -> None:
        """One try has ended; there may be another."""
        exchange.attempts.append(attempt)
        self._live.publish("exchange", exchange.person, exchange=exchange.shown())

    def ended(self, exchange: Exchange, outcome: str) -> None:
        """All tries are over."""
        exchange.outcome = outcome
        self._live.publish("exchange", exchange.person, exchange=exchange.shown())

    def arrived(self, person: str, entry: Mapping[str, Any]) -> None:
        """Something reached the phone: a reply, a fault, a template or customer message."""
        reply = entry.get("reply")
        if reply is not None:
            chat = self._chats.get(person)
            if chat and chat.last_reply is reply:
                return  # further articles of one answer: the card shows them all
        bubble = {"side": "account", "at": entry["at"], **_content(entry)}
        self._add(person, bubble).last_reply = reply

    def _add(self, person: str, bubble: Bubble) -> _Chat:
        chat = self._chats.pop(person, None) or _Chat()
        self._chats[person] = chat
        if len(self._chats) > KEPT_CHATS:
            del self._chats[next(iter(self._chats))]
        chat.last_no += 1
        whole = {"no": chat.last_no, **bubble}
        chat.bubbles.append(whole)
        del chat.bubbles[:-KEPT_BUBBLES]
        if len(self._live):
            self._live.publish("bubble", person, bubble=self._shown(whole))
        return chat

    def _shown(self, bubble: Bubble) -> Bubble:
        exchange = self._exchanges.get(bubble.get("exchange", 0))
        shown = bubble | {"exchange": exchange.shown() if exchange else None}
        if bubble["kind"] == "text" and bubble["side"] == "account":
            shown["parts"] = chat_text.parts_of(bubble["text"])
        return shown


def _content(entry: Mapping[str, Any]) -> Bubble:
    """What a bubble shows of something that arrived."""
    if entry["kind"] == "fault":
        return {"kind": "fault", "text": UNANSWERED}
    if entry["kind"] == "template":
        return _template(entry)
    if entry["kind"] == "custom":
        return _custom(str(entry["msgtype"]), entry["content"])
    reply = entry["reply"]
    if reply["MsgType"] == "news":
        names = {"title": "Title", "description": "Description", "picture": "PicUrl", "url": "Url"}
        articles = [
            {name: str(item.get(tag, "")) for name, tag in names.items()}
            for item in reply["Articles"]["item"]
        ]
        return {"kind": "news", "articles": articles}
    return {"kind": "text", "text": str(entry["text"])}


def _template(entry: Mapping[str, Any]) -> Bubble:
    labels = entry.get("labels", {})
    fields = entry["fields"].items()
    return {
        "kind": "template",
        "title": entry["title"],
        "fields": [{"label": labels.get(key, key), "value": value} for key, value in fields],
        "cut": [labels.get(key, key) for key in entry["cut"]],
        "url": entry["url"] or "",
        "miniprogram": _page(entry["miniprogram"]),
    }


def _page(jump: Any) -> dict[str, str] | None:
    if not isinstance(jump, Mapping):
        return None
    return {"app_id": str(jump.get("appid", "")), "path": str(jump.get("pagepath", ""))}


def _custom(kind: str, content: Mapping[str, Any]) -> Bubble:
    if kind == "text":
        return {"kind": "text", "text": str(content["content"])}
    if kind == "msgmenu":
        choices = [{"id": str(c["id"]), "content": str(c["content"])} for c in content["list"]]
        head, tail = (str(content.get(f"{end}_content", "")) for end in ("head", "tail"))
        return {"kind": "choices", "head": head, "choices": choices, "tail": tail}
    if kind == "news":
        names = {"title": "title", "description": "description", "picture": "picurl", "url": "url"}
        articles = [
            {name: str(item.get(key, "")) for name, key in names.items()}
            for item in content["articles"]
            if isinstance(item, Mapping)
        ]
        return {"kind": "news", "articles": articles}
    if kind == "miniprogrampage":
        title = str(content.get("title") or "小程序")
        return {"kind": "miniprogram", "title": title, "miniprogram": _page(content)}
    words = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]"}
    return {"kind": "text", "text": words.get(kind, "[消息]")}
