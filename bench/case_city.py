"""A city with cases to measure on: ten thousand first, a million later, in one database.

A few cases are brought through the desk's own actions, one to every state that is measured. All
others are copies of those, made inside PostgreSQL with identifiers and numbers of their own, so
that every constraint holds and every row has what the desk writes.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import asyncpg

from bench.harness import say
from citydesk import cases, guides, identity, organs
from citydesk.cases.numbering import SERIALS, case_no
from citydesk.identity import Citizen, Officer, Role
from citydesk.identity.sessions import open_session
from citydesk.identity.tokens import access_token
from citydesk.kit.ids import new_id
from citydesk.settings import Settings
from citydesk.world import World, open_world
from models.identity import Account, AccountProvider, Identity

HALL, ORGAN = "shenhe", "shijianju"
ITEM = "11990000MB000003554000901001000"  # 食品经营许可(新办): eight questions, six papers
FORM = {
    "premises_name": "示例饭店",
    "premises_address": "沈河区示例路1号",
    "business_form": "餐饮服务经营者",
    "business_items": "热食类食品制售",
    "legal_person": "张示例",
    "floor_area": "60",
    "uses_network": "是",
    "platform_name": "示例外卖平台",
    "contact_phone": "10000000001",
}
PEOPLE, OFFICERS = 200, 4
EACH = 25  # cases of everybody who reads: more than a page of the list
POOL = 1_500  # cases for each kind of step
REFRESHED_SECONDS = 300.0
POOLS = ("submit", "pass", "accept")
KEPT = {
    "service_case": "id",
    "case_event": "case_id",
    "case_material": "case_id",
    "business_timer": "subject_id",
}
_numbers = count(1)


@dataclass(slots=True)
class People:
    """Who asks: sessions of citizens and of officers, and a way to sign their tokens."""

    world: World
    citizens: list[tuple[Citizen, UUID]] = field(default_factory=list)
    officers: list[tuple[UUID, UUID]] = field(default_factory=list)
    signed: dict[UUID, tuple[float, str]] = field(default_factory=dict)

    def citizen_token(self, number: int) -> str:
        """A citizen's token, as the app holds it: the same for many requests."""
        citizen, session = self.citizens[number % len(self.citizens)]
        return self._token(session, citizen.account_id, "citizen")

    def officer_token(self, number: int) -> str:
        """The token of an officer at the front desk of the hall."""
        officer, session = self.officers[number % len(self.officers)]
        return self._token(session, officer, Role.FRONT_DESK.value)

    def _token(self, session: UUID, subject: UUID, role: str) -> str:
        until, token = self.signed.get(session, (0.0, ""))
        if until < monotonic():  # good for a quarter of an hour, as long as a round may take
            token = access_token(self.world, session, subject, role)
            self.signed[session] = monotonic() + REFRESHED_SECONDS, token
        return token


@dataclass(slots=True)
class City:
    """The database, who asks, and which cases are asked for."""

    dsn: str
    people: People
    patterns: dict[str, UUID]
    owned: list[tuple[int, UUID]] = field(default_factory=list)  # (whose, case)
    pools: dict[str, list[tuple[int, UUID]]] = field(default_factory=dict)
    volume: int = 0


async def built(settings: Settings) -> City:
    """Make the people, the patterns, and the first ten thousand cases."""
    async with open_world(settings) as world:
        people = People(world)
        people.citizens = [await _citizen(world) for _ in range(PEOPLE)]
        people.officers = [await _officer(world, number) for number in range(OFFICERS)]
        patterns = await _patterns(world, people)
    city = City("postgresql" + settings.database_url.removeprefix("asyncpg"), people, patterns)
    connection = await asyncpg.connect(city.dsn)
    try:
        await _first(city, connection)
    finally:
        await connection.close()
    return city


async def _citizen(world: World) -> tuple[Citizen, UUID]:
    """A person with a real-name check and a session in the app."""
    number, person, account = next(_numbers), new_id(), new_id()
    now = world.clock.now()
    await Identity.create(
        id=person,
        created_at=now,
        kind="natural",
        name_sealed=world.seals.seal("张示例", "identity.name", person),
        id_type="111",
        id_no_sealed=world.seals.seal("990000198804120119", "identity.id_no", person),
        id_no_blind=f"bench{number}",
        assurance_level=3,
        verified_by="bench",
        subject=f"bench{number}",
        verified_at=now,
    )
    await Account.create(
        id=account,
        created_at=now,
        provider=AccountProvider.MINI_PROGRAM,
        app_id=world.settings.miniprogram_app_id,
        openid=f"bench{number}",
        identity_id=person,
    )
    async with world.transaction():
        opened = await open_session(
            world, account_id=account, subject=account, channel="app", device="bench"
        )
    return Citizen(account, person, 3, "app", opened.session_id), opened.session_id


