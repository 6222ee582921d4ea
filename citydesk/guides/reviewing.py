"""What reviewers and publishers do with a draft: approve it, send it back, bring it into force."""

from datetime import date
from uuid import UUID

from citydesk.guides.drafting import check_fit
from citydesk.guides.events import DraftApproved, DraftReleased, DraftReturned
from citydesk.guides.machine import Action, actor_of, step_for
from citydesk.guides.moving import Doer, check_responsible, locked, move
from citydesk.guides.origins import finish_origins
from citydesk.guides.publishing import LOCK, Ready, check_publishable, put_in_force
from citydesk.guides.quality import check
from citydesk.guides.refusals import ReasonNeeded
from citydesk.guides.work import Draft, draft
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import VersionLife


async def approve(
    world: World, officer: Officer, version_id: UUID, row_version: int, opinion: str = ""
) -> Draft:
    """Approve a draft. Nobody approves what they have written themselves.

    Raises:
        OwnWork: the officer wrote in it, in whatever post. GuideFaulty: the rules find an error.
        NoSuchDraft, DraftMoved, NotAllowedThere, NotYourGuide: as named.
    """
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        _ = step_for(Action.APPROVE, life.state, actor_of(officer.role))
        await check_fit(life)
        await move(
            tx,
            Doer.of(officer),
            life,
            Action.APPROVE,
            reason=opinion,
            approved_at=tx.at,
            reviewer_id=officer.officer_id,
        )
        tx.announce(DraftApproved(life.id))
    return await draft(world, version_id)


async def send_back(
    world: World, officer: Officer, version_id: UUID, row_version: int, reason: str
) -> Draft:
    """Give a draft back to its editor, saying why; raises as approve, and ReasonNeeded."""
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        await move(
            tx,
            Doer.of(officer),
            life,
            Action.SEND_BACK,
            reason=reason,
            released=False,
            reviewer_id=None,
        )
        tx.announce(DraftReturned(life.id))
    return await draft(world, version_id)


async def release(
    world: World,
    officer: Officer,
    version_id: UUID,
    row_version: int,
    effective_on: date | None = None,
) -> Draft:
    """Bring an approved version into force: on a day to come, or at once.

    Without a day named here, the one the editor planned counts, if it is still to come.

    Raises:
        ReasonNeeded: the day named has passed. GuideFaulty, UnknownPlaces: it is no longer fit.
        NoSuchDraft, DraftMoved, NotAllowedThere, NotYourGuide: as named.
    """
    today = world.clock.today()
    if effective_on is not None and effective_on < today:
        raise ReasonNeeded(
            "生效日期不能早于今天。", [{"field": "effective_on", "detail": "早于今天"}]
        )
    async with world.transaction() as tx:
        await sql.row(LOCK)
        life = await locked(version_id, row_version)
        doer = Doer.of(officer)
        on = effective_on or life.plan_effective_on or today
        await move(
            tx,
            doer,
            life,
            Action.RELEASE,
            facts={"on": on},
            plan_effective_on=on,
            released=True,
            publisher_id=officer.officer_id,
        )
        if on > today:
            await check_fit(life)
            tx.announce(DraftReleased(life.id))
        else:
            await bring_into_force(world, tx, doer, life)
    return await draft(world, version_id)


async def bring_into_force(world: World, tx: Transaction, doer: Doer, life: VersionLife) -> None:
    """Publish an approved version whose day has come; the catalogue's lock is held.

    Raises:
        GuideFaulty, UnknownPlaces: it is no longer fit. NotAllowedThere, NotYourGuide: as named.
    """
    _ = step_for(Action.PUBLISH, life.state, doer.actor)
    if doer.officer is not None:
        await check_responsible(doer.officer, life.organ_code)
    await check_fit(life)
    content = check(life.content or {}).content
    assert content is not None, "check_fit has read it"
    authorities = await check_publishable(world, [content])
    ready = Ready.of(content, life.source, life.code, life.id)
    await put_in_force(tx, doer, [ready], authorities)
    await finish_origins(tx, doer, life.id)
