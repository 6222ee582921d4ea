from collections.abc import AsyncIterator
from importlib import import_module

import asyncpg
import orjson
import pytest

from citydesk.commands.migrate import migrated
from citydesk.guides import canonical_json, content_hash
from citydesk.kit.ids import new_id
from citydesk.kit.servers import PostgresServer
from tests.guides.making import a_guide, code
from tests.schema import run_on

BEFORE = "0006_hall_positions"


@pytest.fixture
async def released(postgres: PostgresServer) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """A database as it was before the catalogue had three layers, with two versions of a guide."""
    assert import_module("migrations.0007_catalogue").Migration.dependencies == [("models", BEFORE)]
    name = "released"
    assert (await migrated(postgres.url(name), BEFORE))[-1] == BEFORE
    connection = await asyncpg.connect(postgres.dsn(name))
    yield postgres.url(name), connection
    await connection.close()
    await run_on(postgres.dsn(), f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_guides_published_before_get_their_life_and_their_catalogue_entry(
    released: tuple[str, asyncpg.Connection],
) -> None:
    url, connection = released
    item, versions = new_id(), [new_id(), new_id()]
    content = canonical_json(a_guide())
    async with connection.transaction():
        await connection.execute(
            "INSERT INTO service_item (id, created_at, changed_at, source, code, kind, name,"
            " department, organ_code, current_version_id)"
            " VALUES ($1, now(), now(), 'city', $2, 'full', '示例', '示例局', 'shijianju', $3)",
            *(item, code(), versions[1]),
        )
        for number, version_id in enumerate(versions, 1):
            await connection.execute(
                "INSERT INTO service_item_version (id, created_at, published_at, item_id,"
                " version_no, content, content_hash) VALUES ($1, now(), now(), $2, $3, $4, $5)",
                *(version_id, item, number, content.decode(), content_hash(content)),
            )
    assert "0007_catalogue" in await migrated(url)
    lives = await connection.fetch("SELECT id, state, content FROM version_life ORDER BY id")
    assert [(row["id"], row["state"]) for row in lives] == [
        (versions[0], "superseded"),
        (versions[1], "published"),
    ]
    entry = await connection.fetchrow(
        "SELECT catalog_code, name, exercise_levels FROM catalog_entry"
    )
    assert (entry["catalog_code"], entry["name"]) == (code()[19:], "示例")
    assert orjson.loads(entry["exercise_levels"]) == ["3"]
    standing = await connection.fetchrow("SELECT state, catalog_code FROM service_item")
    assert tuple(standing) == ("in_force", code()[19:])
