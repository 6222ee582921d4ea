"""Deliver what was announced: in batches, outside any transaction, at least once.

A batch is leased in one statement, its events go to the reactions type by type, and what went
well is closed in one statement. Rows that have failed before go apart from fresh ones, and a
batch whose reaction breaks as a whole is tried one by one: a poisoned row delays nobody.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from citydesk.kit import outbox
from citydesk.kit.announced import Announced, Reaction
from citydesk.kit.logs import masked_text
from citydesk.kit.outbox import Late, Leased
from citydesk.kit.refusals import Refusal
from citydesk.kit.transaction import Event
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World

PARK_AFTER_TRIES = 12
LONGEST_WAIT_SECONDS = 3600.0
JITTER = 0.1
TROUBLED_TRIES = 2  # from here on a row is kept apart from fresh ones
LANES = 2  # while one batch waits for the network, another is in the database
REACTION_SECONDS = 120.0

Failures = dict[UUID, BaseException]
Reactions = Mapping[type[Event], Sequence[Reaction]]


@dataclass(slots=True)
class Drain:
    """Delivers the outbox of one world to one table of reactions."""

    world: World
    reactions: Reactions
    lease_seconds: float = outbox.LEASE_SECONDS
    batch: int = outbox.BATCH
    lanes: int = LANES
    stopping: bool = False
    _by_name: dict[str, type[Event]] = field(init=False)

    def __post_init__(self) -> None:
        self._by_name = {event.__name__: event for event in self.reactions}

    @property
    def names(self) -> list[str]:
        """The events this worker knows."""
        return list(self._by_name)

    async def until_empty(self) -> int:
        """Deliver until nothing is due; return how many rows were delivered."""
        return await _all(self._lane() for _ in range(self.lanes))

    async def _lane(self) -> int:
        delivered = 0
        while not self.stopping and (rows := await self._lease()):
            delivered += await self._deliver(rows)
        return delivered

    async def _lease(self) -> list[Leased]:
        now = self.world.clock.now()
        return await outbox.lease(now, self.names, seconds=self.lease_seconds, most=self.batch)

    async def _deliver(self, rows: list[Leased]) -> int:
        """Deliver one batch; the lease is renewed for as long as it takes."""
        groups: dict[tuple[str, bool], list[Leased]] = defaultdict(list)
        for row in rows:
            groups[row.name, row.tries > TROUBLED_TRIES].append(row)
        open_rows = {row.id: row for row in rows}
        renewing = asyncio.create_task(self._keep(open_rows))
        try:
            return await _all(
                self._group(name, group, open_rows) for (name, _), group in groups.items()
            )
        finally:
            renewing.cancel()

    async def _keep(self, open_rows: Mapping[UUID, Leased]) -> None:
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            try:
                await outbox.renew(list(open_rows.values()), seconds=self.lease_seconds)
            except Exception as fault:  # another worker may take over: harmless
                self.world.log.warning("outbox lease not renewed", error=type(fault).__name__)

    async def _group(self, name: str, rows: list[Leased], open_rows: dict[UUID, Leased]) -> int:
        """React to the events of one type and say how each row went."""
        batch, failures = self._read(self._by_name[name], rows)
        for reaction in self.reactions[self._by_name[name]]:
            left = [each for each in batch if each.id not in failures]
            if left:
                failures.update(await self._react(reaction, left))
        delivered = [row for row in rows if row.id not in failures]
        now = self.world.clock.now()
        if delivered:
            await outbox.close(delivered, now)
        late = [self._late(row, failures[row.id]) for row in rows if row.id in failures]
        if late:
            await outbox.put_off(late, now)
        for row in rows:
            del open_rows[row.id]
        return len(delivered)

    @staticmethod
    def _read(event: type[Event], rows: list[Leased]) -> tuple[list[Announced], Failures]:
        batch: list[Announced] = []
        failures: Failures = {}
        for row in rows:
            try:
                batch.append(Announced(row.id, event.from_facts(row.facts), row.at, row.tries))
            except Exception as unreadable:  # this row's fault, not its neighbours'
                failures[row.id] = unreadable
        return batch, failures

    async def _react(self, reaction: Reaction, batch: list[Announced]) -> Failures:
        try:
            async with asyncio.timeout(REACTION_SECONDS):
                return dict(await reaction(self.world, batch))
        except (GatewayTrouble, OSError) as trouble:
            return dict.fromkeys((each.id for each in batch), trouble)
        except Exception as fault:  # one event may have broken it for all
            if len(batch) == 1:
                return {batch[0].id: fault}
        failures: Failures = {}
        for each in batch:
            failures.update(await self._react(reaction, [each]))
        return failures

    def _late(self, row: Leased, fault: BaseException) -> Late:
        now, error = self.world.clock.now(), _said(fault)
        about = {
            "event_name": row.name,
            "outbox_id": str(row.id),
            "tries": row.tries,
            "error": error,
        }
        if isinstance(fault, Refusal):
            self.world.log.warning("outbox: refused, not tried again", **about)
            return Late(row, now, error, refused=True)
        if row.tries >= PARK_AFTER_TRIES:
            self.world.log.error("outbox: parked, a person must look", **about)
            return Late(row, now, error, parked=True)
        wait = wait_seconds(row.tries, fault)
        self.world.log.warning("outbox: will be tried again", wait_seconds=round(wait, 1), **about)
        return Late(row, now + timedelta(seconds=wait), error)


async def _all(parts: Iterable[Coroutine[Any, Any, int]]) -> int:
    """Run all parts to their end, whatever becomes of one; then add up, or raise the first fault.

    A fault here means that the database is gone: leases run out and the rows come again.
    """
    done = await asyncio.gather(*parts, return_exceptions=True)
    total = 0
    for each in done:
        if isinstance(each, BaseException):
            raise each
        total += each
    return total


def wait_seconds(tries: int, fault: BaseException) -> float:
    """How long a failed row waits: 2, 4, 8 … 3600 s, and at least as long as it was told to.

    Up to a tenth more by chance, so that what failed together does not come back together.
    """
    wait = min(2.0**tries, LONGEST_WAIT_SECONDS)
    if isinstance(fault, GatewayTrouble) and fault.retry_after_seconds is not None:
        wait = max(wait, float(fault.retry_after_seconds))
    return wait * (1 + random.uniform(0, JITTER))  # noqa: S311 - spreads load, guards nothing


def _said(fault: BaseException) -> str:
    """Write a fault down for a person, without personal data."""
    return masked_text(f"{type(fault).__name__}: {fault}")[:300]
