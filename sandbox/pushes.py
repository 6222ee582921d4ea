"""How a message of a person looks on its way to our webhook: XML, cipher, signed query (A1, A2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from sandbox.wechat_crypto import MessageCipher, signature

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class BadManner(ValueError):
    """An option of a push that does not exist or has the wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """In which manner a message is pushed; the defaults are what WeChat does every day.

    `duplicate`: how many further times the same push is made, `at_once` or after one another.
    `wrong_signature`: "signature", "msg_signature" or "both" is false. `tamper`: the cipher text
    was changed after signing. `stale_seconds`: signed that long ago. `fresh_timestamp`: a retry is
    signed anew. `msg_id`, `create_time`: instead of the next ones. `tries`, `cut_seconds`, `mode`:
    instead of the account's.
    """

    mode: str | None = None
    duplicate: int = 0
    at_once: bool = False
    wrong_signature: str | None = None
    tamper: bool = False
    stale_seconds: int = 0
    fresh_timestamp: bool = False
    msg_id: int | None = None
    create_time: int | None = None
    tries: int | None = None
    cut_seconds: float | None = None

    @property
    def genuine(self) -> bool:
        """Whether WeChat itself would push like this."""
        return not (self.wrong_signature or self.tamper or self.stale_seconds)

    @classmethod
    def told(cls, told: Mapping[str, Any]) -> Manner:
        """Read the options of a control call. Raises BadManner."""
        kinds: dict[str, tuple[type, ...]] = {
            "mode": (str,),
            "duplicate": (int,),
            "at_once": (bool,),
            "wrong_signature": (str, bool),
            "tamper": (bool,),
            "stale_seconds": (int,),
            "fresh_timestamp": (bool,),
            "msg_id": (int,),
            "create_time": (int,),
            "tries": (int,),
            "cut_seconds": (int, float),
        }
        given = {name: value for name, value in told.items() if value is not None}
        for name, value in given.items():
            if name not in kinds or not isinstance(value, kinds[name]):
                known = ", ".join(each.name for each in fields(cls))
                raise BadManner(f"option {name!r} is unknown or of the wrong type; known: {known}")
        if given.get("wrong_signature") is True:
            given["wrong_signature"] = "both"
        if given.get("mode", "safe") not in ("plain", "compat", "safe"):
            raise BadManner("'mode' is plain, compat or safe")
        if not 0 <= given.get("duplicate", 0) <= 50 or not 1 <= given.get("tries", 1) <= 10:
            raise BadManner("'duplicate' is 0 to 50, 'tries' 1 to 10")
        if not 0 < given.get("cut_seconds", 1) <= 60:
            raise BadManner("'cut_seconds' is above 0, at most 60")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One signed push, ready for the wire."""

    query: str
    body: bytes


class Envelopes:
    """Puts messages of one account into signed, perhaps enciphered envelopes."""

    def __init__(self, token: str, cipher: MessageCipher, original_id: str) -> None:
        self._token = token
        self._cipher = cipher
        self._original_id = original_id

    def seal(self, inner: bytes, openid: str, timestamp: int, mode: str, how: Manner) -> Envelope:
        """Sign and, except in plain mode, encipher the XML of a message."""
        if mode == "plain":
            return self.sign(inner, openid, timestamp, how)
        encrypted = self._cipher.encrypt(inner)
        sent = _changed(encrypted) if how.tamper else encrypted
        tail = cdata("Encrypt", sent).encode()
        if mode == "compat" and inner.endswith(b"</xml>"):
            body = inner[: -len(b"</xml>")] + tail + b"</xml>"
        else:
            body = f"<xml>{cdata('ToUserName', self._original_id)}".encode() + tail + b"</xml>"
        return self.sign(body, openid, timestamp, how, encrypted)

    def sign(
        self, body: bytes, openid: str, timestamp: int, how: Manner, encrypted: str | None = None
    ) -> Envelope:
        """The signed query for a body: `msg_signature` too when something in it is enciphered."""
        stamp, nonce = str(timestamp - how.stale_seconds), str(secrets.randbelow(10**10))
        proof = signature(self._token, stamp, nonce)
        if how.wrong_signature in ("signature", "both"):
            proof = _changed(proof)
        query = {"signature": proof, "timestamp": stamp, "nonce": nonce, "openid": openid}
        if encrypted is not None:
            proof = signature(self._token, stamp, nonce, encrypted)
            if how.wrong_signature in ("msg_signature", "both"):
                proof = _changed(proof)
            query |= {"encrypt_type": "aes", "msg_signature": proof}
        return Envelope(urlencode(query), body)


def _changed(text: str) -> str:
    """The same text with one character in the middle replaced by another of its kind."""
    at = len(text) // 2
    other = "1" if text[at] != "1" else "2"
    return text[:at] + other + text[at + 1 :]


def cdata(name: str, text: str) -> str:
    """An element with CDATA; what XML cannot carry is left out, `]]>` is split."""
    clean = NOT_IN_XML.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{clean}]]></{name}>"


def xml_of(message: Mapping[str, Any]) -> bytes:
    """The XML of a message: numbers bare, text in CDATA, lists as repeated elements."""
    return f"<xml>{_elements(message)}</xml>".encode()


def _elements(message: Mapping[str, Any]) -> str:
    return "".join(
        _element(name, each)
        for name, value in message.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _element(name: str, value: Any) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise BadManner(f"{name!r} is no name of an XML element")
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"<{name}>{value}</{name}>"
    return cdata(name, str(value))
