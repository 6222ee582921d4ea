"""The person the identity provider vouches for: its words read into ours."""

import re
from dataclasses import dataclass, field
from typing import Any

from citydesk.kit.troubles import GatewayTrouble

RESIDENT_ID = "111"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_TYPE = re.compile(r"[0-9]{3}")
ID_NUMBER = re.compile(r"[0-9A-Za-z()（）-]{4,30}")
PHONE = re.compile(r"\+?[0-9]{7,15}")
LONGEST = 100
HIGHEST_LEVEL = 5


@dataclass(frozen=True, slots=True)
class VerifiedPerson:
    """A natural person, as proven: name, document type (GA/T 2000.156 code) and number, level."""

    subject: str
    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str | None = field(repr=False)
    assurance_level: int


def person_in(claims: dict[str, Any]) -> VerifiedPerson:
    """Read the provider's claims about a person.

    Raises:
        GatewayTrouble: a claim is missing or cannot be right; the text names it, never its value.
    """
    id_type = _text(claims, "id_type", ID_TYPE)
    id_number = _text(claims, "id_number", ID_NUMBER).upper()
    if id_type == RESIDENT_ID and not is_resident_id(id_number):
        raise GatewayTrouble("identity provider: id_number has a wrong check digit")
    level = claims.get("assurance_level")
    if isinstance(level, str) and level in "012345" and len(level) == 1:
        level = int(level)
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= HIGHEST_LEVEL:
        raise GatewayTrouble("identity provider: assurance_level is not 0 to 5")
    phone = _text(claims, "phone_number", PHONE) if claims.get("phone_number") else None
    name = _text(claims, "name").strip()
    if not name:
        raise GatewayTrouble("identity provider: name is empty")
    return VerifiedPerson(_text(claims, "sub"), name, id_type, id_number, phone, level)


def is_resident_id(number: str) -> bool:
    """Tell whether a resident identity number has 18 characters and its check digit (GB 11643)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == number[17]


def _text(claims: dict[str, Any], name: str, shape: re.Pattern[str] | None = None) -> str:
    text = claims.get(name)
    usable = isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable()
    if not isinstance(text, str) or not usable or (shape and not shape.fullmatch(text)):
        raise GatewayTrouble(f"identity provider: {name} is missing or unusable")
    return text
