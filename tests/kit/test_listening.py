"""Hearing what other processes announce, through every way a connection can be lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from citydesk.kit.listening import Listener
from citydesk.kit.servers import PostgresServer


@pytest.fixture
async def other(postgres: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """Another process's connection."""
    connection = await asyncpg.connect(postgres.dsn())
    yield connection
    await connection.close()


def place(postgres: PostgresServer, **more: Any) -> dict[str, Any]:
    return {"dsn": postgres.dsn(), "server_settings": {"application_name": "listener"}, **more}


@asynccontextmanager
async def listening(where: dict[str, Any]) -> AsyncIterator[tuple[Listener, asyncio.Event]]:
    told = asyncio.Event()
    listener = Listener(where, "kites", told.set)
    running = asyncio.create_task(listener.run())
    try:
        yield listener, told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def until(listener: Listener, hearing: bool) -> None:
    async with asyncio.timeout(5):
        while listener.hearing is not hearing:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.005)


async def test_a_notice_is_heard_and_a_killed_listener_listens_again(
    postgres: PostgresServer, other: asyncpg.Connection
) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
    async with listening(place(postgres)) as (listener, told):
        await until(listener, hearing=True)
        for _ in range(2):
            told.clear()
            await other.execute("NOTIFY kites, '1'")
            async with asyncio.timeout(1):
                await told.wait()
            assert await other.fetchval(kill, "listener")
            await until(listener, hearing=False)
            await until(listener, hearing=True)
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'listener'"
    async with asyncio.timeout(5):
        while await other.fetchval(left):  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.01)


async def test_what_was_announced_while_nobody_listened_is_looked_for(
    postgres: PostgresServer, other: asyncpg.Connection
) -> None:
    await other.execute("NOTIFY kites, 'nobody hears this'")
    async with listening(place(postgres)) as (_, told), asyncio.timeout(5):
        await told.wait()


async def test_a_silent_connection_is_given_up(
    postgres: PostgresServer, other: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citydesk.kit.listening.CHECK_SECONDS", 0.05)
    monkeypatch.setattr("citydesk.kit.listening.CONNECT_SECONDS", 0.5)
    which = "SELECT pid FROM pg_stat_activity WHERE application_name = 'listener'"
    async with listening(place(postgres)) as (listener, _):
        await until(listener, hearing=True)
        frozen = await other.fetchval(which)
        os.kill(frozen, signal.SIGSTOP)
        try:
            await until(listener, hearing=False)
            await until(listener, hearing=True)
        finally:
            os.kill(frozen, signal.SIGCONT)


async def test_a_database_that_is_away_is_tried_again(postgres: PostgresServer) -> None:
    where: dict[str, Any] = {"host": "127.0.0.1", "port": 1, "user": "x", "database": "x"}
    async with listening(where) as (listener, told):
        async with asyncio.timeout(5):
            await told.wait()  # whoever waits is to look for themselves
        assert not listener.hearing
        listener._place = place(postgres)  # it has come back
        await until(listener, hearing=True)
