"""What publishers do with an item in force: suspend it, let it go on, end it.

The item says so in every channel instead of vanishing. Open cases are finished under the version
they were filed under, whatever becomes of it.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import orjson

from citydesk.guides.events import GuideCancelled, GuideResumed, GuideSuspended
from citydesk.guides.machine import Action
from citydesk.guides.moving import Doer, locked, move
from citydesk.guides.publishing import LOCK, RAISE_REVISION
from citydesk.guides.refusals import NoSuchGuide, ReasonNeeded
from citydesk.guides.work import Draft, draft
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import ItemState, VersionLife

_IN_FORCE = """
    SELECT life.id FROM service_item item JOIN version_life life ON life.item_id = item.id
    WHERE item.code = $1 AND life.state IN ('published', 'suspended')
    ORDER BY item.kind = 'full' DESC, item.source LIMIT 1
"""
_STAND = """
    UPDATE service_item SET state = $2, state_reason = $3, state_until = $4,
           successors = $5::jsonb, changed_at = $6
    WHERE id = $1
"""


async def suspend(
    world: World, officer: Officer, item_code: str, reason: str, until: date | None = None
) -> Draft:
    """Stop an item for now: nobody can book or file it until it is resumed, or that day comes.

    Raises:
        NoSuchGuide: nothing is in force. ReasonNeeded: no reason, or a day that is not to come.
        NotAllowedThere: it is suspended already. NotYourGuide: as named.
    """
    _check_to_come(world, until, "until")
    async with world.transaction() as tx:
        life = await _in_force(item_code)
        await move(
            tx,
            Doer.of(officer),
            life,
            Action.SUSPEND,
            reason=reason,
            facts={"until": until},
            suspended_until=until,
        )
        await _stand(tx, life, ItemState.SUSPENDED, reason, until)
        tx.announce(GuideSuspended(_item_id(life), life.id))
    return await draft(world, life.id)


async def resume(world: World, officer: Officer, item_code: str) -> Draft:
    """Let a suspended item go on; raises as suspend."""
    async with world.transaction() as tx:
        life = await _in_force(item_code)
        await go_on(tx, Doer.of(officer), life)
    return await draft(world, life.id)


async def cancel(
    world: World, officer: Officer, item_code: str, basis: str, on: date | None = None
) -> Draft:
    """End an item by law or decision (`basis`), today or on a day to come.

    Raises:
        NoSuchGuide: nothing is in force. ReasonNeeded: no basis, or a day that is not to come.
        NotYourGuide: as named.
    """
    _check_to_come(world, on, "on")
    async with world.transaction() as tx:
        life = await _in_force(item_code)
        if on is None or on == world.clock.today():
            await end(tx, Doer.of(officer), life, basis)
        else:
            await move(
                tx,
                Doer.of(officer),
                life,
                Action.PLAN_END,
                basis=basis,
                facts={"on": on},
                plan_cancel_on=on,
            )
    return await draft(world, life.id)


async def go_on(tx: Transaction, doer: Doer, life: VersionLife) -> None:
    """Resume a locked, suspended version."""
    await move(tx, doer, life, Action.RESUME, suspended_until=None)
    await _stand(tx, life, ItemState.IN_FORCE)
    tx.announce(GuideResumed(_item_id(life), life.id))


async def end(
    tx: Transaction, doer: Doer, life: VersionLife, basis: str, successors: Sequence[str] = ()
) -> None:
    """End a locked version in force; `successors`: the codes of what there is instead."""
    await move(
        tx,
        doer,
        life,
        Action.CANCEL,
        basis=basis,
        facts={"successors": list(successors)},
        suspended_until=None,
    )
    await _stand(tx, life, ItemState.CANCELLED, basis, successors=successors)
    tx.announce(GuideCancelled(_item_id(life), life.id))


async def _in_force(item_code: str) -> VersionLife:
    """The version an item stands on, locked, behind the catalogue's lock."""
    await sql.row(LOCK)
    version_id: UUID | None = await sql.value(_IN_FORCE, item_code.replace("\0", ""))
    if version_id is None:
        raise NoSuchGuide(item_code)
    return await locked(version_id)


async def _stand(
    tx: Transaction,
    life: VersionLife,
    state: ItemState,
    reason: str = "",
    until: date | None = None,
    successors: Sequence[str] = (),
) -> None:
    codes = orjson.dumps(list(successors)).decode() if successors else None
    await sql.run(_STAND, _item_id(life), state.value, reason.strip(), until, codes, tx.at)
    await sql.run(RAISE_REVISION)


def _item_id(life: VersionLife) -> UUID:
    item_id: UUID | None = cast(Any, life).item_id  # Tortoise adds the column of a foreign key
    assert item_id is not None, "a version in force has an item"
    return item_id


def _check_to_come(world: World, day: date | None, field: str) -> None:
    if day is not None and day < world.clock.today():
        raise ReasonNeeded("日期不能早于今天。", [{"field": field, "detail": "早于今天"}])
