"""The one way a case moves: lock it, ask the table, run its clocks, write down what happened."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from citydesk.cases import clocks
from citydesk.cases.clocks import Terms
from citydesk.cases.guards import Standing
from citydesk.cases.machine import lines_of, not_yours, step_for
from citydesk.cases.projection import INITIAL, Happened, changes
from citydesk.cases.refusals import NoSuchCase, NotAllowedNow, NotYourStep
from citydesk.cases.states import Action, Actor, JointKind, State
from citydesk.cases.table import RULE_VERSION, Step
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit import records
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.kit.transaction import Transaction, joining
from citydesk.workdays import Timer
from citydesk.world import World
from models.cases import Case, CaseEvent

WINDOW = "window"
REASON = "case_event.reason"
UNKNOWN = "没有找到这个办件，请核对后再试。"


@dataclass(slots=True)
class Move:
    """A case under way from one state to the next, its row locked; ``parent``: of a part."""

    world: World
    asker: Asker | None
    case: Case
    parent: Case | None
    step: Step
    tx: Transaction
    reason: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    clocks: list[Timer] = field(default_factory=list)  # those the step has touched


@asynccontextmanager
async def moving(
    world: World,
    asker: Asker | None,
    case_id: UUID,
    action: Action,
    reason: str | None = None,
    *,
    or_else: Action | None = None,
) -> AsyncIterator[Move]:
    """Take one step of one case: refuse it, or carry it out when the block ends well.

    ``asker`` None is the clock. ``or_else``: the step taken where the case stands at its beginning.
    What is refused is logged: who tried what, where it stood.

    Raises:
        NoSuchCase: not there, or not the asker's. NotYourStep, NotAllowedNow, ReasonMissing:
        see ``machine``.
    """
    if (never := _never(asker, action)) is not None:
        raise _noted(world, asker, case_id, None, action, never)
    # What is refused has written nothing: inside another transaction no savepoint is needed.
    async with joining(world.clock.now(), world.nudge) as tx:
        case, parent = await locked(case_id)
        if case is None or not may_see(asker, case):
            raise _noted(world, asker, case_id, case, action, NoSuchCase(UNKNOWN))
        if or_else is not None and begins(or_else, State(case.state)):
            action = or_else
        try:
            actor = actor_of(asker, case)
            step = step_for(action, State(case.state), actor, reason, standing_of(world, case))
        except (NotYourStep, NotAllowedNow) as refusal:
            raise _noted(world, asker, case_id, case, action, refusal) from None
        move = Move(world, asker, case, parent, step, tx, reason)
        yield move
        await carry_out(move)


def begins(action: Action, state: State) -> bool:
    """Whether a step begins at a state."""
    return any(state in step.from_states for step in lines_of(action))


def _never(asker: Asker | None, action: Action) -> NotYourStep | None:
    """Refuse a step that is never this asker's before looking: the answer tells of no case."""
    actor = actor_of(asker)
    if any(actor in step.actors for step in lines_of(action)):
        return None
    return not_yours(action)


async def locked(case_id: UUID) -> tuple[Case | None, Case | None]:
    """Lock a case, and before it the one it is a part of."""
    main = await records.one_of(Case, "id = $1 AND parent_id IS NULL FOR UPDATE", case_id)
    if main is not None:
        return main, None
    part = await records.one_of(Case, "id = $1", case_id)
    if part is None:
        return None, None
    parent = await records.one_of(Case, "id = $1 FOR UPDATE", part.parent_id)
    return await records.one_of(Case, "id = $1 FOR UPDATE", case_id), parent


async def carry_out(move: Move) -> None:
    """Run the clocks, append the event, and change the case to what its events now tell."""
    case, step, at = move.case, move.step, move.world.clock.now()
    move.clocks = await clocks.apply(move.world, case, step, at, move.terms)
    move.facts |= clocks.dates(case, move.clocks)
    await note(move.world, move.asker, case, step, move.reason, move.facts)


