"""A person's data, opened for those who may see it, masked for everybody else."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from citydesk.identity.askers import Citizen, Officer
from citydesk.identity.refusals import NoSuchPerson
from citydesk.kit.ids import new_id
from citydesk.kit.masking import masked_id_no, masked_name, masked_phone
from citydesk.world import World
from models.identity import AccessLog, Identity

NAME, ID_NO, PHONE = "identity.name", "identity.id_no", "identity.phone"
ALL_FIELDS = ("name", "id_no", "phone")


@dataclass(frozen=True, slots=True)
class Person:
    """Who an identity is; ``id_type`` is a GA/T 2000.156 code (111 resident identity card)."""

    identity_id: UUID
    name: str = field(repr=False)
    id_type: str
    id_no: str = field(repr=False)
    phone: str | None = field(repr=False)
    assurance_level: int
    verified_at: datetime


async def person(world: World, identity_id: UUID) -> Person:
    """Return a person with everything opened. For our own use, and for the person themselves;
    an officer reads through ``person_for``.

    Raises:
        NoSuchPerson: there is none.
    """
    found = await Identity.get_or_none(id=identity_id)
    if found is None:
        raise NoSuchPerson("没有找到这个人的身份信息。")
    opened = world.seals.open
    phone = found.phone_sealed
    return Person(
        found.id,
        opened(found.name_sealed, NAME, found.id),
        found.id_type,
        opened(found.id_no_sealed, ID_NO, found.id),
        None if phone is None else opened(phone, PHONE, found.id),
        found.assurance_level,
        found.verified_at,
    )


async def person_for(world: World, officer: Officer, identity_id: UUID, purpose: str) -> Person:
    """Return a person to an officer who needs it; the reading is noted in the same transaction."""
    async with world.transaction():
        await note_access(world, officer, identity_id, purpose)
        return await person(world, identity_id)


async def note_access(
    world: World,
    officer: Officer,
    identity_id: UUID,
    purpose: str,
    fields_read: tuple[str, ...] = ALL_FIELDS,
) -> None:
    """Note that an officer reads a person's data: who, whose, which fields, what for, when.

    Raises:
        NoSuchPerson: there is no such person, so nothing was read.
    """
    async with world.transaction():
        if not await Identity.exists(id=identity_id):
            raise NoSuchPerson("没有找到这个人的身份信息。")
        _ = await AccessLog.create(
            id=new_id(),
            created_at=world.clock.now(),
            officer_id=officer.officer_id,
            post_id=officer.post_id,
            identity_id=identity_id,
            fields_read=",".join(fields_read),
            purpose=purpose[:200],
        )


def masked(whole: Person) -> Person:
    """Return a person as lists and screens show them."""
    return replace(
        whole,
        name=masked_name(whole.name),
        id_no=masked_id_no(whole.id_no),
        phone=None if whole.phone is None else masked_phone(whole.phone),
    )


async def me(world: World, citizen: Citizen) -> Person | None:
    """Return the citizen's own data, masked; None before the real-name check."""
    if citizen.identity_id is None:
        return None
    return masked(await person(world, citizen.identity_id))
