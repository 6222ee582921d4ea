from collections.abc import AsyncIterator

import pytest
from tortoise import Tortoise

from citydesk.kit import sql
from citydesk.kit.servers import PostgresServer
from citydesk.world import database as described

CONNECTIONS = 5


@pytest.fixture
async def tables(postgres: PostgresServer, database: str) -> AsyncIterator[None]:
    """The ORM on this test's own database, and nothing else of the world; the outbox is empty."""
    url = postgres.url(database)
    await Tortoise.init(
        config=described(url, connections=CONNECTIONS), _enable_global_fallback=True
    )
    try:
        await sql.run("DELETE FROM outbox_message")  # what making the template announced
        yield
    finally:
        await Tortoise.close_connections()
