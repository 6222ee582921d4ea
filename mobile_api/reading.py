"""Bodies, queries and paths become checked forms here; nothing unchecked goes further."""

import asyncio
import json
import re
from collections import Counter
from datetime import date
from math import isfinite
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from starlette.requests import ClientDisconnect, Request

from citydesk.kit.guard import Limits, TooSlow, too_large, too_slow
from citydesk.kit.refusals import Invalid, Refusal

JSON_LIMIT = 256 * 1024
STRANGERS_LIMIT = 16 * 1024  # from those who have not signed in: parsing takes the others' time
READ_SECONDS = 15.0
FAIR_BYTES_PER_SECOND = 64 * 1024
JSON_DEPTH = Limits().json_depth
MOST_ERRORS = 20
LONGEST_NAME = 80

M = TypeVar("M")


class Strict(BaseModel):
    """A form with exactly these fields, of exactly these types."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )


class Loose(Strict):
    """A query string: text that is read into numbers and dates."""

    model_config = ConfigDict(strict=False)


def _iso(given: Any) -> Any:
    """Refuse what is no day to a person: left to itself, "0" would be read as 1970-01-01."""
    if isinstance(given, str) and not _ISO_DAY.fullmatch(given):
        raise PydanticCustomError("date_parsing", "not a date")
    return given


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Day = Annotated[date, BeforeValidator(_iso)]  # a day in a path or a query: 2026-03-02


class Malformed(Invalid):
    """The body is not JSON at all."""

    title = "Malformed body"


class WrongProtocol(Refusal):
    """The caller speaks another version of the upload protocol."""

    title = "Wrong version of the upload protocol"


async def body_of(request: Request, limit: int) -> bytes:
    """Read a body while it streams in, up to a limit in bytes and 15 seconds.

    The guard in front has counted and timed it already, by the address alone; this is the limit of
    the operation. What comes at a fair speed is given the time it takes.

    Raises:
        TooLarge: over the limit (told before the rest is read).
        TooSlow: not complete in time.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS) as patience:
            async for chunk in request.stream():
                body += chunk
                patience.reschedule((patience.when() or 0.0) + len(chunk) / FAIR_BYTES_PER_SECOND)
                if len(body) > limit:
                    raise too_large(limit)
    except TimeoutError:
        raise too_slow() from None
    except ClientDisconnect:
        raise TooSlow("连接中断，内容没有收全，请重试。") from None
    return bytes(body)


def form_of(adapter: TypeAdapter[M], body: bytes, depth: int = JSON_DEPTH) -> M:
    """Read a JSON body, nested so many times at most, into its form.

    Raises:
        Malformed: not JSON. Invalid: JSON, but not this form; names every field at fault.
    """
    _check_depth(body, depth)
    _check_sound(body)
    try:
        return adapter.validate_json(body)
    except ValidationError as wrong:
        faults = wrong.errors(include_input=False, include_url=False, include_context=False)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise Malformed("内容不是有效的 JSON，请检查后再提交。") from None
        raise unfit(faults) from None


def _check_depth(body: bytes, most: int) -> None:
    """Refuse what is nested too deep, before anything is made of it.

    Without its texts a body is only brackets. Every pass takes the innermost pairs away, so that so
    many passes leave nothing of what is so deep.
    """
    if body.count(b"[") + body.count(b"{") <= most:
        return
    left = _TEXTS.sub(b"", body).translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(most):
        if not left:
            return
        left = left.replace(b"[]", b"")
    if left:
        raise Malformed(f"内容的层次超过 {most} 层，或者不是有效的 JSON，请检查后再提交。")


# Every text, the last one also unfinished; nothing to go back to, so it takes one look at a byte.
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _check_sound(body: bytes) -> None:
    """Refuse JSON that parsers read differently, or whose values no table could hold."""
    try:
        _SOUND.decode(body.decode())
    except (ValueError, RecursionError):
        raise Malformed("内容不是有效的 JSON，请检查后再提交。") from None


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Take the fields of one JSON object; raises Invalid and names those at fault."""
    found = dict(pairs)
    errors = [
        {"field": name[:LONGEST_NAME], "detail": "含有不可用的字符或数值"}
        for name, value in pairs
        if not (_holdable(name) and _holdable(value))
    ]
    if len(found) < len(pairs):
        times = Counter(name for name, _ in pairs)
        errors += [
            {"field": name[:LONGEST_NAME], "detail": "出现了不止一次"}
            for name, count in times.items()
            if count > 1
        ]
    if errors:
        raise Invalid("有内容填写不对，请修改后再提交。", errors[:MOST_ERRORS])
    return found


def _holdable(value: Any) -> bool:
    """Whether PostgreSQL can hold it: text without NUL, whole numbers of 64 bits, no NaN.

    Raises:
        UnicodeEncodeError: half a surrogate pair, which is no text at all.
    """
    match value:
        case str():
            return "\0" not in value and bool(value.isascii() or value.encode())
        case int():
            return value in _INT64
        case float():
            return isfinite(value)
        case list():
            return all(map(_holdable, value))
    return True


_INT64 = range(-(2**63), 2**63)
_SOUND = json.JSONDecoder(object_pairs_hook=_fields)


def query_of(adapter: TypeAdapter[M], request: Request) -> M:
    """Read the query string into its form; raises Invalid. A name given twice is refused."""
    given: dict[str, Any] = {}
    for name, text in request.query_params.multi_items():
        if name in given or "\x00" in text:
            name = name[:LONGEST_NAME]
            raise Invalid("查询条件有误。", [{"field": name, "detail": "重复或含不可用字符"}])
        given[name] = text
    return _checked(adapter, given)


def path_of(adapter: TypeAdapter[M], request: Request) -> M:
    """Read the parts of the path into their form; raises Invalid."""
    if unusable := [name for name, text in request.path_params.items() if "\0" in text]:
        raise Invalid(
            "地址有误，请核对后再试。",
            [{"field": name, "detail": "含不可用字符"} for name in unusable],
        )
    return _checked(adapter, request.path_params)


def _checked(adapter: TypeAdapter[M], given: dict[str, Any]) -> M:
    try:
        return adapter.validate_python(given)
    except ValidationError as wrong:
        raise unfit(
            wrong.errors(include_input=False, include_url=False, include_context=False)
        ) from None


PLAIN: dict[str, str] = {
    "missing": "必填",
    "extra_forbidden": "没有这一项",
    "string_too_long": "太长",
    "string_too_short": "太短",
    "string_pattern_mismatch": "格式不对",
    "uuid_parsing": "不是有效的标识",
    "date_from_datetime_parsing": "不是有效的日期（例：2026-03-02）",
    "date_parsing": "不是有效的日期（例：2026-03-02）",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "string_type": "应为文字",
    "bool_type": "应为是或否",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "too_long": "太多",
    "too_short": "太少",
    "dict_type": "应为一组填写项",
    "list_type": "应为列表",
}


def unfit(faults: list[ErrorDetails]) -> Invalid:
    """Turn a form's faults into one refusal that names the fields."""
    errors = [
        {
            "field": ".".join(str(part)[:LONGEST_NAME] for part in fault["loc"]) or "body",
            "detail": PLAIN.get(fault["type"], "填写有误"),
        }
        for fault in faults[:MOST_ERRORS]
    ]
    names = "、".join(dict.fromkeys(error["field"] for error in errors[:5]))
    return Invalid(f"有内容填写不对，请修改后再提交：{names}。", errors)
