"""What operators see, and who is not shown it."""

from dataclasses import replace

import aiohttp
import pytest
from starlette.requests import Request
from tortoise.connection import get_connection

from citydesk.kit.servers import PostgresServer
from citydesk.world import World
from mobile_api.health import metrics
from tests.people import Phone
from tests.schema import run_on

TOKEN = "a-long-token"


async def shown_to(world: World, host: str | None, **headers: str) -> int:
    """The status of /metrics for a caller at an address, with some headers."""

    class App:
        class state:  # noqa: N801 - as Starlette names it
            pass

    App.state.world = world  # type: ignore[attr-defined]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "query_string": b"",
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
        "client": None if host is None else (host, 1),
        "app": App,
    }
    return (await metrics(Request(scope))).status_code


async def test_a_neighbour_is_shown_the_metrics(lamp_server: str, lamps: Phone) -> None:
    await lamps.get("/raised/fault")
    async with aiohttp.ClientSession(lamp_server) as session, session.get("/metrics") as answer:
        text = await answer.text()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'citydesk_request_seconds_count{door="api",status="500"}' in text
    assert 'citydesk_faults_total{door="api"}' in text


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_loopback_needs_no_token(world: World, host: str) -> None:
    assert await shown_to(world, host) == 200


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1.example.cn", "", None])
async def test_others_are_not_shown_anything(world: World, host: str | None) -> None:
    assert await shown_to(world, host) == 403
    assert await shown_to(world, host, authorization="Bearer ") == 403
    assert await shown_to(world, host, authorization="Bearer x") == 403


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "via"])
async def test_behind_a_proxy_loopback_means_nothing(world: World, header: str) -> None:
    assert await shown_to(world, "127.0.0.1", **{header: "10.0.0.1"}) == 403


async def test_a_token_opens_from_anywhere_and_a_wrong_one_from_nowhere(world: World) -> None:
    guarded = replace(world, settings=replace(world.settings, metrics_token=TOKEN))
    assert await shown_to(guarded, "10.0.0.1", authorization=f"Bearer {TOKEN}") == 200
    assert await shown_to(guarded, "10.0.0.1", authorization=f"Bearer {TOKEN}x") == 403
    assert await shown_to(guarded, "10.0.0.1", authorization="Bearer 名") == 403
    assert await shown_to(guarded, "10.0.0.1") == 403


async def test_without_its_database_the_city_is_not_ready_but_alive(
    lamp_server: str, lamps: Phone, database: str, postgres: PostgresServer
) -> None:
    (await lamps.post("/lamps/check", {"name": "a"})).ok()
    pool = get_connection("default")._pool  # type: ignore[attr-defined]
    place = pool._connect_kwargs["host"]
    pool._connect_kwargs["host"] = "/nowhere"  # as after the server has gone
    await run_on(
        postgres.dsn(),
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'",  # noqa: S608 - a name of our own
    )
    async with aiohttp.ClientSession(lamp_server) as session:
        async with session.get("/readyz") as answer:
            assert answer.status == 503
            assert (await answer.json())["database"] != "ok"
        async with session.get("/healthz") as answer:
            assert answer.status == 200
    for _ in range(12):  # whether the connection is dead or cannot be made
        told = await lamps.post("/lamps/check", {"name": "a"})
        assert told.refused(503, "unavailable")["detail"] == "系统繁忙，请稍后再试。"
        assert told.headers["Retry-After"] == "5"
    pool._connect_kwargs["host"] = place
    (await lamps.post("/lamps/check", {"name": "a"})).ok()
