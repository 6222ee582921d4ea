"""The one way a case moves: lock it, ask the table, change it, write down what happened."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from citydesk.cases.machine import RULE_VERSION, Action, Actor, State, Step, step_for
from citydesk.cases.refusals import NoSuchCase
from citydesk.identity import Asker, Citizen, Officer
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.cases import Case, CaseEvent

WINDOW = "window"


@dataclass(slots=True)
class Move:
    """A case under way from one state to the next, its row locked."""

    case: Case
    step: Step
    tx: Transaction
    facts: dict[str, Any] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def set(self, **columns: Any) -> None:
        """Change columns of the case along with its state."""
        for name, value in columns.items():
            setattr(self.case, name, value)
            self.changed.add(name)


@asynccontextmanager
async def moving(
    world: World, asker: Asker, case_id: UUID, action: Action, reason: str | None = None
) -> AsyncIterator[Move]:
    """Take one step of one case: refuse it, or carry it out when the block ends well.

    Raises:
        NoSuchCase: not there, or not the asker's. NotYourStep, NotAllowedNow, ReasonMissing:
        see the table in ``machine``.
    """
    async with world.transaction() as tx:
        case = await Case.select_for_update().get_or_none(id=case_id)
        if case is None or not may_see(asker, case):
            raise NoSuchCase("没有找到这个办件，请核对后再试。")
        step = step_for(action, State(case.state), actor_of(asker), reason)
        move = Move(case, step, tx)
        yield move
        before = case.state
        move.set(state=step.to_state.value)
        await note(world, asker, case, step, before, reason, move.facts)
        await case.save(update_fields=sorted(move.changed | {"last_seq"}))


async def note(
    world: World,
    asker: Asker | None,
    case: Case,
    step: Step,
    before: str | None,
    reason: str | None,
    facts: Mapping[str, Any],
) -> None:
    """Append what happened to the case's events; the caller saves ``last_seq``."""
    case.last_seq += 1
    _ = await CaseEvent.create(
        id=new_id(),
        created_at=world.clock.now(),
        case_id=case.id,
        seq=case.last_seq,
        action=step.action.value,
        **_who(asker),
        from_state=before,
        to_state=case.state,
        reason=(reason or "").strip() or None,
        legal_basis=step.legal_basis,
        rule_version=RULE_VERSION,
        facts=dict(facts),
    )


def _who(asker: Asker | None) -> dict[str, Any]:
    if isinstance(asker, Citizen):
        return {
            "actor_kind": "citizen",
            "actor_id": asker.account_id,
            "acting_for": asker.identity_id,
            "channel": asker.channel,
        }
    if isinstance(asker, Officer):
        return {
            "actor_kind": "officer",
            "actor_id": asker.officer_id,
            "post_id": asker.post_id,
            "channel": WINDOW,
        }
    return {"actor_kind": "system", "channel": "system"}


def actor_of(asker: Asker) -> Actor | None:
    """The part the asker plays in the table; None for a post that takes no steps."""
    if isinstance(asker, Citizen):
        return Actor.APPLICANT
    return Actor(asker.role.value) if asker.role.value in set(Actor) else None


def may_see(asker: Asker, case: Case) -> bool:
    """Whether a case is the asker's: own, handled in the officer's hall, or for its organ."""
    if isinstance(asker, Citizen):
        return asker.identity_id is not None and asker.identity_id == case.identity_id
    if case.state == State.DRAFT or actor_of(asker) is None:
        return False
    if actor_of(asker) is Actor.BACK_OFFICE:
        return asker.organ_id == case.organ_id
    return asker.hall_id is not None and asker.hall_id == case.hall_id
