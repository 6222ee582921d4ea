"""Case numbers: sayable at a window, checkable before any look-up, telling nobody the volume.

``region (6) + date (8) + channel (1) + serial (6) + check (1)``. The serial is a keyed
permutation of a counter; the check character is ISO 7064 MOD 37,36.
"""

import hashlib
import hmac
import re
from datetime import date

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHANNEL_LETTERS = {
    "app": "A",
    "wechat": "W",
    "terminal": "T",
    "web": "P",
    "window": "C",
    "dept_system": "D",
}
SERIALS = 1_000_000
_SHAPE = re.compile(r"[0-9]{6}[0-9]{8}[A-Z][0-9]{6}[0-9A-Z]")


def check_character(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of digits and capitals."""
    product = 36
    for each in text:
        product = ((product + ALPHABET.index(each)) % 36 or 36) * 2 % 37
    return ALPHABET[(37 - product) % 36]


def case_no(region_code: str, day: date, channel: str, counter: int, key: bytes) -> str:
    """Write the number of a case filed in a region (its first six digits) on a day."""
    serial = permuted(counter % SERIALS, key, f"{day:%Y%m%d}")
    bare = f"{region_code[:6]:0<6}{day:%Y%m%d}{CHANNEL_LETTERS[channel]}{serial:06d}"
    return bare + check_character(bare)


def is_case_no(text: str) -> bool:
    """Whether a text has the shape of a case number and its check character fits."""
    return bool(_SHAPE.fullmatch(text)) and check_character(text[:-1]) == text[-1]


def permuted(number: int, key: bytes, day: str) -> int:
    """Map 0…999,999 onto itself: four Feistel rounds on two halves of 0…999 (format-preserving)."""
    left, right = divmod(number, 1000)
    for turn in range(4):
        text = f"{day}:{turn}:{right}".encode()
        mixed = int.from_bytes(hmac.new(key, text, hashlib.sha256).digest()[:8], "big")
        left, right = right, (left + mixed) % 1000
    return left * 1000 + right
