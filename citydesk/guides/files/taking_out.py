"""Translating a foreign record: fields are taken out one by one; what is left over is kept."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

_SHOWN = 40


class Untranslatable(ValueError):
    """A field says something that none of our code sets knows."""

    def __init__(self, element: str, what: str) -> None:
        super().__init__(element, what)
        self.element = element
        self.what = what


class Rest:
    """A record from which fields are taken; a field that cannot be taken whole stays."""

    def __init__(self, record: Mapping[str, Any], path: str = "") -> None:
        self._left: dict[str, Any] = deepcopy(dict(record))
        self._path = path

    def left(self) -> dict[str, Any]:
        """Return what nobody has taken."""
        return self._left

    def peek(self, name: str) -> Any:
        """Return a field and leave it where it is."""
        return self._left.get(name)

    def keep(self, name: str, value: Any) -> None:
        """Put back what is left of a field."""
        if value not in (None, "", [], {}):
            self._left[name] = value

    def text(self, name: str) -> str:
        """Take a text; other values stay, and so does the field when spaces around it would go."""
        value = self._left.get(name)
        if isinstance(value, str):
            if value == value.strip():
                del self._left[name]
            return value.strip()
        return ""

    def whole(self, name: str) -> int | None:
        """Take a whole number, also one that is written as text.

        Raises:
            Untranslatable: it is not one.
        """
        value = self._left.pop(name, None)
        if value in (None, ""):
            return None
        if isinstance(value, bool) or not str(value).isdecimal() or len(str(value)) > 9:
            raise Untranslatable(self.named(name), f"“{str(value)[:_SHOWN]}”应为整数")
        if isinstance(value, str) and str(int(value)) != value:
            self._left[name] = value
        return int(value)

    def code(self, name: str, known: Mapping[str, Any]) -> Any:
        """Take a code and return what it stands for.

        Raises:
            Untranslatable: the code set does not have it.
        """
        value = self._left.pop(name, None)
        if value in (None, ""):
            return None
        if str(value) not in known:
            said = f"代码“{str(value)[:_SHOWN]}”不认识，应为 {'、'.join(known)} 之一"
            raise Untranslatable(self.named(name), said)
        return known[str(value)]

    def parts(self, name: str) -> list["Rest"]:
        """Take a list of records (or a single one), each to be taken apart itself.

        Raises:
            Untranslatable: it holds something else.
        """
        value = self._left.pop(name, None)
        held: Sequence[Any] = value if isinstance(value, list) else [value] if value else []
        for number, each in enumerate(held, 1):
            if not isinstance(each, dict):
                raise Untranslatable(f"{self.named(name)}.{number}", "应为一组“名称: 内容”")
        return [Rest(each, f"{self.named(name)}.{n}") for n, each in enumerate(held, 1)]

    def sentences(self, name: str) -> list[str]:
        """Take a list of texts; a list that holds anything else, or an empty text, stays.

        Raises:
            Untranslatable: it is no list.
        """
        value = self._left.get(name)
        if value is not None and not isinstance(value, list):
            raise Untranslatable(self.named(name), "应为列表")
        if not value or not all(isinstance(each, str) and each.strip() == each for each in value):
            return []
        if "" in value:
            return []
        found: list[str] = self._left.pop(name)
        return found

    def keep_parts(self, name: str, parts: Sequence["Rest"], key: str) -> None:
        """Put back what is left of a list's records, each with the number it had (under `key`)."""
        left = [{key: n, **part.left()} for n, part in enumerate(parts, 1) if part.left()]
        self.keep(name, left)

    def put(self, into: dict[str, Any], names: Mapping[str, str]) -> None:
        """Take texts into elements: {element: field}."""
        for element, name in names.items():
            if said := self.text(name):
                into[element] = said

    def named(self, name: str) -> str:
        """Return a field's place in the whole record."""
        return f"{self._path}.{name}" if self._path else name
