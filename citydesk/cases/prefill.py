"""What was given once is proposed again (一表申请): each answer with its source and its day.

Proposals are made when a draft begins, out of the applicant's own data only: the real-name check,
and what they filed themselves before. They are kept, sealed, with the draft, so that every device
shows the same and an officer can tell later what was proposed. A proposal is nothing but that: it
counts once the applicant has saved it, and never takes the place of what they typed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from citydesk import guides, identity
from citydesk.guides import Answer, Answers, FieldMeaning, FieldType, FormField, Guide
from citydesk.identity import Citizen, Person
from citydesk.kit import sql
from citydesk.kit.clock import full_day, in_city
from citydesk.world import World
from models.cases import Case

PLACE, FORM = "service_case.prefill", "service_case.form"
RESIDENT_CARD = "111"  # GA/T 2000.156
MOST_EARLIER = 10
# What a person is asked in one matter only, or has to say anew each time.
NEVER = frozenset({FieldType.BOOLEAN, FieldType.TEXTAREA})
# What an answer may be in another matter, too, when it is asked by the same name.
ELSEWHERE = frozenset(
    {
        *(FieldType.TEXT, FieldType.ID_NO, FieldType.CREDIT_CODE),
        *(FieldType.PHONE, FieldType.MOBILE, FieldType.ADDRESS),
    }
)


class Source(StrEnum):
    """Where a proposed answer comes from."""

    REAL_NAME = "real_name"
    EARLIER_CASE = "earlier_case"


class Standing(StrEnum):
    """What the applicant made of a proposal."""

    OFFERED = "offered"
    TAKEN = "taken"
    REPLACED = "replaced"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One answer proposed: its source, of which day, and what became of it."""

    value: Answer
    source: Source
    on: date
    item_name: str  # of the earlier case; "" for the real-name check
    standing: Standing

    @property
    def said(self) -> str:
        """The source as the applicant reads it."""
        day = full_day(self.on)
        if self.source is Source.REAL_NAME:
            return f"来自实名信息，{day}核验"
        return f"来自您{day}提交的“{self.item_name}”"

    @property
    def said_to_officers(self) -> str:
        """The source as an officer reads it: what the other matter was is not theirs to know."""
        day = full_day(self.on)
        if self.source is Source.REAL_NAME:
            return f"来自实名信息（{day}核验），申请人已确认"
        return f"来自申请人{day}提交的申请，申请人已确认"


async def proposals(
    world: World, citizen: Citizen, guide: Guide, given: Answers
) -> dict[str, dict[str, Any]]:
    """Return what can be proposed for the questions of a form that are not answered yet."""
    form = guides.application_form(guide.content)
    open_fields = [each for each in form.fields if each.key not in given and each.type not in NEVER]
    if not open_fields or citizen.identity_id is None:
        return {}
    known = await _real_name(world, citizen.identity_id)
    earlier = await _earlier_answers(world, citizen.identity_id, guide, open_fields)
    found: dict[str, dict[str, Any]] = {}
    for each in open_fields:
        meaning = guides.meaning_of(each)
        offers = [offer for offer in (known.get(meaning), earlier.get(each.key)) if offer]
        if meaning is FieldMeaning.APPLICANT_PHONE:
            offers.sort(key=lambda offer: str(offer["on"]), reverse=True)
        fitting = [
            offer
            for offer in offers
            if all(fault.missing for fault in form.faults({each.key: offer["value"]}))
        ]
        if fitting:
            found[each.key] = fitting[0]
    return found


async def _real_name(world: World, identity_id: UUID) -> dict[FieldMeaning | None, dict[str, Any]]:
    """What the real-name check proved, by what it is."""
    with suppress(identity.NoSuchPerson):
        person = await identity.person(world, identity_id)
        return {
            meaning: {
                "value": value,
                "source": Source.REAL_NAME.value,
                "on": in_city(person.verified_at).date().isoformat(),
            }
            for meaning, value in _proven(person).items()
        }
    return {}


