"""A guide that is not finished: what is there must be right in itself, what is missing may be.

Drafts come from outside with gaps; the quality rules tell the editor of those. But an element
that is there keeps its form: a code is in its set, a text has its length, nothing is unknown.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from citydesk.guides.content import GuideContent

_PLAIN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_too_long": lambda limits: f"超过 {limits['max_length']} 个字",
    "string_too_short": lambda limits: f"至少 {limits['min_length']} 个字",
    "too_long": lambda limits: f"最多 {limits['max_length']} 项",
    "too_short": lambda limits: f"至少 {limits['min_length']} 项",
    "greater_than_equal": lambda limits: f"不能小于 {limits['ge']}",
    "less_than_equal": lambda limits: f"不能大于 {limits['le']}",
    "enum": lambda limits: f"应为 {limits['expected']} 之一".replace(" or ", "、"),
    "literal_error": lambda limits: f"应为 {limits['expected']} 之一".replace(" or ", "、"),
    "string_type": lambda _: "应为文字",
    "int_type": lambda _: "应为整数",
    "int_parsing": lambda _: "应为整数",
    "int_from_float": lambda _: "应为整数",
    "bool_type": lambda _: "应为 true（是）或 false（否）",
    "bool_parsing": lambda _: "应为 true（是）或 false（否）",
    "tuple_type": lambda _: "应为列表",
    "dict_type": lambda _: "应为一组“名称: 内容”",
    "string_pattern_mismatch": lambda _: "写法不对，请照说明里的样子写",
}


class Wrong(NamedTuple):
    """One element that cannot be taken, and why, in Chinese."""

    element: str
    sentence: str


def read_partial(said: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """Return the elements of an unfinished guide as JSON would hold them, and what is wrong."""
    if (whole := complete(said)) is not None:
        return whole.model_dump(mode="json"), []
    wrong: list[Wrong] = []
    return _part(GuideContent, said, "", wrong), wrong


def complete(said: Mapping[str, Any]) -> GuideContent | None:
    """Return the guide if nothing is missing from its form, otherwise None."""
    try:
        return GuideContent.model_validate(said)
    except ValidationError:
        return None


def _part(
    kind: type[BaseModel], said: Mapping[str, Any], path: str, wrong: list[Wrong]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in said.items():
        here = f"{path}.{name}" if path else name
        if name not in kind.model_fields:
            wrong.append(Wrong(here, "不认识这一项，请对照说明改正名称"))
        elif value is not None:
            found[name] = _value(kind, name, value, here, wrong)
    return found


def _value(kind: type[BaseModel], name: str, value: Any, path: str, wrong: list[Wrong]) -> Any:
    field = kind.model_fields[name]
    part, listed = parts_of(kind, name)
    if part is not None and not listed and isinstance(value, Mapping):
        return _part(part, value, path, wrong)
    if value in ("是", "否") and bool in (field.annotation, *get_args(field.annotation)):
        return value == "是"
    if part is not None and listed and isinstance(value, list | tuple):
        wrong += _count(field, value, path)
        return [_item(part, each, f"{path}.{n}", wrong) for n, each in enumerate(value, 1)]
    try:
        adapter = _adapter(kind, name)
        return adapter.dump_python(adapter.validate_python(value), mode="json")
    except ValidationError as bad:
        wrong += (_sentence(each, path) for each in bad.errors(include_url=False))
        return None


def _item(kind: type[BaseModel], value: Any, path: str, wrong: list[Wrong]) -> Any:
    if isinstance(value, Mapping):
        return _part(kind, value, path, wrong)
    wrong.append(Wrong(path, "应为一组“名称: 内容”"))
    return None


def _count(field: FieldInfo, value: list[Any] | tuple[Any, ...], path: str) -> Iterator[Wrong]:
    """Check how many parts a list has, without looking into them; too few is a gap, no fault."""
    for limit in field.metadata:
        most = getattr(limit, "max_length", None)
        if most is not None and len(value) > most:
            yield Wrong(path, f"最多 {most} 项")


@cache
def parts_of(kind: type[BaseModel], name: str) -> tuple[type[BaseModel] | None, bool]:
    """Return the kind of part an element holds (None: a value), and whether it is a list."""
    return _parts_in(kind.model_fields[name].annotation)


def _parts_in(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        return _parts_in(inner[0])[0], True
    if origin is Annotated:
        return _parts_in(inner[0])
    found = [_parts_in(each) for each in inner] if origin is not dict else []
    return next((each for each in found if each[0] is not None), (None, False))


@cache
def _adapter(kind: type[BaseModel], name: str) -> TypeAdapter[Any]:
    """Return the reader of one element, with its limits."""
    field = kind.model_fields[name]
    held: Any = field.annotation
    if field.metadata:
        held = Annotated[field.annotation, *field.metadata]
    return TypeAdapter(held)


def _sentence(fault: ErrorDetails, path: str) -> Wrong:
    inner = ".".join(
        str(step + 1) if isinstance(step, int) else step
        for step in fault["loc"]
        if isinstance(step, int) or step.isidentifier()
    )
    say = _PLAIN.get(fault["type"])
    said = say(fault.get("ctx", {})) if say else "填写有误"
    return Wrong(f"{path}.{inner}" if inner else path, said)
