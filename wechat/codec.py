"""The account's codec: who says so is proven before anything that was said is read.

Size → signature of the address → signature of the message → age → cipher → XML, in that order
(protocol A1–A3). No input, no output and no clock: the caller brings the bytes and the second.
"""

import binascii
import hmac
import os
from collections.abc import Mapping, Sequence
from hashlib import sha1
from urllib.parse import unquote_plus

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from wechat.envelopes import ciphertexts, message_from, whole_number
from wechat.messages import Message, Mode, Refused

LARGEST_BODY = 64 * 1024
"""Bytes of a push; WeChat's own stay below 10 KiB."""
LONGEST_QUERY = 2048
"""Bytes of the address's query; and of `echostr`."""
TOLERANCE_SECONDS = 300
BLOCK = 32
"""WeChat pads to 32 bytes although AES works on 16 (protocol A2)."""
START = 16 + 16 + 4
"""Where the message begins: behind the initial vector, 16 random bytes and its length."""
PADDING = tuple(bytes((n,)) * n for n in range(BLOCK + 1))


def signature(*parts: bytes) -> str:
    """WeChat's signature over the parts: SHA-1 of them, sorted and joined, in lower-case hex."""
    return sha1(b"".join(sorted(parts)), usedforsecurity=False).hexdigest()


def read_query(query: bytes) -> dict[str, str]:
    """The parameters of the address by name. Refuses repeated ones."""
    if len(query) > LONGEST_QUERY or not query.isascii():
        raise Refused("the address is too long or not ASCII")
    text = query.decode("ascii")
    encoded = "%" in text or "+" in text
    parameters: dict[str, str] = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if encoded:
            name, value = unquote_plus(name), unquote_plus(value)
        if name in parameters:
            raise Refused("a parameter of the address is repeated")
        parameters[name] = value
    return parameters


