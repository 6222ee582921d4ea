"""What editors do: begin a guide or a new version of one, write it, hand it in, take it back."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from citydesk import organs
from citydesk.guides.canonical import canonical_of, content_hash
from citydesk.guides.events import DraftSubmitted
from citydesk.guides.machine import OPEN, Action, State, actor_of, step_for
from citydesk.guides.moving import (
    Doer,
    Happened,
    check_responsible,
    locked,
    move,
    note,
    organ_of,
)
from citydesk.guides.publishing import CITY
from citydesk.guides.quality import LARGEST_CONTENT, Checked, check
from citydesk.guides.queries import current_version_id, version
from citydesk.guides.refusals import DraftOpen, GuideFaulty
from citydesk.guides.work import Draft, draft
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Invalid
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import VersionLife

LONGEST_CODE, LONGEST_NAME = 80, 300
_ENTRY = "SELECT true FROM catalog_entry WHERE catalog_code = $1 AND state = 'in_force'"
_REGION = "SELECT region_code FROM organ WHERE code = $1"
_HAS_A_GUIDE = "SELECT true FROM service_item WHERE code = $1 AND kind = 'full' LIMIT 1"


async def new_draft(
    world: World,
    officer: Officer,
    content: Mapping[str, Any],
    *,
    plan_effective_on: date | None = None,
) -> Draft:
    """Begin the guide of an item the city has none of yet; it may be as unfinished as one likes.

    Raises:
        Invalid: it has no usable code or name. DraftOpen: the item has a draft, or a guide (then
        revise it). NotYourGuide: another post's, or another department's.
    """
    code, _ = _named(content)
    if await sql.value(_HAS_A_GUIDE, code):
        raise DraftOpen("这个事项已经有指南，请打开它再修订。", code=code)
    async with world.transaction() as tx:
        life = await begin(
            world, tx, officer, content, plan_effective_on=plan_effective_on, source=CITY
        )
    return await draft(world, life.id)


async def revise(world: World, officer: Officer, item_code: str) -> Draft:
    """Begin the next version of an item's guide, as a copy of the one in force.

    Raises:
        NoSuchGuide, GuideNotReady: there is nothing to revise. DraftOpen: one is under way.
        NotYourGuide: another post's, or another department's.
    """
    guide = await version(world, await current_version_id(world, item_code))
    content = guide.content.model_dump(mode="json")
    source = await sql.value("SELECT source FROM service_item WHERE id = $1", guide.item_id)
    async with world.transaction() as tx:
        life = await begin(
            world, tx, officer, content, source=source, item_id=guide.item_id, base=guide.id
        )
    return await draft(world, life.id)


async def begin(
    world: World,
    tx: Transaction,
    officer: Officer,
    content: Mapping[str, Any],
    *,
    source: str,
    item_id: UUID | None = None,
    base: UUID | None = None,
    plan_effective_on: date | None = None,
) -> VersionLife:
    """Begin a draft inside an open transaction; see new_draft for how it refuses."""
    _ = step_for(Action.BEGIN, None, actor_of(officer.role))
    code, name = _named(content)
    organ = await organ_of(world, content, officer)
    organ_code = organ.code if organ else None
    await check_responsible(officer, organ_code)
    await _check_none_open(source, code)
    life = VersionLife(
        id=new_id(),
        created_at=tx.at,
        changed_at=tx.at,
        source=source,
        code=code,
        item_id=item_id or await _item_of(source, code),
        item_name=name,
        department=organ.name if organ else "",
        organ_code=organ_code,
        state=State.DRAFT,
        base_version_id=base,
        plan_effective_on=plan_effective_on,
        editor_id=officer.officer_id,
        content=dict(content),
        content_hash=content_hash(_bounded(content)),
    )
    await life.save(force_create=True)
    doer = Doer.of(officer)
    await note(tx, doer, [Happened(life.id, source, code, Action.BEGIN, None, State.DRAFT)])
    return life


async def save_draft(
    world: World,
    officer: Officer,
    version_id: UUID,
    content: Mapping[str, Any],
    row_version: int,
    *,
    plan_effective_on: date | None = None,
) -> Draft:
    """Write a draft anew, right or wrong; the code it began with stays.

    Raises:
        NoSuchDraft, DraftMoved, NotAllowedThere, NotYourGuide: as named. Invalid: too long, or
        its code was changed.
    """
    canonical = _bounded(content)
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        code, name = _named(content)
        if code != life.code:
            raise Invalid(
                "实施编码不能改；要换编码，请另建一份指南。",
                [{"field": "item_code", "detail": "不能修改"}],
            )
        organ = await organ_of(world, content, officer)
        if organ is not None:
            await check_responsible(officer, organ.code)
        changed = content_hash(canonical)
        await move(
            tx,
            Doer.of(officer),
            life,
            Action.WRITE,
            facts={"hash": changed[:8]},
            content=orjson.loads(canonical),
            content_hash=changed,
            item_name=name,
            department=organ.name if organ else life.department,
            organ_code=organ.code if organ else life.organ_code,
            plan_effective_on=plan_effective_on or life.plan_effective_on,
            editor_id=officer.officer_id,
        )
    return await draft(world, version_id)


async def submit(world: World, officer: Officer, version_id: UUID, row_version: int) -> Draft:
    """Hand a draft in for review, if the quality rules find no error in it.

    Raises:
        GuideFaulty: they do; it says every one. Otherwise as save_draft.
    """
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        _ = step_for(Action.SUBMIT, life.state, actor_of(officer.role))
        await check_fit(life)
        await move(
            tx,
            Doer.of(officer),
            life,
            Action.SUBMIT,
            submitted_at=tx.at,
            editor_id=officer.officer_id,
            reviewer_id=None,
        )
        tx.announce(DraftSubmitted(life.id))
    return await draft(world, version_id)


async def recall(world: World, officer: Officer, version_id: UUID, row_version: int) -> Draft:
    """Take a draft back from review, to change it; raises as save_draft."""
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        await move(tx, Doer.of(officer), life, Action.RECALL)
    return await draft(world, version_id)


async def discard_draft(
    world: World, officer: Officer, version_id: UUID, row_version: int, reason: str
) -> Draft:
    """Give a draft up; it stays to be read. Raises as save_draft, and ReasonNeeded."""
    async with world.transaction() as tx:
        life = await locked(version_id, row_version)
        await move(tx, Doer.of(officer), life, Action.DISCARD, reason=reason)
    return await draft(world, version_id)


async def check_fit(life: VersionLife) -> None:
    """Refuse a draft that may not go further.

    Raises:
        GuideFaulty: naming every error.
    """
    found = await checked(life.content or {})
    if not found.sound:
        errors = [(each.element, f"{each.label}：{each.message}") for each in found.errors]
        raise GuideFaulty(life.item_name, errors)


async def checked(content: Mapping[str, Any]) -> Checked:
    """Look a draft over, also with a look at the basic catalogue and the directory of organs."""
    region = await sql.value(_REGION, str(content.get("authority", ""))[:64])
    return check(
        content, organ_level=organs.level_of(region or ""), entry_known=await entry_known(content)
    )


async def entry_known(content: Mapping[str, Any]) -> bool | None:
    """Whether the basic catalogue has the entry this guide carries out; None for local codes."""
    parts = organs.item_code(str(content.get("item_code", "")))
    if parts is None or content.get("code_scheme", "national") != "national":
        return None
    return bool(await sql.value(_ENTRY, parts.catalog_code))


def _named(content: Mapping[str, Any]) -> tuple[str, str]:
    """The code and the name of a draft, which it cannot do without."""
    code, name = (str(content.get(key, "") or "").strip() for key in ("item_code", "name"))
    faults = [
        {"field": key, "detail": f"必填，不超过 {longest} 个字"}
        for key, said, longest in (("item_code", code, LONGEST_CODE), ("name", name, LONGEST_NAME))
        if not said or len(said) > longest or not said.isprintable()
    ]
    if faults:
        raise Invalid("请先填好实施编码和事项名称。", faults)
    return code, name


def _bounded(content: Mapping[str, Any]) -> bytes:
    """The canonical spelling of a draft, if it is data and not too long."""
    try:
        canonical = canonical_of(content)
    except (TypeError, ValueError):
        raise Invalid("内容里有不能保存的数据，请检查后再试。") from None
    if len(canonical) > LARGEST_CONTENT or b"\\u0000" in canonical:
        raise Invalid(f"指南太长（超过 {LARGEST_CONTENT // 1024} KB），请精简后再保存。")
    return canonical


async def _check_none_open(source: str, code: str) -> None:
    # The index version_life_one_open says the last word; the lock lets the second one hear it.
    await sql.value("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))", f"{source}/{code}")
    known = await sql.value(
        "SELECT id FROM version_life WHERE source = $1 AND code = $2 AND state = ANY ($3::text[])",
        source,
        code,
        [each.value for each in OPEN],
    )
    if known is not None:
        raise DraftOpen("这个事项已有一份草稿在办，请接着改那一份。", version_id=str(known))


async def _item_of(source: str, code: str) -> UUID | None:
    found: UUID | None = await sql.value(
        "SELECT id FROM service_item WHERE source = $1 AND code = $2", source, code
    )
    return found
