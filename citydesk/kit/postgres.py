"""The ORM's PostgreSQL client, with an end to every wait.

By default asyncpg and its pool wait for ever on a silent server (limits.md 2b). Tortoise reads
``client_class`` from the module named as a connection's engine.
"""

from typing import Any

import asyncpg
from asyncpg.pool import Pool
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from typing_extensions import override

ACQUIRE_SECONDS = 2.0
CONNECT_SECONDS = 2.0
COMMAND_SECONDS = 10.0


class LimitedPool(Pool):  # type: ignore[misc]  # asyncpg ships no types
    """A pool whose acquire gives up."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        """Take a connection, or raise TimeoutError after two seconds."""
        return super().acquire(timeout=ACQUIRE_SECONDS if timeout is None else timeout)


class LimitedClient(AsyncpgDBClient):
    """Tortoise's client on a limited pool."""

    @override
    async def create_pool(self, **kwargs: Any) -> Pool:
        """Open the pool."""
        return await LimitedPool(
            min_size=kwargs.pop("min_size"),
            max_size=kwargs.pop("max_size"),
            max_queries=50_000,
            max_inactive_connection_lifetime=300.0,
            connection_class=kwargs.pop("connection_class"),
            record_class=asyncpg.Record,
            loop=kwargs.pop("loop", None),
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            **kwargs,
        )


client_class = LimitedClient
