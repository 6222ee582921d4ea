"""What a citizen does: ask, ask back, take back, say whether the answer helped."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from citydesk import cases, guides, organs
from citydesk.consultations import rules
from citydesk.consultations.events import (
    ConsultationAsked,
    ConsultationEnded,
    ConsultationReopened,
)
from citydesk.consultations.moving import Told, begin, fetched, take_step
from citydesk.consultations.states import About, Action, ConsultationState, Kind
from citydesk.identity import Citizen
from citydesk.kit import sql
from citydesk.kit.clock import CITY
from citydesk.kit.ids import new_id, random_code
from citydesk.world import World
from models.consultations import Consultation

GENERAL_ORGAN = "zhengwu"  # 政务服务: answers what belongs to nobody else, or hands it on
CODE_LENGTH = 6

_TODAY = """
    SELECT count(*) FROM consultation
    WHERE created_at >= $1 AND (account_id = $2 OR identity_id = $3)
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a question is about: an item, a case of one's own, a hall, or nothing of these."""

    item_code: str | None = None
    case_id: UUID | None = None
    hall_code: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a matter leads: what it is called, and which organ answers."""

    about: About
    title: str
    organ_id: UUID
    item_code: str | None = None
    case_id: UUID | None = None
    hall_id: UUID | None = None


async def ask(
    world: World,
    citizen: Citizen,
    kind: Kind,
    text: str,
    matter: Matter | None = None,
    *,
    once: str = "",
) -> Consultation:
    """Ask or complain; the organ has five working days. No real name is asked for (model 4.8).

    ``once``: a word of the door's that marks the same asking sent again; it asks once.

    Raises:
        WordsUnfit, TooManyQuestions. NoSuchGuide, NoSuchCase, NoSuchHall: there is nothing of
        the kind, or it is not theirs.
    """
    said = rules.written(text)
    place = await place_of(world, citizen, matter or Matter())
    mark = _mark(citizen, once)
    async with world.transaction() as tx:
        await _in_line(citizen)
        if mark and (known := await Consultation.get_or_none(once=mark)):
            return known
        await _check_room(world, citizen)
        row = Consultation(
            id=new_id(),
            created_at=tx.at,
            number=rules.number_of(kind, world.clock.today(), random_code(CODE_LENGTH)),
            once=mark,
            kind=kind.value,
            about=place.about.value,
            title=place.title,
            item_code=place.item_code,
            case_id=place.case_id,
            hall_id=place.hall_id,
            organ_id=place.organ_id,
            account_id=citizen.account_id,
            identity_id=citizen.identity_id,
            channel=citizen.channel,
            state=ConsultationState.SUBMITTED.value,
            asked_at=tx.at,
        )
        await begin(world, citizen, row, Told(said))
        tx.announce(ConsultationAsked(row.id))
    return row


async def place_of(world: World, citizen: Citizen, matter: Matter) -> Place:
    """Return what a matter is called and who answers; raises as ``ask``."""
    if matter.case_id is not None:
        case = await cases.fetch_for(citizen, matter.case_id)
        return Place(About.CASE, case.item_name, case.organ_id, case.item_code, case.id)
    if matter.item_code:
        return await _of_item(world, matter.item_code)
    if matter.hall_code:
        hall = await organs.hall_by_code(world, matter.hall_code)
        return Place(About.HALL, hall.name, hall.organ.id, hall_id=hall.id)
    organ = await organs.organ_by_code(world, GENERAL_ORGAN)
    return Place(About.NOTHING, "一般问题", organ.id)


async def _of_item(world: World, item_code: str) -> Place:
    """An item is its authority's; without a guide or an organ we know, the general desk's."""
    try:
        guide = await guides.shown(world, item_code)
    except guides.GuideNotReady:
        entry = await guides.entry(world, item_code)
        organ = await organs.organ_by_code(world, GENERAL_ORGAN)
        return Place(About.ITEM, entry.name, organ.id, entry.code)
    try:
        organ = await organs.organ_by_code(world, guide.content.authority)
    except organs.NoSuchOrgan:
        organ = await organs.organ_by_code(world, GENERAL_ORGAN)
    return Place(About.ITEM, guide.name, organ.id, guide.code)


def _mark(citizen: Citizen, once: str) -> str | None:
    """Fold the door's word with whose it is: nobody meets another's question by it."""
    if not once:
        return None
    return hashlib.sha256(f"{citizen.account_id}\0{once}".encode()).hexdigest()


async def _in_line(citizen: Citizen) -> None:
    """Keep one person's twin requests in line; strangers do not wait for each other."""
    key = str(citizen.identity_id or citizen.account_id)
    await sql.value("SELECT pg_advisory_xact_lock(hashtextextended($1, 9))", key)


async def _check_room(world: World, citizen: Citizen) -> None:
    begins = datetime.combine(world.clock.today(), time(), CITY)
    asked = await sql.value(_TODAY, begins, citizen.account_id, citizen.identity_id)
    rules.check_room(asked, world.clock.now(), begins + timedelta(days=1))


async def follow_up(
    world: World, citizen: Citizen, consultation_id: UUID, text: str
) -> Consultation:
    """Ask back, once: the same organ has five working days again.

    Raises:
        NoSuchConsultation, WordsUnfit. NotNow: it is not answered, or was asked back before.
    """
    said = rules.written(text)
    async with world.transaction() as tx:
        row = await fetched(citizen, consultation_id, to_change=True)
        changed = {"followed_up": True, "asked_at": tx.at, "round": row.round + 1}
        await take_step(world, citizen, row, Action.FOLLOW_UP, Told(said, changed=changed))
        tx.announce(ConsultationReopened(row.id))
    return row


async def rate(
    world: World,
    citizen: Citizen,
    consultation_id: UUID,
    satisfied: bool,
    reason: str = "",
) -> Consultation:
    """Say whether the answer helped. Not the first time: somebody else answers once more.

    Raises:
        NoSuchConsultation. NotNow: it is not answered. WordsUnfit: not satisfied, and no reason.
    """
    said = reason.strip()
    if said or not satisfied:
        said = rules.reasoned(said)
    async with world.transaction() as tx:
        row = await fetched(citizen, consultation_id, to_change=True)
        if satisfied:
            told = Told(said or None, changed={"satisfied": True})
            await take_step(world, citizen, row, Action.ACCEPT, told)
            tx.announce(ConsultationEnded(row.id))
        elif row.second_look:
            told = Told(said, changed={"satisfied": False})
            await take_step(world, citizen, row, Action.OBJECT_AGAIN, told)
            tx.announce(ConsultationEnded(row.id))
        else:
            again = {"second_look": True, "asked_at": tx.at, "round": row.round + 1}
            told = Told(said, changed={**again, "satisfied": False})
            await take_step(world, citizen, row, Action.OBJECT, told)
            tx.announce(ConsultationReopened(row.id))
    return row


async def withdraw(world: World, citizen: Citizen, consultation_id: UUID) -> Consultation:
    """Take it back before it is answered.

    Raises:
        NoSuchConsultation. NotNow: it is answered, or over.
    """
    async with world.transaction() as tx:
        row = await fetched(citizen, consultation_id, to_change=True)
        await take_step(world, citizen, row, Action.WITHDRAW, Told())
        tx.announce(ConsultationEnded(row.id))
    return row
