"""Trouble with a system outside or a server of ours: not the asker's fault, worth another try."""

import asyncpg
from redis.exceptions import RedisError
from tortoise.exceptions import DBConnectionError

# How it shows that a server of ours is away, or has more to do than it can.
AWAY: tuple[type[Exception], ...] = (
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    RedisError,
    TimeoutError,
    OSError,
)


class GatewayTrouble(Exception):
    """A system outside failed, was too slow, or answered what we cannot read.

    ``sent`` is False only when the request surely never left, so that trying again cannot
    do anything twice.
    """

    def __init__(
        self, what: str, *, sent: bool = True, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(what)
        self.sent = sent
        self.retry_after_seconds = retry_after_seconds
