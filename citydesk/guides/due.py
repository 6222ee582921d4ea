"""What the clock does with guides: publications, endings and resumptions whose day has come.

Safe to run at any time, late or twice: each version is locked and looked at again before it moves.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from citydesk.guides.machine import Action, State
from citydesk.guides.moving import CLOCK, locked, move
from citydesk.guides.publishing import LOCK
from citydesk.guides.reviewing import bring_into_force
from citydesk.guides.standing import end, go_on
from citydesk.kit import sql
from citydesk.kit.refusals import Refusal
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import VersionLife

MOST_AT_ONCE = 500
_TO_PUBLISH = """
    SELECT id FROM version_life
    WHERE state = 'approved' AND released AND plan_effective_on <= $1 ORDER BY id LIMIT $2
"""
_TO_CANCEL = """
    SELECT id FROM version_life
    WHERE state IN ('published', 'suspended') AND plan_cancel_on <= $1 ORDER BY id LIMIT $2
"""
_TO_RESUME = """
    SELECT id FROM version_life
    WHERE state = 'suspended' AND suspended_until <= $1 ORDER BY id LIMIT $2
"""

Turn = Callable[[World, Transaction, VersionLife], Awaitable[bool]]


async def versions_due(world: World) -> int:
    """Turn every version whose day has come; return how many turned."""
    turned = await _turn_all(world, _TO_CANCEL, _cancel)
    turned += await _turn_all(world, _TO_PUBLISH, _publish)
    return turned + await _turn_all(world, _TO_RESUME, _resume)


async def _turn_all(world: World, due: str, turn: Turn) -> int:
    turned = 0
    for row in await sql.rows(due, world.clock.today(), MOST_AT_ONCE):
        try:
            async with world.transaction() as tx:
                await sql.row(LOCK)
                turned += await turn(world, tx, await locked(row["id"]))
        except Refusal as refusal:
            await _hold(world, row["id"], refusal)
    return turned


async def _publish(world: World, tx: Transaction, life: VersionLife) -> bool:
    day = life.plan_effective_on
    if life.state is not State.APPROVED or not life.released or day is None:
        return False
    if day > world.clock.today():
        return False
    await bring_into_force(world, tx, CLOCK, life)
    return True


async def _cancel(world: World, tx: Transaction, life: VersionLife) -> bool:
    day = life.plan_cancel_on
    if life.state not in (State.PUBLISHED, State.SUSPENDED) or day is None:
        return False
    if day > world.clock.today():
        return False
    planned = await sql.value(
        "SELECT basis FROM version_event WHERE version_id = $1 AND action = $2"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        life.id,
        Action.PLAN_END.value,
    )
    await end(tx, CLOCK, life, planned or "按计划取消")
    return True


async def _resume(world: World, tx: Transaction, life: VersionLife) -> bool:
    day = life.suspended_until
    if life.state is not State.SUSPENDED or day is None or day > world.clock.today():
        return False
    await go_on(tx, CLOCK, life)
    return True


async def _hold(world: World, version_id: UUID, refusal: Refusal) -> None:
    """A version that cannot come into force on its day waits for a person, and says why."""
    world.log.warning("version not published on its day", version=str(version_id))
    async with world.transaction() as tx:
        life = await locked(version_id)
        if life.state is State.APPROVED:
            why = f"到期未能发布：{refusal.detail}"
            await move(tx, CLOCK, life, Action.HOLD, reason=why, released=False)
