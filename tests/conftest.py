import asyncio
import base64
import itertools
import os
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from asgi import create_app
from citydesk import guides
from citydesk.kit.clock import SetClock
from citydesk.kit.logs import start_logs
from citydesk.kit.servers import PostgresServer, ValkeyServer
from citydesk.settings import Settings
from citydesk.world import World, open_world
from sandbox.app import create_sandbox
from sandbox.config import Config
from tests.people import Outside, Phone
from tests.quickly import copying, prepare_queries_once, quick_folder
from tests.schema import MONDAY, make_template, plant_template, run_on
from tests.serving import address_of, free_listener, served

SHARED = Path(__file__).parents[2] / "shared"

prepare_queries_once()
# A busy machine is slow, not wrong: what must be quick is measured where it is said.
hypothesis.settings.register_profile("city", deadline=None)
hypothesis.settings.load_profile("city")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long begin first: at the end every worker shall find something small to do."""
    items.sort(key=lambda item: not _takes_long(item))


def _takes_long(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ()) or item.path.parent.name == "commands"


@pytest.fixture(scope="session", autouse=True)
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Logs go to a file as they do in production: tracebacks without the values in them."""
    path = tmp_path_factory.mktemp("log") / "tests.log"
    with path.open("a", encoding="utf-8") as log:
        start_logs(log)
        yield path
        start_logs()


@pytest.fixture(scope="session")
def quick() -> Iterator[Path]:
    """A folder for what is written a lot and need not outlast the run."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(quick: Path) -> Iterator[PostgresServer]:
    with PostgresServer(quick / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def valkey(quick: Path) -> Iterator[ValkeyServer]:
    with ValkeyServer(quick / "valkey", durable=False) as server:
        yield server


def _key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


@pytest.fixture(scope="session")
def base_settings(postgres: PostgresServer, valkey: ValkeyServer) -> Settings:
    outside = Config.for_tests()
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return Settings(
        database_url=postgres.url("template_city"),
        redis_url=valkey.url,
        wechat_app_id=outside.wechat_app_id,
        wechat_app_secret=outside.wechat_app_secret,
        wechat_token=outside.wechat_token,
        wechat_aes_key=outside.wechat_aes_key,
        miniprogram_app_id=outside.miniprogram_app_id,
        miniprogram_app_secret=outside.miniprogram_app_secret,
        provider_url="http://127.0.0.1:1/provider",
        provider_client_id=outside.provider_client_id,
        provider_client_secret=outside.provider_client_secret,
        signing_key=pem.decode(),
        seal_keys=f"k1:{_key(1)}",
        blind_key=_key(9),
    )


@pytest.fixture(scope="session")
def template(base_settings: Settings) -> str:
    asyncio.run(make_template(base_settings))
    return "template_city"


@pytest.fixture(scope="session")
def planted_template(base_settings: Settings, postgres: PostgresServer, template: str) -> str:
    """The same with the sample city planted; whole folders of tests begin with it."""
    name = "template_planted"
    settings = replace(base_settings, database_url=postgres.url(name))
    asyncio.run(plant_template(settings, copying(name, template, postgres.folder), postgres.dsn()))
    return name


_numbers = itertools.count(1)


@pytest.fixture
async def database(postgres: PostgresServer, template: str) -> str:
    """A database of this test's own, with the calendar, the organs and the sample guides.

    The last one is dropped when the next is made: one connection less, a thousand times.
    """
    number = next(_numbers)
    name = f"test_{number}"
    await run_on(
        postgres.dsn(),
        f'DROP DATABASE IF EXISTS "test_{number - 1}" WITH (FORCE)',
        copying(name, template, postgres.folder),
    )
    return name


@pytest.fixture
def clock() -> SetClock:
    """Monday 2 March 2026, 09:00 in Shenyang."""
    return SetClock(MONDAY)


@pytest.fixture
async def outside(clock: SetClock) -> AsyncIterator[Outside]:
    """The sandbox, fresh, on the wire; nobody follows the account yet."""
    config = Config.for_tests(starts_at=clock.now().timestamp(), clock_frozen=True)
    async with (
        served(create_sandbox(config)) as url,
        aiohttp.ClientSession(url) as session,
    ):
        async with session.get("/_ctl/state") as answer:
            scanner = (await answer.json())["scanner"]
        yield Outside(url, session, config, scanner)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The port this test's application is served on."""
    taken = free_listener()
    yield taken
    taken.close()


@pytest.fixture
def settings(
    base_settings: Settings,
    listener: socket.socket,
    database: str,
    postgres: PostgresServer,
    valkey: ValkeyServer,
    outside: Outside,
) -> Settings:
    return replace(
        base_settings,
        public_url=address_of(listener),
        database_url=postgres.url(database),
        redis_url=valkey.url_of(int(database.removeprefix("test_")) % 60 + 1),
        wechat_api_url=outside.url,
        wechat_open_url=outside.url,
        wechat_mp_url=outside.url,
        provider_url=f"{outside.url}/provider",
        scanner_address=outside.scanner,
    )


@pytest.fixture
async def world(settings: Settings, clock: SetClock) -> AsyncIterator[World]:
    """The desk's world on this test's own database, with a clock that stands still."""
    async with open_world(settings, clock=clock, connections=10) as opened:
        await opened.valkey.flushdb()
        yield opened


@pytest.fixture
async def server(world: World, outside: Outside, listener: socket.socket) -> AsyncIterator[str]:
    """The application, served for real; the sandbox pushes to its webhook."""
    async with served(create_app(world), listener) as url:
        await guides.refresh(world)  # a start waits for no index; these tests do
        await outside.control("POST", "webhook", url=f"{url}/wechat")
        yield url


@pytest.fixture
async def phone(server: str) -> AsyncIterator[Phone]:
    """An HTTP client with nobody signed in."""
    async with aiohttp.ClientSession(server) as session:
        yield Phone(session)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout; must be there when CI is set."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail("the shared folder is missing")
        pytest.skip("the shared folder is not beside this checkout")
    return SHARED
