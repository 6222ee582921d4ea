"""A person at a window, known by the document they show: no account, no level, only who they are.

The assurance level of an identity is what its accounts may do by themselves; an officer who has
seen the document proves the person at the window, not whoever holds a phone. So it stays as it is.
"""

import re
from dataclasses import dataclass, field
from uuid import UUID

from citydesk.gateways.verified_person import is_resident_id
from citydesk.identity.accounts import lock_joining
from citydesk.identity.askers import Officer
from citydesk.identity.people import ALL_FIELDS, ID_NO, NAME, PHONE, note_access
from citydesk.identity.refusals import WrongPerson
from citydesk.identity.rules import LONGEST_NAME
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import Identity, IdentityKind

RESIDENT_CARD = "111"  # GA/T 2000.156
_MOBILE = re.compile(r"1\d{10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Presented:
    """Who stands at the window, as their resident identity card says it; phone "" for none."""

    name: str = field(repr=False)
    id_no: str = field(repr=False)
    phone: str = field(default="", repr=False)


async def register_at_window(
    world: World, officer: Officer, shown: Presented, purpose: str
) -> UUID:
    """Return the one identity of the person whose card the officer has checked; make it if new.

    What is known already is not changed; that it was looked up is noted.

    Raises:
        WrongPerson: name, number or phone cannot be so, or the number is known by another name.
    """
    name, id_no, phone = shown.name.strip(), shown.id_no.strip().upper(), shown.phone.strip()
    _check(name, id_no, phone)
    async with world.transaction():
        await lock_joining()
        blind = world.seals.blind(id_no, ID_NO)
        found = await Identity.get_or_none(id_type=RESIDENT_CARD, id_no_blind=blind)
        person_id = found.id if found else await _made(world, name, id_no, phone, blind)
        await note_access(world, officer, person_id, purpose, ALL_FIELDS)
    if found and world.seals.open(found.name_sealed, NAME, found.id) != name:
        world.log.warning(
            "window: another name is known", identity=str(found.id), officer=officer.key
        )
        raise WrongPerson(
            "姓名和这个证件号码以前登记的不一致，请核对身份证；确有更名的，请先更正身份信息。",
            [{"field": "name", "detail": "与证件号码不一致"}],
        )
    return person_id


def _check(name: str, id_no: str, phone: str) -> None:
    errors = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors.append({"field": "name", "detail": f"必填，不超过{LONGEST_NAME}个字"})
    if not is_resident_id(id_no):
        errors.append({"field": "id_no", "detail": "身份证号码不对，请核对"})
    if phone and not _MOBILE.fullmatch(phone):
        errors.append({"field": "phone", "detail": "应为11位手机号码"})
    if errors:
        raise WrongPerson("请核对证件上的信息，窗口目前只受理持居民身份证的申请人。", errors)


async def _made(world: World, name: str, id_no: str, phone: str, blind: str) -> UUID:
    person_id, now = new_id(), world.clock.now()
    seal = world.seals.seal
    _ = await Identity.create(
        id=person_id,
        created_at=now,
        kind=IdentityKind.NATURAL,
        name_sealed=seal(name, NAME, person_id),
        id_type=RESIDENT_CARD,
        id_no_sealed=seal(id_no, ID_NO, person_id),
        id_no_blind=blind,
        phone_sealed=seal(phone, PHONE, person_id) if phone else None,
        assurance_level=0,
        verified_by="window",
        subject=f"window:{person_id}",
        verified_at=now,
    )
    return person_id
