"""WeChat's signature and message cipher, written from the vendor's document.

Signature: sha1 over the sorted, joined values. Cipher: AES-256-CBC with the first 16 key bytes as
IV over 16 random bytes + length (uint32, big endian) + message + AppId, PKCS#7 with block 32.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class BadCipher(ValueError):
    """A message that was not enciphered by this key for this account."""


def signature(*values: str) -> str:
    """sha1 of the values, sorted as strings and joined, in lower-case hex."""
    return hashlib.sha1("".join(sorted(values)).encode(), usedforsecurity=False).hexdigest()


class MessageCipher:
    """Enciphers and deciphers messages of one account with one EncodingAESKey (43 characters)."""

    def __init__(self, encoding_aes_key: str, app_id: str) -> None:
        self._key = base64.b64decode(encoding_aes_key + "=")
        self._app_id = app_id.encode()

    def encrypt(self, message: bytes, prefix: bytes | None = None) -> str:
        """Base64 cipher text; `prefix` is the 16 random bytes (given only by known answers)."""
        first = os.urandom(16) if prefix is None else prefix
        plain = first + struct.pack(">I", len(message)) + message + self._app_id
        pad = BLOCK - len(plain) % BLOCK
        worker = self._cipher().encryptor()
        sealed = worker.update(plain + bytes([pad]) * pad) + worker.finalize()
        return base64.b64encode(sealed).decode()

    def decrypt(self, text: str) -> bytes:
        """The message inside. Raises BadCipher for anything not made by this key and account."""
        try:
            sealed = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise BadCipher("not base64") from wrong
        if not sealed or len(sealed) % BLOCK:
            raise BadCipher("length is not a multiple of 32")
        worker = self._cipher().decryptor()
        padded = worker.update(sealed) + worker.finalize()
        return self._inside(padded)

    def _inside(self, padded: bytes) -> bytes:
        pad = padded[-1]
        if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise BadCipher("bad padding")
        plain = padded[:-pad]
        if len(plain) < 20:
            raise BadCipher("too short")
        (length,) = struct.unpack(">I", plain[16:20])
        if 20 + length > len(plain):
            raise BadCipher("length runs over the end")
        if plain[20 + length :] != self._app_id:
            raise BadCipher("made for another AppId")
        return plain[20 : 20 + length]

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
