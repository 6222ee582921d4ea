"""How pushes ended, as WeChat reports it later (TEMPLATESENDJOBFINISH)."""

from datetime import timedelta

from citydesk.notifications import ledger
from citydesk.notifications.sending import BLIND
from citydesk.world import World

KEPT = timedelta(days=30)


async def settle(world: World, msgid: str, status: str, openid: str | None = None) -> bool:
    """Take WeChat's report of one push: ``success``, ``failed:user block`` …

    The report may come before we have noted the push, or twice. ``openid`` (of the event's
    FromUserName) lets it settle a push whose answer was lost. False when it was reported before.
    """
    blind = world.seals.blind(openid, BLIND) if openid else None
    async with world.transaction():
        return await ledger.report(msgid, status, blind, world.clock.now())


async def reconcile(world: World) -> int:
    """Match open pushes with the reports that have come meanwhile; forget old reports.

    Returns how many were settled. A report and our own note may have missed each other when both
    were written at one instant; here they meet.
    """
    now = world.clock.now()
    settled = await ledger.settle_all(now)
    await ledger.forget_reports(now - KEPT)
    return settled
