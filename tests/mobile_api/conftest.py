from collections.abc import AsyncIterator

import aiohttp
import pytest

from citydesk.kit import sql
from citydesk.world import World
from tests.mobile_api.lamps import TABLE, create_lamps
from tests.mobile_api.wire import token_of
from tests.people import Outside, Phone
from tests.serving import served


@pytest.fixture
async def lamp_server(world: World) -> AsyncIterator[str]:
    """The lamps, served for real."""
    await sql.run(TABLE)
    async with served(create_lamps(world)) as url:
        yield url


@pytest.fixture
async def lamps(lamp_server: str) -> AsyncIterator[Phone]:
    """An HTTP client of the lamps with nobody signed in."""
    async with aiohttp.ClientSession(lamp_server) as session:
        yield Phone(session)


@pytest.fixture
async def zhang(lamps: Phone, world: World, outside: Outside) -> Phone:
    """A citizen with a phone."""
    return lamps.signed_in(await token_of(world, outside, "zhang"))


@pytest.fixture
async def li(lamps: Phone, world: World, outside: Outside) -> Phone:
    """Another citizen with a phone."""
    return lamps.signed_in(await token_of(world, outside, "li"))
