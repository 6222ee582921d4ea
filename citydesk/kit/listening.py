"""Hearing what other processes announce in PostgreSQL (NOTIFY), on a connection of its own.

A notice is a hint, never a message: who is told looks into the tables. So a lost notice must cost
time only, and the listener says (``hearing``) whether one can be relied upon just now.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

from citydesk.kit.logs import logger
from citydesk.kit.postgres import LimitedConnection

CONNECT_SECONDS = 2.0
CHECK_SECONDS = 5.0  # a connection that has died in silence is noticed after so long
FIRST_REST_SECONDS, LONGEST_REST_SECONDS = 0.1, 2.0
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Listener:
    """Listens on one channel, and begins again whenever the connection is lost."""

    def __init__(self, place: Mapping[str, Any], channel: str, told: Callable[[], None]) -> None:
        """Prepare to listen.

        ``place`` is what asyncpg needs to connect; ``told`` is called at every notice, and each
        time listening has begun (again), since something may have been announced before.
        """
        self.hearing = False
        self._place = dict(place)
        self._channel = channel
        self._told = told

    async def run(self) -> None:
        """Listen for ever; a database that is away is tried again, every two seconds at most."""
        rest = FIRST_REST_SECONDS
        while True:
            try:
                await self._listen()
            except AWAY as lost:
                fault = type(lost).__name__
            else:
                fault = "hung up"
            heard, self.hearing = self.hearing, False
            if heard:
                rest = FIRST_REST_SECONDS
                logger().warning("no longer listening", channel=self._channel, fault=fault)
            self._told()  # whoever waits for a notice should look for itself meanwhile
            await asyncio.sleep(rest)
            rest = min(2 * rest, LONGEST_REST_SECONDS)

    async def _listen(self) -> None:
        """Listen until the connection is lost."""
        connection = await asyncpg.connect(
            **self._place,
            timeout=CONNECT_SECONDS,
            command_timeout=CONNECT_SECONDS,
            connection_class=LimitedConnection,  # waits for no answer longer than that
        )
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self._channel, lambda *_: self._told())
            self.hearing = True
            self._told()
            while not lost.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_SECONDS):
                        await lost.wait()
                if not lost.is_set():
                    await connection.execute("SELECT 1")
        finally:
            connection.terminate()