async def note(
    world: World,
    asker: Asker | None,
    case: Case,
    step: Step,
    reason: str | None,
    facts: dict[str, Any],
    begins: State | None = None,
) -> None:
    """Append what happened to a locked case, and change its row to what its events now tell.

    ``begins``: the state it comes from is none, for it begins here.
    """
    before = None if begins else State(case.state)
    interrupted = State(case.suspended_from) if case.suspended_from else None
    after = step.leads_to(before, interrupted)
    happened = Happened(step.action, before, after.value, world.clock.now(), facts, RULE_VERSION)
    changed = changes({name: getattr(case, name) for name in INITIAL}, happened)
    case.last_seq += 1
    event_id = new_id()
    text = (reason or "").strip()
    event = records.fresh(
        CaseEvent,
        id=event_id,
        created_at=happened.at,
        case_id=case.id,
        seq=case.last_seq,
        action=step.action.value,
        **_who(asker, case, step),
        from_state=before,
        to_state=after.value,
        reason_sealed=world.seals.seal(text, REASON, event_id) if text else None,
        legal_basis=step.legal_basis,
        rule_version=RULE_VERSION,
        mark=step.mark or facts.get("mark"),
        facts=facts,
    )
    for name, value in changed.items():
        setattr(case, name, value)
    await records.appending(event, case, sorted({*changed, "last_seq"}))


def reason_of(world: World, event: CaseEvent) -> str | None:
    """Open what was written with an event; before rules 2026.2 it was not sealed."""
    if event.reason_sealed is None:
        return event.reason
    return world.seals.open(event.reason_sealed, REASON, event.id)


def _who(asker: Asker | None, case: Case, step: Step) -> dict[str, Any]:
    if isinstance(asker, Citizen):
        return {
            "actor_kind": "citizen",
            "actor_id": asker.account_id,
            "acting_for": case.identity_id,
            "channel": asker.channel,
            "device": asker.device or None,
        }
    if isinstance(asker, Officer):
        return {
            "actor_kind": "officer",
            "actor_id": asker.officer_id,
            "post_id": asker.post_id,
            "acting_for": case.identity_id if step.behalf else None,
            "channel": WINDOW,
            "device": asker.device or None,
        }
    return {"actor_kind": "system", "channel": "system"}


def _noted(
    world: World,
    asker: Asker | None,
    case_id: UUID,
    case: Case | None,
    action: Action,
    refusal: Refusal,
) -> Refusal:
    """Write down who tried what in vain: a table row would go with the transaction."""
    world.log.warning(
        "case: step refused",
        case_id=str(case_id),
        action=action.value,
        state=case.state if case else None,
        asker=asker.key if asker else "system",
        role=asker.role.value if isinstance(asker, Officer) else None,
        refusal=type(refusal).__name__,
    )
    return refusal


def standing_of(world: World, case: Case) -> Standing:
    """Return what the conditions of the table look at."""
    return Standing(
        today=world.clock.today(),
        lapse_on=case.lapse_on,
        immediate=case.immediate,
        certificate=clocks.earns_certificate(case),
        is_part=case.parent_id is not None,
        joint_kind=JointKind(case.joint_kind) if case.joint_kind else None,
        parts_open=case.parts_open,
        parts_uncommitted=case.parts_uncommitted,
        committed=case.committed,
        special_open=case.special_open,
        extended_days=case.extended_days,
        correction_round=case.correction_round,
        supplement_asked=case.supplement_asked,
        link=case.link,
        links=case.links,
        at_window=case.source == WINDOW,
        has_agent=case.agent_identity_id is not None,
        deferred_open=case.deferred_open,
        deferred_due_on=case.deferred_due_on,
    )


def actor_of(asker: Asker | None, case: Case | None = None) -> Actor | None:
    """The part the asker plays in the table; None for a post that takes no steps."""
    if asker is None:
        return Actor.SYSTEM
    if isinstance(asker, Citizen):
        own = case is None or asker.identity_id == case.identity_id
        return Actor.APPLICANT if own else Actor.AGENT
    return _ACTORS.get(asker.role.value)


_ACTORS: Mapping[str, Actor] = {each.value: each for each in Actor}


def may_see(asker: Asker | None, case: Case) -> bool:
    """Whether a case is the asker's: own, handled in the officer's hall, or for its organ."""
    if asker is None:
        return True
    if isinstance(asker, Citizen):
        own = (case.identity_id, case.agent_identity_id)
        return asker.identity_id is not None and case.parent_id is None and asker.identity_id in own
    if actor_of(asker) is None or (case.state == State.DRAFT and not _begun_at(asker, case)):
        return False
    if actor_of(asker) in (Actor.BACK_OFFICE, Actor.DEPARTMENT_HEAD):
        return asker.organ_id == case.organ_id
    at_hall = asker.hall_id is not None and asker.hall_id == case.hall_id
    return at_hall and case.parent_id is None


def _begun_at(officer: Officer, case: Case) -> bool:
    """Whether a draft was begun at the front desk, and may be finished there: by this post."""
    return case.source == WINDOW and actor_of(officer) is Actor.FRONT_DESK