class AesKey:
    """One EncodingAESKey (43 characters, from the account's console) for one AppId.

    The two AES contexts are kept for good: setting one up costs seven times as much as using it.
    In CBC every block is mixed with the ciphertext block before it. So a kept decryptor only has to
    be given the initial vector as one more block in front, and what it makes of that block is
    thrown away; and a kept encryptor mixes its last block into the 16 random bytes in front of the
    message, which leaves them as random as they were. Each call is a single `update`, so calls
    cannot meet in between.
    """

    __slots__ = ("_app_id", "_decrypt", "_encrypt", "_initial")

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        try:
            key = binascii.a2b_base64(encoding_aes_key + "=", strict_mode=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise ValueError("an EncodingAESKey has 43 characters of Base64")
        self._app_id = app_id.encode("ascii")
        self._initial = key[:16]
        cipher = Cipher(AES(key), CBC(self._initial))
        self._decrypt = cipher.decryptor().update
        self._encrypt = cipher.encryptor().update

    def open(self, sealed: bytes) -> bytes | None:
        """The message inside, or None when this key or this account did not seal it.

        `sealed` is a whole number of blocks, at least one.
        """
        plain = self._decrypt(self._initial + sealed)
        padding = plain[-1]
        if not 1 <= padding <= BLOCK or not plain.endswith(PADDING[padding]):
            return None
        end = START + int.from_bytes(plain[START - 4 : START])
        # Only the AppId lies between message and padding, so this checks the length too.
        return plain[START:end] if plain[end:-padding] == self._app_id else None

    def seal(self, message: bytes, random: bytes) -> bytes:
        """The message behind 16 random bytes, padded and encrypted."""
        plain = b"".join((random, len(message).to_bytes(4), message, self._app_id))
        return self._encrypt(plain + PADDING[BLOCK - len(plain) % BLOCK])


class Codec:
    """Reads what WeChat pushes to one account and seals what we answer.

    `aes_keys` are the present EncodingAESKey and then the previous ones, which the console keeps
    valid for a while; answers are sealed with the first. In compat and safe mode a push that is not
    encrypted is refused: its text would be covered by no signature.
    """

    __slots__ = ("_keys", "_mode", "_token", "_tolerance")

    def __init__(
        self,
        *,
        token: str,
        app_id: str = "",
        aes_keys: Sequence[str] = (),
        mode: Mode = "safe",
        tolerance_seconds: int = TOLERANCE_SECONDS,
    ) -> None:
        if mode not in ("plain", "compat", "safe"):
            raise ValueError("the mode is plain, compat or safe")
        if not token or not token.isascii():
            raise ValueError("the account has no token, or not an ASCII one")
        if (aes_keys or mode != "plain") and not (aes_keys and app_id):
            raise ValueError("compat and safe mode need an AppId and an EncodingAESKey")
        self._token = token.encode("ascii")
        self._keys = tuple(AesKey(key, app_id) for key in aes_keys)
        self._mode = mode
        self._tolerance = tolerance_seconds

    def verify_address(self, query: Mapping[str, str], now: int) -> str:
        """The `echostr` to send back when the console asks whether this address is ours (A1).

        Raises Refused when the signature is wrong, missing or old.
        """
        timestamp, _ = self._prove_address(query)
        self._check_age(timestamp, now)
        echo = query.get("echostr", "")
        if not echo or len(echo) > LONGEST_QUERY or not (echo.isascii() and echo.isprintable()):
            raise Refused("there is no echostr")
        return echo

    def read(self, query: Mapping[str, str], body: bytes, now: int) -> Message:
        """The message or event in this push. Raises Refused, and nothing else, otherwise."""
        if len(body) > LARGEST_BODY:
            raise Refused("the body is too large")
        timestamp, nonce = self._prove_address(query)
        ciphertext = None
        if query.get("encrypt_type") == "aes":
            ciphertext = self._prove_message(query, body, timestamp, nonce)
        elif self._mode != "plain":
            raise Refused("a push that is not encrypted, in an encrypted mode")
        self._check_age(timestamp, now)
        try:
            if ciphertext is None:
                return message_from(body, sealed=False)
            return message_from(self._open(ciphertext), sealed=True)
        except Refused as refused:
            refused.authentic = True
            raise

    def answer(self, message: Message, reply: bytes, now: int) -> bytes:
        """The body of our answer: encrypted when the push was, `success` as it is (A2, A3)."""
        if not message.sealed or reply in (b"", b"success"):
            return reply
        random = os.urandom(24)
        ciphertext = binascii.b2a_base64(self._keys[0].seal(reply, random[:16]), newline=False)
        nonce = random[16:].hex().encode("ascii")
        timestamp = b"%d" % now
        signed = signature(self._token, timestamp, nonce, ciphertext).encode("ascii")
        return (
            b"<xml><Encrypt><![CDATA[%b]]></Encrypt><MsgSignature><![CDATA[%b]]></MsgSignature>"
            b"<TimeStamp>%b</TimeStamp><Nonce><![CDATA[%b]]></Nonce></xml>"
        ) % (ciphertext, signed, timestamp, nonce)

    def _prove_address(self, query: Mapping[str, str]) -> tuple[bytes, bytes]:
        """The timestamp and nonce that the token's holder signed."""
        get = query.get
        given, timestamp, nonce = get("signature", ""), get("timestamp", ""), get("nonce", "")
        if not (given.isascii() and timestamp.isascii() and nonce.isascii()):
            raise Refused("the address is not ASCII")
        if not (0 < len(timestamp) <= 12 and 0 < len(nonce) <= 128):
            raise Refused("the address is not signed")
        when, once = timestamp.encode("ascii"), nonce.encode("ascii")
        if not hmac.compare_digest(signature(self._token, when, once), given):
            raise Refused("the signature of the address is wrong")
        return when, once

    def _prove_message(
        self, query: Mapping[str, str], body: bytes, timestamp: bytes, nonce: bytes
    ) -> bytes:
        """The encrypted part that the token's holder signed."""
        given = query.get("msg_signature", "")
        if not given.isascii():
            raise Refused("the address is not ASCII")
        for ciphertext in ciphertexts(body):
            if hmac.compare_digest(signature(self._token, timestamp, nonce, ciphertext), given):
                return ciphertext
        raise Refused("the signature of the message is wrong")

    def _check_age(self, timestamp: bytes, now: int) -> None:
        """Refuse a push that is old, or from the future: it may have been taken from a log."""
        if abs(now - whole_number(timestamp.decode("ascii"), longest=12)) > self._tolerance:
            raise Refused("the push is not fresh")

    def _open(self, ciphertext: bytes) -> bytes:
        """The XML inside, opened with whichever of our keys sealed it."""
        try:
            sealed = binascii.a2b_base64(ciphertext, strict_mode=True)
        except ValueError:
            raise Refused("the encrypted part is not Base64") from None
        if len(sealed) < BLOCK or len(sealed) % BLOCK:
            raise Refused("the encrypted part has no whole number of blocks")
        for key in self._keys:
            document = key.open(sealed)
            if document is not None:
                return document
        raise Refused("none of our keys opens the encrypted part")
