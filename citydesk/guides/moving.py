"""The one way a version moves: lock it, ask the table, change it, write down what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from citydesk import organs
from citydesk.guides.machine import Action, Actor, State, actor_of, step_for
from citydesk.guides.refusals import DraftMoved, NoSuchDraft, NotYourGuide, OwnWork
from citydesk.guides.rules import RULE_VERSION
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import VersionLife
from models.organs import Organ

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Doer:
    """Who takes a step; without an officer, the clock or an import does."""

    actor: Actor | None
    officer: Officer | None = None

    @classmethod
    def of(cls, officer: Officer) -> "Doer":
        """An officer, in the part their post plays."""
        return cls(actor_of(officer.role), officer)

    @property
    def officer_id(self) -> UUID | None:
        """The person, if one it is."""
        return self.officer.officer_id if self.officer else None

    @property
    def post_id(self) -> UUID | None:
        """The post they act in."""
        return self.officer.post_id if self.officer else None


CLOCK = Doer(Actor.CLOCK)
IMPORT = Doer(Actor.IMPORT)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a version, to be written down."""

    version_id: UUID
    source: str
    code: str
    action: Action
    from_state: State | None
    to_state: State
    reason: str = ""
    basis: str = ""
    facts: Mapping[str, Any] | None = None


async def locked(version_id: UUID, row_version: int | None = None) -> VersionLife:
    """Return a version's row, locked; as it was read, if `row_version` says how it was read.

    Raises:
        NoSuchDraft: there is none. DraftMoved: somebody has changed it since.
    """
    life = await VersionLife.select_for_update().get_or_none(id=version_id)
    if life is None:
        raise NoSuchDraft("没有找到这份草稿，请从列表中重新打开。")
    if row_version is not None and life.row_version != row_version:
        raise DraftMoved(
            "别人刚刚改过这份指南，请刷新后再改，以免互相覆盖。", row_version=life.row_version
        )
    return life


async def move(
    tx: Transaction,
    doer: Doer,
    life: VersionLife,
    action: Action,
    *,
    reason: str = "",
    basis: str = "",
    facts: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Take one step with a locked version: refuse it, or save the changes and write it down.

    Raises:
        NotYourGuide, NotAllowedThere, ReasonNeeded: see the table. OwnWork: a reviewer wrote it.
    """
    reason, basis = reason.strip()[:LONGEST_REASON], basis.strip()[:LONGEST_REASON]
    step = step_for(action, life.state, doer.actor, reason or basis)
    if doer.officer is not None:
        await check_responsible(doer.officer, life.organ_code)
    if action is Action.APPROVE:
        await _check_not_own(doer, life)
    before, after = life.state, step.to_state or life.state
    for name, value in {**changes, "state": after, "changed_at": tx.at}.items():
        setattr(life, name, value)
    if reason or action is Action.SUBMIT:
        life.reason = reason  # shown with the version until it is handed in again
    life.row_version += 1
    await life.save()
    happened = Happened(
        life.id, life.source, life.code, action, before, after, reason, basis, facts
    )
    await note(tx, doer, [happened])


_NOTE = """
    INSERT INTO version_event (id, created_at, version_id, source, code, action, from_state,
                               to_state, officer_id, post_id, reason, basis, rule_version, facts)
    SELECT id, $1, version_id, source, code, action, from_state, to_state, $2, $3, reason, basis,
           $4, facts::jsonb
    FROM unnest($5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[],
                $11::text[], $12::text[], $13::text[], $14::text[])
        AS new (id, version_id, source, code, action, from_state, to_state, reason, basis, facts)
"""


async def note(tx: Transaction, doer: Doer, happened: Sequence[Happened]) -> None:
    """Append what happened to the versions' events."""
    await sql.run(
        _NOTE,
        tx.at,
        doer.officer_id,
        doer.post_id,
        RULE_VERSION,
        [new_id() for _ in happened],
        [each.version_id for each in happened],
        [each.source for each in happened],
        [each.code for each in happened],
        [each.action.value for each in happened],
        [each.from_state.value if each.from_state else None for each in happened],
        [each.to_state.value for each in happened],
        [each.reason for each in happened],
        [each.basis for each in happened],
        [orjson.dumps(dict(each.facts or {}), default=str).decode() for each in happened],
    )


async def _check_not_own(doer: Doer, life: VersionLife) -> None:
    """Four eyes: nobody who wrote a word of a draft reviews it, in whatever post."""
    wrote = await sql.value(
        "SELECT true FROM version_event WHERE version_id = $1 AND officer_id = $2"
        " AND action = ANY ($3::text[]) LIMIT 1",
        life.id,
        doer.officer_id,
        [Action.BEGIN.value, Action.WRITE.value, Action.SUBMIT.value],
    )
    if wrote or doer.officer_id in (life.editor_id, None):
        raise OwnWork("您参与编写了这份指南，要由另一位同事审核。")


async def check_responsible(officer: Officer, organ_code: str | None) -> None:
    """Refuse an officer whose organ has no say in a guide of this authority.

    An officer acts for their own organ and for those below it, in the administrative tree or the
    professional line; a post at the government that heads the tree acts for every organ of its
    region. A guide whose authority is not in the directory is only the government's.

    Raises:
        NotYourGuide: another department's.
    """
    if not await responsible(officer, organ_code):
        raise NotYourGuide("这份指南由别的部门负责，您不能改动。", organ=organ_code or "")


async def responsible(officer: Officer, organ_code: str | None) -> bool:
    """Whether an officer's organ has a say in guides of this authority."""
    if officer.organ_id is None:
        return False
    return bool(await sql.value(_RESPONSIBLE, officer.organ_id, organ_code))


# A loop in the trees must not hang us: UNION (not ALL) stops at rows already seen.
_RESPONSIBLE = """
    WITH RECURSIVE above AS (
        SELECT id, parent_id, supervising_organ_id FROM organ WHERE code = $2
        UNION
        SELECT organ.id, organ.parent_id, organ.supervising_organ_id
        FROM organ JOIN above ON organ.id IN (above.parent_id, above.supervising_organ_id)
    )
    SELECT EXISTS (SELECT FROM above WHERE id = $1)
        OR (SELECT own.parent_id IS NULL
                   AND EXISTS (SELECT FROM organ WHERE parent_id = own.id)
                   AND NOT EXISTS (
                       SELECT FROM organ WHERE code = $2
                       AND left(region_code, 4) <> left(own.region_code, 4))
            FROM organ own WHERE own.id = $1)
"""


async def organ_of(
    world: World, content: Mapping[str, Any], officer: Officer | None
) -> Organ | None:
    """The organ a draft belongs to: the authority it names, else the editor's own."""
    named = content.get("authority")
    if isinstance(named, str) and named:
        try:
            return await organs.organ_by_code(world, named)
        except organs.NoSuchOrgan:
            pass
    if officer is not None and officer.organ_id is not None:
        return await organs.organ(world, officer.organ_id)
    return None
