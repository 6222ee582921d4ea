"""What a reaction is given: events that were announced, in batches."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from citydesk.kit.transaction import Event

__all__ = ["Announced", "Reaction", "one_by_one"]


@dataclass(frozen=True, slots=True)
class Announced:
    """One announced event.

    ``id`` is its outbox row: the same on every try, so reactions are idempotent by it. ``at`` is
    when it was announced (UTC), ``tries`` counts this try as well.
    """

    id: UUID
    event: Event
    at: datetime
    tries: int


# Called outside any transaction with the world and events of one type; answers which of them
# failed, by outbox id. Those are tried again later, the others are done. What it raises itself
# counts for every event of the batch. The world is Any here: the kit stands below it.
Reaction = Callable[[Any, Sequence[Announced]], Awaitable[Mapping[UUID, BaseException]]]


def one_by_one(
    react: Callable[[Any, Announced], Awaitable[object]], *, at_once: int = 8
) -> Reaction:
    """Make a batch reaction of a function for a single event; so many of them run at a time."""

    async def reaction(world: Any, batch: Sequence[Announced]) -> Mapping[UUID, BaseException]:
        places = asyncio.Semaphore(at_once)
        failed: dict[UUID, BaseException] = {}

        async def one(announced: Announced) -> None:
            async with places:
                try:
                    await react(world, announced)
                except Exception as fault:  # the outbox decides what it means
                    failed[announced.id] = fault

        await asyncio.gather(*map(one, batch))
        return failed

    return reaction
