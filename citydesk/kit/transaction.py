"""One use case, one transaction; events leave only if the change stays."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, Self, get_type_hints
from uuid import UUID

import orjson

from citydesk.kit import sql
from citydesk.kit.beginning import begin
from citydesk.kit.ids import new_id
from citydesk.kit.logs import logger

_READERS: dict[Any, Callable[[Any], Any]] = {
    UUID: UUID,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that has happened. Subclasses name it in the past tense and hold ids only."""

    def facts(self) -> dict[str, Any]:
        """Return the fields as the outbox stores them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def order_key(self) -> str | None:
        """Name the thing whose events are delivered in order; None where order means nothing."""
        return None

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Self:
        """Read an event back from its stored facts."""
        kinds = _kinds(cls)  # type: ignore[arg-type]  # Self is hashable, mypy cannot tell
        return cls(
            **{
                name: _READERS.get(kinds[name], lambda same: same)(value)
                for name, value in facts.items()
                if name in kinds
            }
        )


@cache
def _kinds(event: type[Event]) -> dict[str, Any]:
    return get_type_hints(event)


@dataclass(slots=True)
class Transaction:
    """The open transaction: what it will announce when it commits.

    ``claimed``: whether it holds the number it was opened with.
    """

    at: datetime
    events: list[tuple[Event, datetime]] = field(default_factory=list)
    ended: bool = False
    claimed: bool = True

    def announce(self, event: Event, *, due_at: datetime | None = None) -> None:
        """Announce an event, now or at a later time, if this transaction commits."""
        if self.ended:
            raise AssertionError(f"{event}: announced after the end, nobody would hear of it")
        self.events.append((event, due_at or self.at))


Nudge = Callable[[], None]

_open: ContextVar[Transaction | None] = ContextVar("open_transaction", default=None)

_WRITE = """
    INSERT INTO outbox_message (tries, created_at, id, name, facts, due_at, order_key)
    SELECT 0, $1, new.* FROM (%s) AS new
"""
_COLUMNS = ("uuid", "text", "jsonb", "timestamptz", "text")


@asynccontextmanager
async def transaction(
    at: datetime, nudge: Nudge, claim: int | None = None
) -> AsyncIterator[Transaction]:
    """Open a transaction; inside another, a savepoint that takes its announcements back.

    After the commit of the outermost one, ``nudge`` wakes the worker: a hint, not a promise.
    ``claim``, of the outermost one, is a number only one transaction may hold at a time: it is
    asked for with the BEGIN, and ``claimed`` tells whether it was free.
    """
    if (outer := _open.get()) is not None:
        assert claim is None, "a savepoint claims nothing: it would be held on after its end"
        said = len(outer.events)
        try:
            async with begin():
                yield outer
        except BaseException:
            del outer.events[said:]
            raise
        return
    tx = Transaction(at)
    token = _open.set(tx)
    try:
        async with begin(claim) as client:
            tx.claimed = client.claimed  # type: ignore[attr-defined]
            yield tx
            if tx.events:
                await _write(tx)
    finally:
        _open.reset(token)
        tx.ended = True
    if any(due_at <= at for _, due_at in tx.events):
        try:
            nudge()
        except Exception:  # the change is made: whoever made it must not hear that it failed
            logger().warning("worker not nudged: the sweep will do", exc_info=True)


@asynccontextmanager
async def joining(at: datetime, nudge: Nudge) -> AsyncIterator[Transaction]:
    """Join the open transaction without a savepoint; open one if there is none.

    For a step that refuses before it writes, so that there is never half of it to take back.
    """
    if (outer := _open.get()) is not None:
        yield outer
        return
    async with transaction(at, nudge) as tx:
        yield tx


async def _write(tx: Transaction) -> None:
    rows = [
        (
            new_id(),
            type(event).__name__,
            orjson.dumps(event.facts(), default=str).decode(),
            due_at,
            event.order_key(),
        )
        for event, due_at in tx.events
    ]
    new, values = sql.given(_COLUMNS, rows, 2)
    await sql.put("outbox_message", _WRITE % new, tx.at, *values)


def refuse_to_wait_inside_one(where: str) -> None:
    """Fail loudly if a transaction is held open while we wait on something slow."""
    if _open.get() is not None:
        raise AssertionError(f"{where}: never wait on the network while holding a transaction open")
