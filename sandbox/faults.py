"""Scripted misbehaviour, per path: the outside world on a bad day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class BadFault(ValueError):
    """A fault that cannot be understood; the text names the field."""


@dataclass(slots=True)
class Fault:
    """What goes wrong on a path, after how many good calls and how many times.

    - `errcode`: answered with that code, nothing done. `http_status`: a gateway's error page,
      nothing done. `delay_seconds`: slow, then whatever else the fault says.
    - `drop`: "before" closes the connection without doing anything; "after" does it and closes
      without an answer. `duplicate`: done twice, as by a proxy that repeats. `truncated`: the
      answer's body breaks off in the middle.
    - `times` None means until it is cleared.

    The path `webhook` is the way back: pushes of results to our webhook can be dropped ("before"),
    delayed or duplicated. The path `scanner` is the virus scanner's.
    """

    path: str
    errcode: int | None = None
    http_status: int | None = None
    times: int | None = 1
    after: int = 0
    delay_seconds: float = 0.0
    drop: str | None = None
    duplicate: bool = False
    truncated: bool = False

    @property
    def does(self) -> bool:
        """Whether the call has its effect all the same."""
        return self.drop != "before" and self.errcode is None and self.http_status is None

    def name(self) -> str:
        """A short word for the ledger."""
        if self.drop:
            return f"drop {self.drop}"
        if self.errcode is not None:
            return f"errcode {self.errcode}"
        if self.http_status is not None:
            return f"http {self.http_status}"
        if self.duplicate:
            return "duplicate"
        if self.truncated:
            return "truncated"
        return f"delay {self.delay_seconds:g} s"


KINDS: dict[str, tuple[type, ...]] = {
    "path": (str,),
    "errcode": (int, type(None)),
    "http_status": (int, type(None)),
    "times": (int, type(None)),
    "after": (int,),
    "delay_seconds": (int, float),
    "drop": (str, type(None)),
    "duplicate": (bool,),
    "truncated": (bool,),
}


class Faults:
    """The script: the first fault of a path that is not used up speaks."""

    def __init__(self) -> None:
        self._script: list[Fault] = []

    def add(self, told: Mapping[str, Any]) -> Fault:
        """Add one fault from its JSON form. Raises BadFault."""
        for name, value in told.items():
            if name not in KINDS:
                raise BadFault(f"unknown field {name!r}; known: {', '.join(KINDS)}")
            right = isinstance(value, KINDS[name])
            if not right or (isinstance(value, bool) and bool not in KINDS[name]):
                raise BadFault(f"{name!r} has the wrong type")
        if not told.get("path"):
            raise BadFault("'path' is required")
        if told.get("drop") not in (None, "before", "after"):
            raise BadFault('\'drop\' is "before" or "after"')
        if not 0 <= told.get("delay_seconds", 0) <= 120:
            raise BadFault("'delay_seconds' is 0 to 120")
        if told.get("http_status") is not None and not 200 <= told["http_status"] <= 599:
            raise BadFault("'http_status' is 200 to 599")
        fault = Fault(**told)
        self._script.append(fault)
        return fault

    def meet(self, path: str) -> Fault | None:
        """The fault that strikes this call, if any; counts the call against it."""
        for fault in self._script:
            if fault.path not in (path, "*") or fault.times == 0:
                continue
            if fault.path == "*" and path == "webhook":
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None

    def clear(self, path: str | None = None) -> None:
        """Forget the faults of a path, or all."""
        self._script = [f for f in self._script if path is not None and f.path != path]

    def shown(self) -> list[dict[str, Any]]:
        """What is still to come."""
        return [asdict(fault) for fault in self._script if fault.times != 0]
