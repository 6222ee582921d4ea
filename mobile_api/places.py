"""Which operation a path is: a few look-ups, however many operations there are.

Starlette tries its routes one after the other, a regular expression each. Here a path's words are
looked up whole: first where every word is fixed, then where fewer are.
"""

from collections.abc import Sequence

from starlette.routing import Route

_Words = tuple[str | None, ...]


class Places:
    """Routes by their fixed words; a part in braces stands for any one word."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes: dict[_Words, tuple[Route, tuple[tuple[int, str], ...]]] = {}
        shapes: dict[int, set[tuple[bool, ...]]] = {}
        for route in routes:
            parts = route.path.split("/")
            fixed = tuple(not part.startswith("{") for part in parts)
            key = tuple(
                part if is_fixed else None for part, is_fixed in zip(parts, fixed, strict=True)
            )
            names = [(at, part.strip("{}")) for at, part in enumerate(parts) if not fixed[at]]
            self._routes.setdefault(key, (route, tuple(names)))
            shapes.setdefault(len(parts), set()).add(fixed)
        # Whole words before variable parts, so that no word is taken for one.
        self._shapes = {size: sorted(found, reverse=True) for size, found in shapes.items()}

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return a path's route and its variable parts, or None."""
        parts = path.split("/")
        for shape in self._shapes.get(len(parts), ()):
            key = tuple(part if fixed else None for part, fixed in zip(parts, shape, strict=True))
            found = self._routes.get(key)
            if found is not None:
                route, names = found
                told = {name: parts[at] for at, name in names}
                if all(told.values()):  # an empty word is none
                    return route, told
        return None
