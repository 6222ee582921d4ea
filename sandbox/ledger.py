"""Everything received and everything sent, in order, so that a test can ask what happened."""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

KEPT_ENTRIES = 50_000
KEPT_BYTES = 16_384
KEPT_PATHS = 1_000


@dataclass(slots=True)
class Entry:
    """One exchange on the wire: `in` is a call that reached the sandbox, `out` a push it made."""

    no: int
    at: float
    direction: str
    method: str
    path: str
    query: str
    body: bytes
    status: int | None = None
    answer: bytes = b""
    fault: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def openid(self) -> str | None:
        """Whom the exchange is about: from a note, the query or a JSON body's `touser`."""
        if "openid" in self.notes:
            return str(self.notes["openid"])
        asked = parse_qs(self.query).get("openid")
        if asked:
            return asked[0]
        body = readable(self.body)
        touser = body.get("touser") if isinstance(body, dict) else None
        return touser if isinstance(touser, str) else None

    def shown(self) -> dict[str, Any]:
        """The entry as the control plane shows it."""
        return {
            "no": self.no,
            "at": self.at,
            "direction": self.direction,
            "method": self.method,
            "path": self.path,
            "query": {name: values[-1] for name, values in parse_qs(self.query).items()},
            "body": readable(self.body),
            "status": self.status,
            "answer": readable(self.answer),
            "fault": self.fault,
            "openid": self.openid(),
            **self.notes,
        }


def readable(raw: bytes) -> Any:
    """JSON as values, anything else as text."""
    text = raw.decode("utf-8", "replace")
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


class Ledger:
    """A bounded list of entries; the numbers go on rising when old ones fall out."""

    def __init__(self, kept: int = KEPT_ENTRIES) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._calls: Counter[str] = Counter()
        self.last_no = 0

    def note(
        self,
        at: float,
        direction: str,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        **notes: Any,
    ) -> Entry:
        """Write an entry down at the moment it begins; status and answer are filled in later."""
        self.last_no += 1
        kept = body[:KEPT_BYTES]
        entry = Entry(self.last_no, at, direction, method, path, query, kept, notes=notes)
        self._entries.append(entry)
        if direction == "in" and (path in self._calls or len(self._calls) < KEPT_PATHS):
            self._calls[path] += 1
        return entry

    def entries(
        self,
        *,
        path: str | None = None,
        openid: str | None = None,
        since: int = 0,
        direction: str | None = None,
        limit: int = 1000,
    ) -> list[Entry]:
        """The newest `limit` matching entries after number `since`, oldest first.

        A path that ends in `*` matches by its beginning.
        """
        found = [
            entry
            for entry in self._entries
            if entry.no > since
            and (direction is None or entry.direction == direction)
            and (path is None or _same_path(entry.path, path))
            and (openid is None or entry.openid() == openid)
        ]
        return found[-limit:] if limit > 0 else []

    def counts(self) -> dict[str, int]:
        """How many calls each path has had since the beginning, incoming ones only."""
        return dict(self._calls)


def _same_path(path: str, wanted: str) -> bool:
    return path.startswith(wanted[:-1]) if wanted.endswith("*") else path == wanted
