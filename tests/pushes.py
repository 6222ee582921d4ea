"""Events of the tests' own, and people who can be told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citydesk import identity, notifications
from citydesk.kit import sql
from citydesk.kit.announced import Announced
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event
from citydesk.notifications import Telling, ToTell
from citydesk.world import World
from models.identity import Account, Identity
from tasks.draining import Drain
from tests.people import Outside

TEMPLATE_SEND = "/cgi-bin/message/template/send"


@dataclass(frozen=True, slots=True)
class BallRolled(Event):
    """Something happened that one person is told of."""

    who: UUID
    number: int = 1


@dataclass(frozen=True, slots=True)
class BallLost(Event):
    """Something else happened."""

    number: int


async def _whom(world: World, events: Sequence[Announced]) -> list[ToTell]:
    return [
        ToTell(each.id, each.event.who, _words(each.event.number), f"/balls/{each.event.number}")
        for each in events
        if isinstance(each.event, BallRolled)
    ]


def _words(number: int) -> dict[str, str]:
    return {"item_name": "滚球许可（示例）", "case_no": f"N{number}", "at": "2026年3月2日 09:00"}


tell_of_balls = notifications.teller({BallRolled: Telling("case_received", _whom)})


async def citizen(world: World, outside: Outside, who: str, *, follows: bool = True) -> UUID:
    """A person of the sandbox, known here by name; returns the identity."""
    person = await outside.person(who)
    if follows:
        await outside.control("POST", f"people/{who}/follow")
    known = await Identity.create(
        created_at=world.clock.now(),
        kind="natural",
        name_sealed=b"",
        id_type="111",
        id_no_sealed=b"",
        id_no_blind=who,
        assurance_level=3,
        verified_by="test",
        subject=who,
        verified_at=world.clock.now(),
    )
    await identity.follow(world, person["openid"], f"follow:{who}")
    await Account.filter(openid=person["openid"]).update(identity_id=known.id, followed=follows)
    return known.id


async def announce(world: World, *events: Event) -> None:
    async with world.transaction() as tx:
        for each in events:
            tx.announce(each)


def drain_of(world: World, **more: Any) -> Drain:
    """A drain that knows only the tests' events and tells of them."""
    return Drain(world, {BallRolled: [tell_of_balls]}, **more)


async def pushes_on(outside: Outside, who: str, at_least: int = 0) -> list[dict[str, Any]]:
    """The template messages on a person's phone."""
    return [each for each in await outside.on_phone(who, at_least) if each["kind"] == "template"]


async def spoil(outside: Outside, **fault: Any) -> None:
    """Script one fault of the sandbox."""
    async with outside.session.post("/_ctl/faults", json=fault) as answer:
        assert answer.status == 200, await answer.text()


async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(each) for each in await sql.rows(statement, *values)]


async def waiting() -> int:
    """How many of the tests' own events are not delivered."""
    found: int = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL AND name LIKE 'Ball%'"
    )
    return found


def somebody() -> UUID:
    """An identity nobody has."""
    return new_id()
