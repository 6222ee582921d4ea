"""Message templates of the account and the rules for what may stand in their fields (A8, A9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THING_CHARS = 20

# Field type (the key without its digits) → what WeChat accepts.
SHAPES = {
    "thing": re.compile(r".+", re.S),
    "number": re.compile(r"\d{1,32}|\d{1,20}\.\d{1,11}"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(
        r"((\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2}) ?)?"
        r"(\d{1,2}:\d{2}(:\d{2})?(~\d{1,2}:\d{2}(:\d{2})?)?)?"
    ),
    "date": re.compile(r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}-\d{1,2}-\d{1,2})( ?\d{1,2}:\d{2})?"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+\- ]{1,17}"),
    "car_number": re.compile(r".{1,8}"),
    "name": re.compile(r"[\u4e00-\u9fff·*]{1,10}|[A-Za-z .*]{1,20}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
    "const": re.compile(r".{1,20}"),
    "enum": re.compile(r".{1,20}"),
}


@dataclass(frozen=True, slots=True)
class Template:
    """One template the account has chosen from the library."""

    template_id: str
    title: str
    keys: tuple[str, ...]
    names: tuple[str, ...] = ()

    @property
    def labels(self) -> dict[str, str]:
        """What the phone writes before each field."""
        return dict(zip(self.keys, self.names, strict=False))

    def listed(self) -> dict[str, Any]:
        """As /cgi-bin/template/get_all_private_template lists it."""
        content = "\n".join(f"{{{{{key}.DATA}}}}" for key in self.keys)
        return {
            "template_id": self.template_id,
            "title": self.title,
            "primary_industry": "政府与公共事业",
            "deputy_industry": "政府",
            "content": content,
            "example": content,
        }


def _id(word: str) -> str:
    return f"sandbox-{word}".ljust(43, "0")


BUILT_IN = (
    Template(
        _id("case-progress"),
        "办件进度通知",
        ("thing1", "character_string2", "phrase3", "time4"),
        ("事项名称", "办件编号", "办理状态", "更新时间"),
    ),
    Template(
        _id("correction"),
        "补正通知",
        ("thing1", "character_string2", "thing3", "time4"),
        ("事项名称", "办件编号", "温馨提示", "时间"),
    ),
    Template(
        _id("case-done"),
        "办结通知",
        ("thing1", "character_string2", "phrase3", "time4"),
        ("事项名称", "办件编号", "办理结果", "时间"),
    ),
    Template(
        _id("appointment"),
        "预约成功通知",
        ("thing1", "thing2", "time3", "character_string4"),
        ("预约事项", "办事大厅", "预约时间", "预约码"),
    ),
    Template(
        _id("notice"),
        "服务提醒",
        ("thing1", "thing2", "time3"),
        ("事项名称", "提醒内容", "时间"),
    ),
)


class Templates:
    """The templates this account may send."""

    def __init__(self, told: str = "") -> None:
        self.known = {template.template_id: template for template in BUILT_IN}
        for part in filter(None, told.split(";")):
            template_id, _, keys = part.partition(":")
            self.register(template_id.strip(), "测试模板", [k.strip() for k in keys.split(",")])

    def register(self, template_id: str, title: str, keys: list[str]) -> Template:
        """Add a template; its keys are field types with numbers: thing1. Raises ValueError."""
        for key in keys:
            if kind_of(key) not in SHAPES:
                raise ValueError(f"unknown field type {key!r}; known: {', '.join(SHAPES)}")
        if not template_id or not keys:
            raise ValueError("a template needs an id and keys")
        template = Template(template_id, title, tuple(keys))
        self.known[template_id] = template
        return template


def kind_of(key: str) -> str:
    """The field type of a key: `thing1` → `thing`."""
    return key.rstrip("0123456789")


def check_field(key: str, value: Any, strict: bool) -> tuple[str | None, str]:
    """What is wrong with a field (None: nothing), and the text the phone shows.

    Newlines and empty values are refused; a `thing` over 20 characters is cut, or refused when
    `strict`.
    """
    if not isinstance(value, str) or not value.strip():
        return f"data.{key}.value is empty", ""
    if "\n" in value or "\r" in value:
        return f"data.{key}.value has a newline", ""
    kind = kind_of(key)
    if kind == "thing" and len(value) > THING_CHARS:
        return (f"data.{key}.value is too long" if strict else None), value[:THING_CHARS]
    if not SHAPES[kind].fullmatch(value):
        return f"data.{key}.value invalid", ""
    return None, value


def fill(template: Template, data: Any, strict: bool) -> tuple[str | None, dict[str, str]]:
    """What is wrong with the data of a message (None: nothing), and the fields as shown."""
    if not isinstance(data, Mapping):
        return "data should be object", {}
    shown = {}
    for key in template.keys:
        given = data.get(key)
        wrong, text = check_field(
            key, given.get("value") if isinstance(given, Mapping) else None, strict
        )
        if wrong:
            return wrong, {}
        shown[key] = text
    return None, shown
