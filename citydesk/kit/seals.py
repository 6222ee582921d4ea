"""Sealed text: personal data as it lies in the tables.

AES-256-GCM. A sealed value names the key it was made with, so keys roll over without a stop, and
is bound to its table, column and row: moved to another place it does not open (limits.md T35).
A blind index, under a key of its own, finds a row by an exact value without opening any.
"""

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_bytes
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class SealBroken(Exception):
    """A sealed value does not open: other key, other place, or altered."""


@dataclass(frozen=True, slots=True)
class Seals:
    """The keys that seal and open; the first of them seals."""

    keys: Mapping[str, bytes] = field(repr=False)
    blind_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not all(_KEY_ID.fullmatch(key_id) for key_id in self.keys):
            raise ValueError("a seal key's id is 1 to 32 letters, digits, dots, _ or -")

    @classmethod
    def from_text(cls, keys: str, blind_key: str) -> "Seals":
        """Read ``id:base64,id:base64`` (32 bytes each, the sealing key first) and a blind key.

        Raises:
            ValueError: a key is not 32 bytes, is named twice, or there is none.
        """
        pairs = [part.partition(":")[::2] for part in keys.split(",") if part.strip()]
        read = {name.strip(): b64decode(text.strip(), validate=True) for name, text in pairs}
        blind = b64decode(blind_key, validate=True)
        if not read or any(len(key) != 32 for key in [*read.values(), blind]):
            raise ValueError("seal keys and the blind key are 32 bytes each, in base64")
        if len(read) != len(pairs):
            raise ValueError("two seal keys have the same id")
        return cls(read, blind)

    @property
    def current(self) -> str:
        """The identifier of the key that seals now."""
        return next(iter(self.keys))

    def seal(self, text: str | bytes, place: str, row_id: UUID) -> bytes:
        """Seal a value for one place (``table.column``) in one row."""
        nonce = token_bytes(NONCE_BYTES)
        plain = text.encode() if isinstance(text, str) else text
        key_id = self.current
        box = AESGCM(self.keys[key_id]).encrypt(nonce, plain, _bound(place, row_id))
        return bytes([len(key_id)]) + key_id.encode() + nonce + box

    def open_bytes(self, sealed: bytes, place: str, row_id: UUID) -> bytes:
        """Open a value where it was sealed.

        Raises:
            SealBroken: the key is unknown, or the value was altered or moved.
        """
        sealed = bytes(sealed)
        key_id = self.key_id(sealed)
        body = sealed[1 + len(key_id) :]
        try:
            key = AESGCM(self.keys[key_id])
            return key.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound(place, row_id))
        except (KeyError, InvalidTag, ValueError) as broken:
            raise SealBroken(f"{place} of {row_id}, key {key_id}") from broken

    def open(self, sealed: bytes, place: str, row_id: UUID) -> str:
        """Open a sealed text where it was sealed; raises SealBroken."""
        return self.open_bytes(sealed, place, row_id).decode()

    @staticmethod
    def key_id(sealed: bytes) -> str:
        """Tell which key a value was sealed with, so that rotation finds the old ones."""
        return bytes(sealed[1 : 1 + sealed[0]]).decode(errors="replace") if sealed else ""

    def blind(self, text: str, place: str) -> str:
        """Return the blind index of a value for one place: equal values, equal words (64 hex)."""
        return hmac.new(self.blind_key, f"{place}\0{text}".encode(), hashlib.sha256).hexdigest()


def _bound(place: str, row_id: UUID) -> bytes:
    return f"{place}:{row_id}".encode()
