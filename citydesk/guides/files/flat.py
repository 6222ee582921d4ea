"""Nested elements as one row of cells and back: ``materials.1.name`` is the first material's name.

Only text goes through cells; the reader of the content makes numbers and yes/no of it again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from citydesk.kit.spreadsheets import meant, shown

EMPTY_LIST = "[]"
EMPTY_PART = "{}"
MOST_NUMBER = 999  # no list of a guide is longer


class Clashing(ValueError):
    """Two columns contradict each other, such as ``materials`` and ``materials.1.name``."""


def cells_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, cell) for everything that is said; what is None is not said."""
    if isinstance(value, Mapping) and value:
        for key, held in value.items():
            yield from cells_of(held, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple) and value:
        for number, held in enumerate(value, 1):
            yield from cells_of(held, f"{path}.{number}")
    elif value is not None and path:
        yield path, _cell(value)


def nested(cells: Mapping[str, str]) -> dict[str, Any]:
    """Put a row's cells together again; empty cells say nothing.

    Raises:
        Clashing: with the path that cannot be both a value and a part.
    """
    root: dict[str, Any] = {}
    for path, cell in cells.items():
        if cell == "":
            continue
        *outer, last = path.split(".")
        held = root
        for step in outer:
            held = held.setdefault(step, {})
            if not isinstance(held, dict):
                raise Clashing(path)
        if last in held:
            raise Clashing(path)
        held[last] = _value(cell)
    return {key: _listed(value) for key, value in root.items()}


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return EMPTY_PART
    if isinstance(value, list | tuple):
        return EMPTY_LIST
    if isinstance(value, bool):
        return "true" if value else "false"
    return shown(str(value))


def _value(cell: str) -> Any:
    if cell == EMPTY_PART:
        return {}
    return [] if cell == EMPTY_LIST else meant(cell)


def _listed(value: Any) -> Any:
    """Turn parts whose keys are all numbers into lists, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    if value and all(_is_number(key) for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(held) for key, held in value.items()}


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and 0 < int(key[:4]) <= MOST_NUMBER
