"""Codes of regions, organs and items: how they are built and checked. Values only."""

from dataclasses import dataclass

from citydesk.organs.refusals import WrongWindow

CREDIT_CODE_LENGTH = 18
ITEM_CODE_LENGTH = 31
REGION_CODE_LENGTH = 12
LONGEST_WINDOW_NAME = 40

# GB 32100-2015: the alphabet leaves out I, O, S, V, Z; weights are powers of 3 modulo 31.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_EXERCISE_LEVELS = "1234567"
# A statistical region code says its level by its length before padding: city 4, district 6,
# street 9, community 12.
_REGION_LENGTHS = (2, 4, 6, 9, 12)


def credit_code_check(first: str) -> str:
    """Compute the check character of a unified social credit code from its first 17 (GB 32100).

    Raises:
        ValueError: not 17 characters of the code's alphabet.
    """
    if len(first) != CREDIT_CODE_LENGTH - 1 or set(first) - set(_CREDIT_ALPHABET):
        raise ValueError("the first 17 characters of a credit code are digits and capitals")
    weighed = zip(first, _CREDIT_WEIGHTS, strict=True)
    total = sum(_CREDIT_ALPHABET.index(each) * weight for each, weight in weighed)
    return _CREDIT_ALPHABET[(31 - total % 31) % 31]


def is_credit_code(code: str) -> bool:
    """Tell whether a text is a unified social credit code: 18 characters, the last one fitting."""
    try:
        return credit_code_check(code[:-1]) == code[-1:]
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class ItemCode:
    """The parts of an implementation code (实施编码): who, at which level, which entry."""

    credit_code: str
    exercise_level: str
    catalog_code: str


def item_code(text: str) -> ItemCode | None:
    """Take a 31-character implementation code apart; None if it is not one.

    Codes of local forms exist (up to 53 characters): not being one is no fault by itself.
    """
    credit, level, catalog = text[:18], text[18:19], text[19:]
    fits = (
        len(text) == ITEM_CODE_LENGTH
        and is_credit_code(credit)
        and level in _EXERCISE_LEVELS
        and catalog.isascii()
        and catalog.isdigit()
    )
    return ItemCode(credit, level, catalog) if fits else None


def full_region_code(code: str) -> str:
    """Pad a statistical region code with zeros to its 12 digits: 210103 → 210103000000."""
    return code.ljust(REGION_CODE_LENGTH, "0")


def check_window_name(name: str) -> str:
    """Return what a window is to be called, without blanks around it; raises WrongWindow."""
    word = name.strip()
    if not word or len(word) > LONGEST_WINDOW_NAME or not word.isprintable():
        raise WrongWindow(
            "窗口名称填写有误，请修改后再提交。",
            [{"field": "name", "detail": f"必填，不超过 {LONGEST_WINDOW_NAME} 个字"}],
        )
    return word


def region_prefix(code: str) -> str:
    """Return the digits every region within this one begins with: 210103000000 → 210103."""
    full = full_region_code(code)
    sizes = (size for size in _REGION_LENGTHS if not full[size:].strip("0"))
    return full[: next(sizes, None)]


def level_of(region_code: str) -> str | None:
    """Return the level (A.2) that a region code tells by its length; None for none."""
    levels = dict(zip(_REGION_LENGTHS, "23456", strict=True))
    return levels.get(len(region_prefix(region_code))) if region_code else None