def _proven(person: Person) -> dict[FieldMeaning | None, str]:
    found: dict[FieldMeaning | None, str] = {FieldMeaning.APPLICANT_NAME: person.name}
    if person.id_type == RESIDENT_CARD:
        found[FieldMeaning.APPLICANT_ID_NO] = person.id_no
    if person.phone:
        found[FieldMeaning.APPLICANT_PHONE] = person.phone.removeprefix("+86")
    return found


# Their own cases only: not what somebody else filed for them, nor what they filed for others.
_EARLIER = """
    SELECT id, item_code, item_name, item_version_id, form_sealed, filed_at FROM service_case
    WHERE identity_id = $1 AND parent_id IS NULL AND filed_at IS NOT NULL
        AND agent_identity_id IS NULL AND source <> 'window'
    ORDER BY created_at DESC LIMIT $2
"""


async def _earlier_answers(
    world: World, identity_id: UUID, guide: Guide, wanted: list[FormField]
) -> dict[str, dict[str, Any]]:
    """The newest answer to each question in what the person has filed before."""
    found: dict[str, dict[str, Any]] = {}
    for row in await sql.rows(_EARLIER, identity_id, MOST_EARLIER):
        with suppress(guides.NoSuchGuide):
            before = await guides.version(world, row["item_version_id"])
            answers = orjson.loads(world.seals.open_bytes(row["form_sealed"], FORM, row["id"]))
            same_item = row["item_code"] == guide.code
            for each in wanted:
                key = _same_question(each, before.content.form_fields, same_item)
                if each.key not in found and answers.get(key):
                    found[each.key] = {
                        "value": answers[key],
                        "source": Source.EARLIER_CASE.value,
                        "on": in_city(row["filed_at"]).date().isoformat(),
                        "item_name": row["item_name"],
                    }
    return found


def _same_question(wanted: FormField, before: tuple[FormField, ...], same_item: bool) -> str:
    """The key under which the same was asked before; "" for nowhere."""
    meaning = guides.meaning_of(wanted)
    for each in before:
        if meaning is not None and guides.meaning_of(each) is meaning:
            return each.key
    for each in before:
        same = (each.key, each.type) == (wanted.key, wanted.type)
        by_name = each.label == wanted.label and wanted.type in ELSEWHERE
        if same and guides.meaning_of(each) is meaning and (same_item or by_name):
            return each.key
    return ""


def sealed(world: World, case_id: UUID, kept: Mapping[str, Any]) -> bytes | None:
    """Seal proposals for their case; None when there are none."""
    return world.seals.seal(orjson.dumps(dict(kept)), PLACE, case_id) if kept else None


def opened(world: World, case: Case) -> dict[str, dict[str, Any]]:
    """Open the proposals of a case, as they were made."""
    if case.prefill_sealed is None:
        return {}
    kept: dict[str, dict[str, Any]] = orjson.loads(
        world.seals.open_bytes(case.prefill_sealed, PLACE, case.id)
    )
    return kept


def cleared(world: World, case: Case, keys: set[str]) -> list[str]:
    """Note that these proposals are not wanted; return the columns to write."""
    kept = opened(world, case)
    fresh = {key for key in keys if key in kept and not kept[key].get("cleared")}
    if not fresh:
        return []
    for key in fresh:
        kept[key]["cleared"] = True
    case.prefill_sealed = sealed(world, case.id, kept)
    return ["prefill_sealed"]


def proposed(world: World, case: Case, answers: Answers) -> dict[str, Proposal]:
    """Return the proposals of a case and what became of each, by the form as it is now."""
    return {
        key: Proposal(
            value=each["value"],
            source=Source(each["source"]),
            on=date.fromisoformat(each["on"]),
            item_name=each.get("item_name", ""),
            standing=_standing(each, answers.get(key)),
        )
        for key, each in opened(world, case).items()
    }


def _standing(offer: Mapping[str, Any], answer: Answer | None) -> Standing:
    if answer is not None:
        return Standing.TAKEN if answer == offer["value"] else Standing.REPLACED
    return Standing.CLEARED if offer.get("cleared") else Standing.OFFERED
