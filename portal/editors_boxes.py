"""The form of a guide, read off the guide's own description: one box for each value.

Which kind of box follows from the type of the element, so a new element of a guide has its box at
once; what is typed goes back into the content as far as it makes sense, and as it was typed where
it does not, for the quality rules to name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from citydesk.guides import GuideContent
from portal import editors_words as words
from portal.forms import Form

LONG_TEXT = 400
LIST_LENGTH = 12_000
YES, NO = "yes", "no"
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the form: where its value stands in the content, and how it is asked."""

    path: str
    label: str
    kind: str  # text number choice ticks yesno lines when options textarea
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    maxlength: int = LONG_TEXT
    nullable: bool = False  # left empty, it is not said at all
    whole: str = ""  # the piece it belongs to that may be left out, e.g. materials.2.sample


@dataclass(frozen=True, slots=True)
class Group:
    """The boxes of one element; a list of pieces (`rows`) is edited piece by piece."""

    name: str
    label: str
    boxes: tuple[Box, ...] = ()
    is_list: bool = False
    piece: Node = field(default_factory=dict)


@cache
def _schema() -> Node:
    return GuideContent.model_json_schema()


def _node(node: Node) -> Node:
    """The description itself: references followed, "or nothing" left aside."""
    if "$ref" in node:
        return _named(node["$ref"])
    if "anyOf" in node:
        given = [each for each in node["anyOf"] if each.get("type") != "null"]
        return {**_node(given[0]), "nullable": True}
    return node


def _named(reference: str) -> Node:
    name = reference.rpartition("/")[2]
    described: Node = _schema()["$defs"][name]
    return {**described, "name": name}


def section(key: str) -> list[Group]:
    """Return the elements on one page of the form."""
    described: Node = _schema()["properties"]
    return [_group(name, _node(described[name])) for name in words.SECTIONS[key][1]]


def element(name: str) -> Group | None:
    """Return one element; None when a guide has none of this name."""
    described = _schema()["properties"].get(name)
    return _group(name, _node(described)) if described else None


def _group(name: str, node: Node) -> Group:
    label = words.label(name)
    items = _node(node["items"]) if node.get("type") == "array" else {}
    if items.get("type") == "object":
        return Group(name, label, is_list=True, piece=items)
    return Group(name, label, tuple(_boxes(name, node)))


def boxes_of_piece(group: Group, at: int) -> list[Box]:
    """Return the boxes of one piece of a list, e.g. of the third material."""
    return [
        box
        for part, node in group.piece["properties"].items()
        for box in _boxes(f"{group.name}.{at}.{part}", _node(node))
    ]


def _boxes(path: str, node: Node, whole: str = "") -> list[Box]:
    """The boxes of a value; lists of pieces inside a piece (a variant's own fees) have none."""
    name = path.rpartition(".")[2]
    if node.get("type") == "object" and "properties" in node:
        around = path if node.get("nullable") else whole
        return [
            box
            for part, inner in node["properties"].items()
            for box in _boxes(f"{path}.{part}", _node(inner), around)
        ]
    kind, options, longest = _kind(path, node)
    if kind == "options" and name != "options":
        return []
    hint = "" if name == "options" and kind != "options" else words.HINTS.get(name, "")
    nullable = bool(node.get("nullable")) or kind in ("choice", "number")
    return [Box(path, words.label(path), kind, hint, options, longest, nullable, whole)]


def _kind(path: str, node: Node) -> tuple[str, tuple[tuple[str, str], ...], int]:
    """How a value is asked: the kind of box, what to choose from, how long it may be."""
    of = node.get("type")
    if "enum" in node:
        return "choice", tuple(words.VALUES[node["name"]].items()), LONG_TEXT
    if of == "boolean":
        return "yesno", ((YES, "是"), (NO, "否")), LONG_TEXT
    if of == "integer":
        return "number", (), 13
    if of == "object":
        return "when", (), 2_000
    if of == "array":
        items = _node(node["items"])
        if "enum" in items:
            return "ticks", tuple(words.VALUES[items["name"]].items()), LONG_TEXT
        if path in ("themes_person", "themes_corp"):
            return "ticks", tuple((each, each) for each in words.THEMES[path]), LONG_TEXT
        return ("options" if items.get("type") == "object" else "lines"), (), LIST_LENGTH
    longest = int(node.get("maxLength", LONG_TEXT))
    return ("textarea" if longest > LONG_TEXT else "text"), (), longest


def shown(boxes: Sequence[Box], content: Mapping[str, Any]) -> Form:
    """Return a form with the values of a content in its boxes."""
    form = Form()
    for box in boxes:
        form.values[box.path] = _written(box, value_at(content, box.path))
    return form


def value_at(content: Any, path: str) -> Any:
    """Return the value at a place of a content; None for nothing there."""
    found = content
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            return None
    return found


def _written(box: Box, value: Any) -> list[str]:
    if value is None:
        return []
    if box.kind == "yesno" and isinstance(value, bool):
        return [YES if value else NO]
    if box.kind == "when" and isinstance(value, Mapping):
        return ["\n".join(f"{key}={','.join(map(str, some))}" for key, some in value.items())]
    if box.kind == "options" and isinstance(value, Sequence) and not isinstance(value, str):
        return ["\n".join(map(_option_line, value))]
    if isinstance(value, Sequence) and not isinstance(value, str):
        each = [str(one) for one in value]
        return each if box.kind == "ticks" else ["\n".join(each)]
    return [str(value)]


OPTION_PARTS = ("key", "label", "note", "variant", "stop")


def _option_line(option: Any) -> str:
    if not isinstance(option, Mapping):
        return str(option)
    said = [str(option.get(part, "")) for part in OPTION_PARTS]
    while said and not said[-1]:
        said.pop()
    return " | ".join(said)


def typed(boxes: Sequence[Box], form: Form) -> dict[str, Any]:
    """Return what was typed, by the place where it belongs; what is no number stays a word."""
    found = {box.path: _read(box, form) for box in boxes}
    for whole in {box.whole for box in boxes if box.whole}:
        parts = [box.path for box in boxes if box.path.startswith(f"{whole}.")]
        if all(found[path] in (None, "", [], {}) for path in parts if path in found):
            for path in parts:
                _ = found.pop(path, None)
            found[whole] = None
    return found


def _read(box: Box, form: Form) -> Any:
    text = form.value(box.path)
    match box.kind:
        case "ticks":
            return form.all(box.path) or (None if box.nullable else [])
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "options":
            return [_option(line) for line in text.splitlines() if line.strip()]
        case "when":
            return dict(_condition(line) for line in text.splitlines() if line.strip())
        case "yesno":
            return {YES: True, NO: False}.get(text)
        case "number":
            return int(text) if text.isascii() and text.isdigit() else text or None
    return text or None if box.nullable else text


def _option(line: str) -> dict[str, str]:
    said = [part.strip() for part in line.split("|", len(OPTION_PARTS) - 1)]
    return {name: word for name, word in zip(OPTION_PARTS, said, strict=False) if word}


def _condition(line: str) -> tuple[str, list[str]]:
    key, _, chosen = line.partition("=")
    return key.strip(), [each.strip() for each in chosen.replace("，", ",").split(",") if each]
