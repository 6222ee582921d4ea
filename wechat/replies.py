"""The answers that go back on the same connection (protocol A6): text, articles, or `success`.

Whatever people typed passes through here on its way out, so this is where it is made harmless:
`]]>` cannot end our CDATA, and characters XML cannot hold are dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from wechat.envelopes import without_controls
from wechat.messages import Message

SUCCESS = b"success"
"""No answer, and do not push again. Never encrypted."""
LONGEST_TEXT = 2048
"""Bytes of UTF-8 in the text of an answer."""
MOST_ARTICLES = 8
ELLIPSIS = "…"

KEPT_LINKS = 8_192
"""Links kept as they were written: they name the same items for everybody."""

MENU_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
# Full-width twins: they look alike, and cannot end an attribute, start a tag or split a query.
# Whether a phone undoes percent signs or entities here is documented nowhere.
HARMLESS = str.maketrans({c: chr(ord(c) + 0xFEE0) for c in "\"'<>&#%=?+\\"})


class OwnWords(str):
    """An answer with somebody's own words or matters in it: whoever keeps it seals it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Article:
    """One picture-and-text link of a news answer (图文)."""

    title: str
    description: str
    picture_url: str
    url: str


def text(message: Message, content: str, now: int) -> bytes:
    """A text answer. More than 2,048 bytes are cut; `fit` leaves room to say what is next."""
    return _reply(message, now, b"text", b"<Content>%b</Content>" % _section(_cut(content)))


def news(message: Message, articles: Sequence[Article], now: int) -> bytes:
    """An answer of articles: one to a citizen's message, up to eight to an event."""
    if not articles:
        raise ValueError("a news answer has at least one article")
    shown = articles[: MOST_ARTICLES if message.kind == "event" else 1]
    items = b"".join(
        b"<item><Title>%b</Title><Description>%b</Description><PicUrl>%b</PicUrl><Url>%b</Url></item>"
        % tuple(map(_cdata, (a.title, a.description, a.picture_url, a.url)))
        for a in shown
    )
    body = b"<ArticleCount>%d</ArticleCount><Articles>%b</Articles>" % (len(shown), items)
    return _reply(message, now, b"news", body)


def fit(content: str, hint: str = "") -> str:
    """The content as far as it fits into one answer, then … and the hint how to read on.

    Never cuts through a character or a link. A content that fits is given back without the hint.
    """
    if len(without_controls(_encode(content))) <= LONGEST_TEXT:
        return content
    room = LONGEST_TEXT - len(_encode(ELLIPSIS + hint))
    if room < 0:
        raise ValueError("the hint alone does not fit into an answer")
    kept = without_controls(_encode(content))[:room].decode("utf-8", "ignore")
    if kept.rfind("<a ") > kept.rfind("</a>"):
        kept = kept[: kept.rfind("<a ")]
    return kept.rstrip() + ELLIPSIS + hint


def is_menu_id(text: str) -> bool:
    """Whether a link may carry this id: 1 to 64 letters, digits, dots, colons, dashes, _."""
    return MENU_ID.fullmatch(text) is not None


@lru_cache(maxsize=KEPT_LINKS)
def menu_link(shown: str, menu_id: str) -> str:
    """A link inside a text answer; tapping it sends `shown` to us with `menu_id` (bizmsgmenu).

    The few characters that could break out of the link become their full-width twins, so look at
    the id and not at the text of what comes back. Raises ValueError for an id that is no word.
    """
    if not is_menu_id(menu_id):
        raise ValueError(f"not a menu id: {menu_id!r}")
    safe = " ".join(without_controls(_encode(shown)).decode("utf-8").translate(HARMLESS).split())
    query = safe.replace(" ", "\u3000")
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={query}&msgmenuid={menu_id}">{safe}</a>'


def _cut(content: str) -> bytes:
    """The content as bytes, at most as many as an answer holds."""
    encoded = without_controls(_encode(content))
    return encoded if len(encoded) <= LONGEST_TEXT else _encode(fit(content))


def _encode(content: str) -> bytes:
    """UTF-8; half an emoji, which UTF-8 cannot write, becomes a question mark."""
    return content.encode("utf-8", "replace")


def _cdata(content: str) -> bytes:
    """A CDATA section of this text."""
    return _section(without_controls(_encode(content)))


def _section(content: bytes) -> bytes:
    """A CDATA section that the content cannot end."""
    return b"<![CDATA[%b]]>" % content.replace(b"]]>", b"]]]]><![CDATA[>")


def _reply(message: Message, now: int, kind: bytes, body: bytes) -> bytes:
    """The frame around every answer: to the citizen, from our account, at this second."""
    return (
        b"<xml><ToUserName>%b</ToUserName><FromUserName>%b</FromUserName>"
        b"<CreateTime>%d</CreateTime><MsgType><![CDATA[%b]]></MsgType>%b</xml>"
    ) % (
        _section(_encode(message.from_user)),
        _section(_encode(message.to_user)),
        now,
        kind,
        body,
    )
