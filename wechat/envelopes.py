"""Opening XML that strangers may have written: bounded, without entities, without surprises."""

import re
from xml.parsers import expat

from wechat.messages import Field, Message, Refused

DEEPEST = 8
MOST_ELEMENTS = 512
MOST_TEXTS = 32
LONGEST_NAME = 128
"""Characters of an openid, an account's id, a message type or an event's name."""

# XML 1.0 cannot hold these, but WeChat passes on what people type; wechatpy fails on them.
CONTROLS = bytes(b for b in range(32) if b not in b"\t\n\r")
NON_CHARACTERS = re.compile(b"\xef\xbf[\xbe\xbf]")
# Taken out, they must not let what somebody typed become the end of a CDATA section.
_OUT = rb"((?:[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf])*+)"
JOINED_END = re.compile(rb"\]" + _OUT + rb"\]" + _OUT + rb">")

# The elements that decide what a push means. WeChat sends each once, as text; a second one would
# let two readers understand two different things, so it is refused.
SINGLE = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "MsgID"}
SINGLE |= {"Content", "Event", "EventKey", "Ticket", "bizmsgmenuid"}
# WeChat repeats these; one of them is a list of one (protocol A5).
REPEATED = {"List", "item"}

CIPHERTEXT = re.compile(
    rb"<Encrypt>\s*+(?:<!\[CDATA\[)?+([A-Za-z0-9+/]++={0,2})(?:\]\]>)?+\s*+</Encrypt>"
)
LEAF = re.compile(
    # White space is looked over from its beginning only, or a long run would cost its square.
    r"((?:(?<![ \t\n])[ \t\n]++)?+<([A-Za-z_]\w*+)>"
    r"(?:<!\[CDATA\[(?>(.*?)\]\]>)|([^<&\]]*+))</\2>[ \t\n]*+)",
    re.ASCII | re.DOTALL,
)


def ciphertexts(body: bytes) -> list[bytes]:
    """The candidates for the encrypted part, found without a parser: nobody is proven yet.

    In compat mode a citizen may type `<Encrypt>` into the text beside the real one, so there can be
    more than one candidate; the message signature tells which one WeChat wrote.
    """
    return CIPHERTEXT.findall(body)


def without_controls(text: bytes) -> bytes:
    """UTF-8 text without the characters XML 1.0 cannot hold."""
    text = text.translate(None, CONTROLS)
    return NON_CHARACTERS.sub(b"", text) if b"\xef\xbf" in text else text


def readable(document: bytes) -> bytes:
    """A document without those characters, every CDATA section ending where it did."""
    clean = without_controls(document)
    if len(clean) == len(document):
        return clean
    return without_controls(JOINED_END.sub(_still_apart, document))


def _still_apart(end: re.Match[bytes]) -> bytes:
    """A true end stays one; what only becomes one is split over two sections."""
    return b"]]]]><![CDATA[>" if end[1] or end[2] else end[0]


def message_from(document: bytes, *, sealed: bool) -> Message:
    """The push in this XML. Raises Refused when a part that every push has is missing or wrong."""
    document = readable(document)
    texts = flat_elements(document)
    others: dict[str, Field] = {}
    if texts is None:
        for name, value in elements(document).items():
            if isinstance(value, str):
                texts = texts or {}
                texts[name] = value
            else:
                others[name] = value
        if texts is None or not SINGLE.isdisjoint(others):
            raise Refused("an element that must be text is missing or has children")
    take = texts.pop
    to_user, from_user = take("ToUserName", ""), take("FromUserName", "")
    kind, event = take("MsgType", ""), take("Event", "")
    if not (0 < len(to_user) <= LONGEST_NAME and 0 < len(from_user) <= LONGEST_NAME):
        raise Refused("the push does not say from whom and to whom")
    if not 0 < len(kind) <= LONGEST_NAME or len(event) > LONGEST_NAME:
        raise Refused("the push does not say what it is")
    if (kind == "event") is not bool(event):
        raise Refused("an event without a name, or a message with one")
    msg_id = take("MsgId", "") or texts.get("MsgID", "")
    return Message(
        to_user,
        from_user,
        whole_number(take("CreateTime", ""), longest=12),
        kind,
        (whole_number(msg_id, longest=19) or None) if msg_id else None,
        take("Content", ""),
        event.lower(),
        take("EventKey", ""),
        take("bizmsgmenuid", ""),
        take("Ticket", ""),
        sealed,
        {**texts, **others} if others else texts,
    )


def flat_elements(document: bytes) -> dict[str, str] | None:
    """The children of `<xml>` when all are plain text, as in nearly every push; otherwise None.

    Worth having beside the parser below because it takes a third of its time. It answers only for
    documents of which it has understood every byte; a test holds the two against each other.
    """
    if b"\r" in document:
        return None
    try:
        text = document.decode("utf-8").strip(" \t\n")
    except UnicodeDecodeError:
        return None
    if text.count("<![CDATA[") > MOST_TEXTS:  # the expression may look for the end of each
        return None
    leaves = LEAF.findall(text, len("<xml>"), -len("</xml>") + len(text))
    understood = "".join([leaf for leaf, _, _, _ in leaves])
    texts = {name: inside or bare for _, name, inside, bare in leaves}
    if text != f"<xml>{understood}</xml>" or len(texts) != len(leaves):
        return None
    if not REPEATED.isdisjoint(texts) or len(leaves) >= MOST_ELEMENTS:
        return None
    return texts


def elements(document: bytes) -> dict[str, Field]:
    """The children of `<xml>` by name. Raises Refused for anything but a small, plain document."""
    names: list[str] = []
    children: list[dict[str, Field] | None] = []
    text: list[str] = []
    tree: dict[str, Field] = {}
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if len(names) >= DEEPEST or count > MOST_ELEMENTS:
            raise Refused("the XML is too deep or too wide")
        names.append(name)
        children.append(None)
        text.clear()

    def end(name: str) -> None:
        own = children.pop()
        value: Field = "".join(text) if own is None else own
        text.clear()
        names.pop()
        if not names:
            if name != "xml" or own is None:
                raise Refused("the XML is not a push of WeChat's")
            tree.update(own)
            return
        siblings = children[-1]
        if siblings is None:
            siblings = children[-1] = {}
        if name in siblings or name in REPEATED:
            _repeat(siblings, name, value, at_top=len(names) == 1)
        else:
            siblings[name] = value

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)
    except expat.ExpatError:
        raise Refused("the XML is not well-formed") from None
    return tree


def _repeat(siblings: dict[str, Field], name: str, value: Field, *, at_top: bool) -> None:
    """Collect a repeated element in a list, in the order of the document."""
    if at_top and name in SINGLE:
        raise Refused("an element that must be single is repeated")
    there = siblings.get(name)
    if there is None:
        siblings[name] = [value]
    elif isinstance(there, list):
        there.append(value)
    else:
        siblings[name] = [there, value]


def _refuse_doctype(*_: object) -> None:
    """Entities live in a document type; WeChat never sends one."""
    raise Refused("the XML has a document type")


def whole_number(text: str, *, longest: int) -> int:
    """A number written in ASCII digits only. Raises Refused for anything else `int` would take."""
    if len(text) > longest or not (text.isascii() and text.isdigit()):
        raise Refused("a number is not a number")
    return int(text)
