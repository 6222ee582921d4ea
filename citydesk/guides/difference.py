"""What differs between two texts of a guide, element by element; values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from citydesk.guides.content import GuideContent, element
from citydesk.guides.element_names import name_of

_KEYS = ("code", "key", "hall", "name")  # by which the entries of a list are known again
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One element that differs; None on a side where it is not there."""

    element: str
    before: Any
    after: Any

    @property
    def label(self) -> str:
        """The element in words: 申请材料第3项·名称."""
        return name_of(self.element)


def difference(
    before: Mapping[str, Any] | GuideContent, after: Mapping[str, Any] | GuideContent
) -> list[Change]:
    """Return what differs, in the order of the elements; [] when nothing does.

    The entries of a list are known again by their code, so that one put in front does not make
    all the others differ.
    """
    old, new = _plain(before), _plain(after)
    names = [*GuideContent.model_fields, *sorted({*old, *new} - set(GuideContent.model_fields))]
    found: list[Change] = []
    for name in names:
        _compare(name, old.get(name), new.get(name), found)
    return found


def _plain(said: Mapping[str, Any] | GuideContent) -> dict[str, Any]:
    """A text with every element filled in that is left out, as far as its form is right."""
    if isinstance(said, GuideContent):
        return said.model_dump(mode="json")
    return {name: _spelled(name, said.get(name)) for name in {*GuideContent.model_fields, *said}}


def _spelled(name: str, value: Any) -> Any:
    field = GuideContent.model_fields.get(name)
    if field is None:
        return value
    reader = element(name)
    if value is None and not field.is_required():
        value = field.get_default(call_default_factory=True)
    try:
        return reader.dump_python(reader.validate_python(value), mode="json")
    except ValidationError:
        return value


def _compare(path: str, old: Any, new: Any, found: list[Change]) -> None:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            _compare(f"{path}.{name}", old.get(name), new.get(name), found)
    elif isinstance(old, list) and isinstance(new, list):
        _compare_lists(path, old, new, found)
    else:
        found.append(Change(path, old, new))


def _compare_lists(path: str, old: list[Any], new: list[Any], found: list[Change]) -> None:
    key = _key_of([*old, *new])
    known = {_known(each, key, number): each for number, each in enumerate(old)}
    left = dict(known)
    for number, each in enumerate(new):
        same = left.pop(_known(each, key, number), _MISSING)
        _compare(f"{path}.{number}", None if same is _MISSING else same, each, found)
    gone = [(old.index(each), each) for each in left.values()]
    found += [Change(f"{path}.{number}", each, None) for number, each in gone]
    kept = [_known(each, key, number) for number, each in enumerate(new)]
    stayed = [each for each in known if each in set(kept)]
    if stayed != [each for each in kept if each in known]:
        found.append(Change(path, [str(each) for each in stayed], [str(e) for e in kept]))


def _key_of(entries: list[Any]) -> str | None:
    """The part by which every entry of a list can be told from the others, if there is one."""
    if not all(isinstance(each, Mapping) for each in entries):
        return None
    return next(
        (key for key in _KEYS if all(isinstance(each.get(key), str) for each in entries)), None
    )


def _known(each: Any, key: str | None, number: int) -> Any:
    if key is not None:
        return each[key]
    return each if isinstance(each, str) else number
