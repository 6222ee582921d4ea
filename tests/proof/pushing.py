"""Pushes that are signed as WeChat signs them, with anything inside."""

import base64
import os
import time

from bench.pushes import Secrets

TOP = "POST /wechat?%s HTTP/1.1\r\nHost: city\r\nContent-Length: %d\r\n\r\n"


def sealed(secrets: Secrets, document: bytes, *, now: int | None = None) -> tuple[str, bytes]:
    """The query and the body of a push that WeChat itself might have sent."""
    plain = os.urandom(16) + len(document).to_bytes(4, "big") + document + secrets.app_id.encode()
    pad = 32 - len(plain) % 32
    encrypted = secrets.cipher().encryptor().update(plain + bytes((pad,)) * pad)
    encrypt = base64.b64encode(encrypted).decode()
    body = f"<xml><ToUserName>a</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>"
    return query_for(secrets, encrypt, now=now), body.encode()


def query_for(secrets: Secrets, encrypt: str = "", *, now: int | None = None) -> str:
    """A query with signatures; with a ciphertext, of the message too."""
    when, nonce = str(int(time.time()) if now is None else now), str(int.from_bytes(os.urandom(4)))
    query = f"signature={secrets.signed(when, nonce)}&timestamp={when}&nonce={nonce}"
    if encrypt:
        query += f"&encrypt_type=aes&msg_signature={secrets.signed(when, nonce, encrypt)}"
    return query


def request(query: str, body: bytes) -> bytes:
    """The push as it comes over the wire."""
    return (TOP % (query, len(body))).encode() + body