async def _officer(world: World, number: int) -> tuple[UUID, UUID]:
    login = f"bench.{number}"
    password = await identity.add_officer(world, login, "钱示例")
    await identity.add_post(world, login, Role.FRONT_DESK, ORGAN, HALL)
    signed_in = await identity.sign_in_officer(world, login, password)
    asker = await identity.asker_for(world, signed_in.access_token)
    assert isinstance(asker, Officer)
    return asker.officer_id, asker.session_id


async def _patterns(world: World, people: People) -> dict[str, UUID]:
    """Bring one case to every state that is measured, through the desk's own actions."""
    citizen = people.citizens[0][0]
    organ = (await organs.organ_by_code(world, ORGAN)).id
    hall = (await organs.hall_by_code(world, HALL)).id
    front = Officer(people.officers[0][0], new_id(), Role.FRONT_DESK, organ, hall, new_id())
    back = Officer(front.officer_id, new_id(), Role.BACK_OFFICE, organ, None, new_id())
    window = Officer(front.officer_id, new_id(), Role.EXIT_WINDOW, organ, hall, new_id())
    steps = (
        ("submit", lambda case: _papers(world, citizen, case)),
        ("pass", lambda case: cases.submit(world, citizen, case)),
        ("passed", lambda case: cases.pre_pass(world, front, case)),
        ("accept", lambda case: cases.receive(world, front, case)),
        ("accepted", lambda case: cases.accept(world, front, case)),
        ("reviewed", lambda case: cases.start_review(world, back, case)),
        ("decided", lambda case: cases.decide(world, back, case, cases.Outcome.GRANTED)),
        ("completed", lambda case: cases.complete(world, back, case)),
        ("served", lambda case: cases.serve(world, window, case)),
    )
    found: dict[str, UUID] = {}
    for length, (name, _) in enumerate(steps, 1):
        begun = await cases.start(world, citizen, ITEM, HALL, FORM)
        for _, step in steps[:length]:
            await step(begun.id)
        found[name] = begun.id
    return found


async def _papers(world: World, citizen: Citizen, case_id: UUID) -> None:
    from tests.cases.making import PDF

    guide = await guides.published(world, ITEM)
    for material in guide.content.materials:
        if material.condition is None:
            await cases.attach(world, citizen, case_id, material.code, "示例.pdf", PDF)


async def _first(city: City, connection: asyncpg.Connection) -> None:
    people, turn = city.people.citizens, list(city.patterns)
    read = [
        (number, turn[each % len(turn)])
        for number in range(len(people))
        for each in range(1, EACH + 1)
    ]
    made = await _copies(city, connection, [(people[who][0], name) for who, name in read])
    city.owned = [(who, case) for (who, _), case in zip(read, made, strict=True)]
    for name in POOLS:
        whose = [number % len(people) for number in range(POOL)]
        asked = [people[who][0] for who in whose]
        owners = asked if name == "submit" else [_stranger(each) for each in asked]
        made = await _copies(city, connection, [(owner, name) for owner in owners])
        city.pools[name] = list(zip(whose, made, strict=True))
    await _sealed_anew(city, connection)
    await _keep(city, connection)
    await grown(city, 10_000, connection)


def _stranger(like: Citizen) -> Citizen:
    return Citizen(new_id(), new_id(), like.assurance_level, like.channel, None)


async def _copies(
    city: City,
    connection: asyncpg.Connection,
    wanted: Sequence[tuple[Citizen, str]],
    halls: Sequence[UUID] = (),
) -> list[UUID]:
    """Copy patterns for people, with everything that hangs on them; return the new cases.

    ``halls``: where they are handled, in turn; without, where the patterns are.
    """
    numbers = _case_numbers(city, len(wanted))
    rows = [
        (new_id(), city.patterns[name], who.identity_id, who.account_id, number, at)
        for at, ((who, name), number) in enumerate(zip(wanted, numbers, strict=True))
    ]
    await connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS made (new_id uuid, pattern uuid, identity_id uuid,"
        " account_id uuid, case_no text, at int)"
    )
    await connection.execute("TRUNCATE made")
    await connection.copy_records_to_table("made", records=rows)
    mine = {"id": "made.new_id", "identity_id": "made.identity_id", "case_no": "made.case_no"}
    about = {
        "service_case": {**mine, "account_id": "made.account_id"},
        "case_event": {"id": "gen_random_uuid()", "case_id": "made.new_id"},
        "case_material": {"id": "gen_random_uuid()", "case_id": "made.new_id"},
        "business_timer": {"id": "gen_random_uuid()", "subject_id": "made.new_id"},
    }
    older = "- made.at % 500000 * interval '1 minute'"
    for column in ("filed_at", "received_at", "accepted_at"):
        about["service_case"][column] = f"pattern.{column} {older}"
    if halls:
        known = ", ".join(f"'{hall}'::uuid" for hall in halls)
        about["service_case"]["hall_id"] = f"(ARRAY[{known}])[1 + made.at % {len(halls)}]"
    for table, said in about.items():
        await connection.execute(await _copying(connection, table, said))
    city.volume += len(rows)
    return [row[0] for row in rows]


