"""JSON as strangers send it: one meaning only, bounded in depth and in every number."""

import json
from collections.abc import Sequence
from typing import Any

from citydesk.kit.spreadsheets import Unreadable

DEEPEST = 12
LONGEST_NUMBER = 18  # digits: what every reader holds exactly
_SHOWN = 40


def json_of(text: str) -> Any:
    """Read JSON.

    Raises:
        Unreadable: it is no JSON, names a key twice, is nested too deep, holds a number that
            readers take differently (too long, NaN, Infinity) or half a character.
    """
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as wrong:
        raise Unreadable(f"line {wrong.lineno}", "不是完整的 JSON，请检查这一行附近") from None
    except RecursionError:
        raise _too_deep() from None
    _check(value)
    return value


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Unreadable("file", f"“{key[:_SHOWN]}”在同一处出现了两次，不知道以哪个为准")
        found[key] = value
    return found


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER:
        raise Unreadable("file", f"数字 {digits[:_SHOWN]}… 太长，编号请写成带引号的文字")
    return int(digits)


def _broken(digits: str) -> float:
    value = float(digits)
    if len(digits) > _SHOWN or value in (float("inf"), float("-inf")):
        raise Unreadable("file", f"数字 {digits[:_SHOWN]} 超出范围")
    return value


def _no_number(word: str) -> float:
    raise Unreadable("file", f"{word} 不是数字，请改正")


_READER = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_broken, parse_constant=_no_number
)


def _too_deep() -> Unreadable:
    return Unreadable("file", f"内容的层次超过 {DEEPEST} 层，请检查文件")


def _check(value: Any) -> None:
    """Walk through it, level by level: nothing deeper than allowed, no text that cannot be kept."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [each for held in level for each in _held(held)]
        if not level:
            return
    raise _too_deep()


def _held(value: Any) -> list[Any]:
    if isinstance(value, str):
        _check_text(value)
        return []
    if isinstance(value, dict):
        for key in value:
            _check_text(key)
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    if "\0" in text:
        raise Unreadable("file", f"“{text.replace(chr(0), '')[:_SHOWN]}”里有空字符，请删去")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unreadable("file", "文件里有半个字符（不成对的代理字符），请检查") from None
