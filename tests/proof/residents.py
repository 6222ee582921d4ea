"""Many citizens at once, known by their real names and signed in, without a provider's help."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.identity.sessions import open_session
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import Account, Identity


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of assurance level 3 and their access token."""

    identity_id: UUID
    token: str


async def residents(world: World, count: int) -> list[Resident]:
    """Make so many people, each with an account and an open session."""
    return [await _resident(world, number) for number in range(count)]


async def _resident(world: World, number: int) -> Resident:
    now, person_id, account_id = world.clock.now(), new_id(), new_id()
    async with world.transaction():
        _ = await Identity.create(
            id=person_id,
            created_at=now,
            kind="natural",
            name_sealed=world.seals.seal("郑示例", "identity.name", person_id),
            id_type="111",
            id_no_sealed=world.seals.seal(f"resident {number}", "identity.id_no", person_id),
            id_no_blind=str(person_id),
            assurance_level=3,
            verified_by="test",
            subject=str(person_id),
            verified_at=now,
        )
        _ = await Account.create(
            id=account_id,
            created_at=now,
            provider="mini_program",
            app_id=world.settings.miniprogram_app_id,
            openid=str(account_id),
            identity_id=person_id,
        )
        opened = await open_session(
            world, subject=account_id, account_id=account_id, channel="app", device=""
        )
    return Resident(person_id, opened.access_token)