async def _copying(connection: asyncpg.Connection, table: str, said: Mapping[str, str]) -> str:
    columns = await connection.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum",
        table,
    )
    names = [each["attname"] for each in columns]
    values = ", ".join(said.get(name, f"pattern.{name}") for name in names)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM made"  # noqa: S608
        f" JOIN {table} AS pattern ON pattern.{KEPT[table]} = made.pattern ORDER BY made.at"
    )


def _case_numbers(city: City, wanted: int) -> Iterable[str]:
    """Real numbers, each once: a new day after every million."""
    day, key = datetime.now(UTC).date(), city.people.world.seals.blind_key
    for _ in range(wanted):
        number = next(_numbers)
        yield case_no("210103", day.replace(year=2010 + number // SERIALS), "app", number, key)


async def _sealed_anew(city: City, connection: asyncpg.Connection) -> None:
    """Seal what the drafts to submit hold: a sealed value opens in its own row only."""
    import orjson

    seals, drafts = city.people.world.seals, [case for _, case in city.pools["submit"]]
    form = orjson.dumps(FORM)
    await connection.execute(
        "UPDATE service_case SET form_sealed = new.form, query_code_sealed = new.code FROM"
        " unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS new (id, form, code)"
        " WHERE service_case.id = new.id",
        drafts,
        [seals.seal(form, "service_case.form", case) for case in drafts],
        [seals.seal("ACDEFGHJ", "service_case.query_code", case) for case in drafts],
    )


async def _keep(city: City, connection: asyncpg.Connection) -> None:
    """Put the cases whose steps are measured aside, to take the same steps again."""
    pooled = [case for pool in city.pools.values() for _, case in pool]
    for table, column in KEPT.items():
        await connection.execute(
            f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE {column}"  # noqa: S608
            " = ANY($1::uuid[])",
            pooled,
        )
    for table in (*KEPT, "outbox_message", "keyed_answer", "timer_rung"):
        await connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")


async def restored(city: City) -> None:
    """Bring the measured cases back to where they stood; nothing is left of the steps taken."""
    connection = await asyncpg.connect(city.dsn)
    begun = [citizen.identity_id for citizen, _ in city.people.citizens]
    try:
        # What happened is never removed; here it is, past the triggers that see to it.
        await connection.execute("SET session_replication_role = replica")
        async with connection.transaction():
            for table, column in KEPT.items():
                await connection.execute(
                    f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM kept_service_case)"  # noqa: S608
                )
                await connection.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # noqa: S608
            await connection.execute(
                "DELETE FROM service_case WHERE identity_id = ANY($1::uuid[]) AND state = 'draft'"
                " AND id NOT IN (SELECT id FROM kept_service_case) AND NOT EXISTS"
                " (SELECT FROM case_material WHERE case_id = service_case.id)",
                begun,
            )
            await connection.execute("TRUNCATE outbox_message, keyed_answer")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def grown(city: City, volume: int, connection: asyncpg.Connection | None = None) -> None:
    """Let the city have so many cases, nine of ten done with, in every hall."""
    own = connection or await asyncpg.connect(city.dsn)
    await own.execute("SET synchronous_commit = off")
    halls = [row["id"] for row in await own.fetch("SELECT id FROM service_hall ORDER BY code")]
    chance, done = Random(6), ["served"] * 8
    while (missing := volume - city.volume) > 0:
        wanted = []
        for _ in range(min(missing, 100_000)):
            if not wanted or chance.random() < 0.4:
                who = _stranger(city.people.citizens[0][0])
            wanted.append((who, chance.choice([*done, "accepted", "reviewed"])))
        await _copies(city, own, wanted, halls)
        say(f"{city.volume:,} cases")
    for table in KEPT:
        await own.execute(f"VACUUM (ANALYZE) {table}")
    await own.execute("CHECKPOINT")
    if connection is None:
        await own.close()


def run(work: Any) -> Any:
    """Run one piece of preparation."""
    return asyncio.run(work)
