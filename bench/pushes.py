"""WeChat's side of the webhook, written from its document and not from our codec."""

import base64
import hashlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

ACCOUNT = "gh_990000000001"
CITIZENS = 2_000
_msg_ids = count(time.time_ns())
_PART = {
    name: re.compile(rb"<%b>(?:<!\[CDATA\[)?([^\]<]+)" % name)
    for name in (b"Encrypt", b"MsgSignature", b"TimeStamp", b"Nonce")
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the console of an account shows."""

    token: str
    aes_key: str
    app_id: str

    def cipher(self) -> Cipher[CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(AES(key), CBC(key[:16]))

    def signed(self, *parts: str) -> str:
        """SHA-1 over the token and the parts, sorted."""
        return hashlib.sha1("".join(sorted([self.token, *parts])).encode()).hexdigest()  # noqa: S324


def openid(number: int) -> str:
    """The openid of the n-th sample citizen."""
    return f"oBench{number % CITIZENS:022d}"


def pushes(
    secrets: Secrets, texts: Sequence[str], path: str, *, forge: bool = False
) -> list[bytes]:
    """HTTP requests: one encrypted text message each, with an id and a second of its own."""
    cipher = secrets.cipher()
    app_id = secrets.app_id.encode()
    now = str(int(time.time()))
    made = []
    for number, text in enumerate(texts):
        xml = (
            f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>\n"
            f"<FromUserName><![CDATA[{openid(number)}]]></FromUserName>\n"
            f"<CreateTime>{now}</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n"
            f"<Content><![CDATA[{text}]]></Content>\n<MsgId>{next(_msg_ids)}</MsgId>\n</xml>"
        ).encode()
        plain = b"".join((os.urandom(16), len(xml).to_bytes(4, "big"), xml, app_id))
        pad = 32 - len(plain) % 32
        sealed = cipher.encryptor().update(plain + bytes((pad,)) * pad)
        encrypt = base64.b64encode(sealed).decode()
        nonce = str(10**9 + number)
        signature, message = secrets.signed(now, nonce), secrets.signed(now, nonce, encrypt)
        if forge:
            message = message[::-1]
        body = (
            f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
        )
        made.append(
            (
                f"POST {path}?signature={signature}&timestamp={now}&nonce={nonce}"
                f"&openid={openid(number)}&encrypt_type=aes&msg_signature={message} HTTP/1.1\r\n"
                f"Host: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\n"
                f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()
        )
    return made


def opened(secrets: Secrets, body: bytes) -> str:
    """The reply inside an encrypted answer. Raises ValueError when anything about it is wrong."""
    found = {name: part.search(body) for name, part in _PART.items()}
    values = [match[1].decode() for match in found.values() if match]
    if len(values) != len(_PART):
        raise ValueError(f"not an encrypted answer: {body[:200]!r}")
    encrypt, signature, when, nonce = values
    if secrets.signed(when, nonce, encrypt) != signature:
        raise ValueError("the answer's signature is wrong")
    plain = secrets.cipher().decryptor().update(base64.b64decode(encrypt, validate=True))
    plain = plain[: -plain[-1]]
    length = int.from_bytes(plain[16:20], "big")
    if plain[20 + length :] != secrets.app_id.encode():
        raise ValueError("the answer is another account's")
    return plain[20 : 20 + length].decode()
