"""Our own format: what its fields are called, in English and in Chinese."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from citydesk.guides.content import GuideContent
from citydesk.guides.element_names import NAMES, PARTS, name_of
from citydesk.guides.files.flat import Clashing
from citydesk.guides.files.partial import parts_of

# What the catalogue knows of an item besides its guide, and the names lists use for it.
LISTING: Mapping[str, tuple[str, ...]] = {
    "source": ("来源",),
    "code": ("事项编码", "item_code", "实施编码", "task_code"),
    "list_id": ("id", "编号"),
    "department": ("实施部门", "部门", "dept_name"),
    "main_item": ("主项名称",),
    "name": ("事项名称", "task_name"),
    "type_name": ("事项类型名称", "task_type_name"),
}
SOURCE_RECORD = "source_record"
ELEMENTS = frozenset(GuideContent.model_fields)
_LISTING_ZH = {"source_record": "来件其余内容"} | {name: said[0] for name, said in LISTING.items()}
_LISTING_ZH["list_id"] = "编号"


def listing_names() -> dict[str, str]:
    """Return every name a list may use for its columns, and ours for it."""
    return {said: name for name, others in LISTING.items() for said in (name, *others)}


def english(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with its Chinese names put into English, at every level.

    Raises:
        Clashing: something is said under its Chinese and its English name.
    """
    own = {_LISTING_ZH[name]: name for name in ("source", "list_id", "department", "main_item")}
    own |= {_LISTING_ZH[name]: name for name in ("type_name", SOURCE_RECORD)}
    own |= {"事项编码": "code", "id": "list_id"}
    named: dict[str, Any] = {}
    for written, value in fields.items():
        _put(named, own.get(written, written), value)
    record = named.pop(SOURCE_RECORD, None)  # theirs, word for word: not to be translated
    found = _translated(GuideContent, named)
    return found if record is None else {**found, SOURCE_RECORD: record}


def label(element: str) -> str:
    """Say what an element is called: materials.1.name → 申请材料第1项·名称."""
    if element in _LISTING_ZH and element not in NAMES:
        return _LISTING_ZH[element]
    steps = [str(int(step) - 1) if step.isdigit() else step for step in element.split(".")]
    return name_of(".".join(steps))


def _translated(kind: type[BaseModel], said: Mapping[str, Any]) -> dict[str, Any]:
    names = _chinese_of(kind)
    found: dict[str, Any] = {}
    for written, value in said.items():
        name = names.get(written, written)
        part = parts_of(kind, name)[0] if name in kind.model_fields else None
        if part is not None and isinstance(value, Mapping):
            value = _translated(part, value)
        elif part is not None and isinstance(value, list):
            value = [
                _translated(part, each) if isinstance(each, Mapping) else each for each in value
            ]
        _put(found, name, value)
    return found


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if name in into:
        raise Clashing(name)
    into[name] = value


@cache
def _chinese_of(kind: type[BaseModel]) -> dict[str, str]:
    """Return the Chinese names of a part's fields, save those that would mean two of them."""
    said = NAMES if kind is GuideContent else PARTS
    names = [(said.get(name, NAMES.get(name, name)), name) for name in kind.model_fields]
    spoken = [chinese for chinese, _ in names]
    return {chinese: name for chinese, name in names if spoken.count(chinese) == 1}
