"""The basic catalogue (基本目录): what authorities may do, whoever does it. The city keeps it.

A full guide carries out one of its entries; without the entry it goes no further than a draft. An
entry that has ended takes no new guides; those in force go on until they are ended themselves.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from citydesk import organs
from citydesk.guides.codes import ExerciseLevel, ItemType
from citydesk.guides.machine import Actor, actor_of
from citydesk.guides.moving import responsible
from citydesk.guides.parts import LegalBasis
from citydesk.guides.refusals import NoSuchEntry, NotYourGuide
from citydesk.guides.work import draft
from citydesk.identity import Officer
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.paging import MOST, Page, decode_cursor, encode_cursor
from citydesk.kit.refusals import Invalid
from citydesk.kit.transaction import Transaction
from citydesk.world import World
from models.guides import CatalogEntry, CatalogEntryEvent, EntryState


class EntryForm(BaseModel):
    """What an entry says; the code has 12 digits at home, other catalogues' are longer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalog_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")]
    local_catalog_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{0,64}$")] = ""
    parent_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")] | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
    item_type: ItemType
    legal_basis: Annotated[tuple[LegalBasis, ...], Field(max_length=20)] = ()
    exercise_levels: Annotated[tuple[ExerciseLevel, ...], Field(min_length=1, max_length=7)]
    central_dept: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    has_child: bool = False
    is_handle: bool = True
    plan_effective_on: date | None = None
    plan_cancel_on: date | None = None


async def register_entry(world: World, officer: Officer, said: Mapping[str, Any]) -> CatalogEntry:
    """Enter something into the basic catalogue, or change its entry; the same again is nothing.

    Raises:
        NotYourGuide: only the government's publishers keep the catalogue. Invalid: by element.
    """
    await _check_keeper(officer)
    try:
        form = EntryForm.model_validate(said)
    except ValidationError as wrong:
        errors = [
            {"field": ".".join(map(str, each["loc"])), "detail": "缺少或填写不对"}
            for each in wrong.errors(include_url=False)
        ]
        raise Invalid("基本目录填写有误，请修改后再提交。", errors) from None
    async with world.transaction() as tx:
        return await _write(tx, officer, form)


async def register_entry_of(world: World, officer: Officer, version_id: UUID) -> CatalogEntry:
    """Enter into the basic catalogue what a draft carries out, in the draft's own words.

    Raises:
        NoSuchDraft: there is none. NotYourGuide: only the government's publishers keep the
        catalogue. Invalid: the draft has no national code, type or level yet.
    """
    found = await draft(world, version_id)
    content = found.content
    parts = organs.item_code(str(content.get("item_code", "")))
    if parts is None:
        raise Invalid("实施编码还不是31位国家编码，不能登记基本目录。")
    said = {
        "catalog_code": parts.catalog_code,
        "name": content.get("name"),
        "item_type": content.get("item_type"),
        "legal_basis": content.get("legal_basis", []),
        "exercise_levels": [content.get("exercise_level", parts.exercise_level)],
        "central_dept": found.department,
    }
    return await register_entry(world, officer, said)


async def end_entry(world: World, officer: Officer, catalog_code: str) -> CatalogEntry:
    """End an entry: no new guide may carry it out.

    Raises:
        NoSuchEntry: none in force has this code. NotYourGuide: as register_entry.
    """
    await _check_keeper(officer)
    async with world.transaction() as tx:
        entry = await CatalogEntry.select_for_update().get_or_none(
            catalog_code=catalog_code[:40], state=EntryState.IN_FORCE
        )
        if entry is None:
            raise NoSuchEntry("基本目录里没有这一条，请从列表中重新选择。")
        before = _facts(entry)
        entry.state, entry.changed_at = EntryState.CANCELLED, tx.at
        await entry.save()
        await _note(tx, officer, entry, "end", before)
    return entry


async def catalog_entries(
    world: World, *, q: str = "", cursor: str | None = None, limit: int = 20
) -> Page[CatalogEntry]:
    """Return a page of the basic catalogue by code; `q`: a part of the name, or a code's beginning.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    after = ""
    if cursor:
        [after] = decode_cursor(cursor, (str,))
    limit = max(1, min(limit, MOST))
    wanted = CatalogEntry.filter(catalog_code__gt=after[:40]).order_by("catalog_code")
    if asked := q.strip()[:60].replace("\0", ""):
        where = {"catalog_code__startswith" if asked.isascii() else "name__contains": asked}
        wanted = wanted.filter(**where)
    found = await wanted.limit(limit + 1)
    more = len(found) > limit
    return Page(found[:limit], encode_cursor(found[limit - 1].catalog_code) if more else None)


async def _write(tx: Transaction, officer: Officer, form: EntryForm) -> CatalogEntry:
    await sql.value("SELECT pg_advisory_xact_lock(hashtextextended($1, 5))", form.catalog_code)
    entry = await CatalogEntry.get_or_none(catalog_code=form.catalog_code)
    said = form.model_dump(mode="python") | {
        "item_type": form.item_type.value,
        "legal_basis": [each.model_dump(mode="json") for each in form.legal_basis],
        "exercise_levels": [each.value for each in form.exercise_levels],
        "state": EntryState.IN_FORCE,
    }
    if entry is None:
        entry = CatalogEntry(id=new_id(), created_at=tx.at, changed_at=tx.at, **said)
        await entry.save(force_create=True)
        await _note(tx, officer, entry, "register", {})
    elif any(getattr(entry, name) != value for name, value in said.items()):
        before = _facts(entry)
        for name, value in said.items():
            setattr(entry, name, value)
        entry.version_no += 1
        entry.changed_at = tx.at
        await entry.save()
        await _note(tx, officer, entry, "change", before)
    return entry


async def _note(
    tx: Transaction, officer: Officer, entry: CatalogEntry, action: str, before: dict[str, Any]
) -> None:
    _ = await CatalogEntryEvent.create(
        id=new_id(),
        created_at=tx.at,
        entry_id=entry.id,
        action=action,
        before=before,
        after=_facts(entry),
        officer_id=officer.officer_id,
        post_id=officer.post_id,
    )


def _facts(entry: CatalogEntry) -> dict[str, Any]:
    """What an entry says, as JSON."""
    names = (*EntryForm.model_fields, "state", "version_no")
    said = {name: getattr(entry, name) for name in names}
    facts: dict[str, Any] = orjson.loads(orjson.dumps(said, default=str))
    return facts


async def _check_keeper(officer: Officer) -> None:
    keeps = actor_of(officer.role) is Actor.PUBLISHER and await responsible(officer, None)
    if not keeps:
        raise NotYourGuide("基本目录由市级发布岗位统一维护。")
