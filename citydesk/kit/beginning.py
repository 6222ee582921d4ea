"""How a transaction begins and ends, and a savepoint in it; the ORM takes part in both.

BEGIN and COMMIT are plain statements, so that a claim can travel with the one, and what was put
(``held``) is written before the other.
"""

from typing import Any

from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connection, get_connections
from typing_extensions import override

from citydesk.kit.held import Held, held


def begin(claim: int | None = None) -> TransactionContext:
    """Open a transaction, in another a savepoint.

    ``claim``: of a whole transaction only; its client tells by ``claimed`` whether it got it.
    """
    opened: TransactionContext = get_connection("default")._in_transaction()
    if claim is not None:
        assert isinstance(opened, Opening)
        opened.client.claim = claim
    return opened


class InTransaction(TransactionWrapper):
    """Tortoise's client in a transaction; what it asks takes turns with what ``sql`` asks.

    ``claim`` is a number to hold until the end, asked for on the way to the BEGIN; ``claimed``
    tells whether it was free.
    """

    held: Held
    claim: int | None = None
    claimed = True
    savepoints = 0

    @override
    def acquire_connection(self) -> Any:
        return self.held

    @override
    def _in_transaction(self) -> TransactionContext:
        return _Savepoint(self)

    @override
    async def begin(self) -> None:
        if self.claim is None:
            await self._connection.execute("BEGIN")
        else:
            lock = f"pg_try_advisory_xact_lock('{self.claim:d}'::bigint)"
            said = await self._connection.execute(f"BEGIN; SELECT WHERE {lock}")
            self.claimed = said == "SELECT 1"  # rows: in one message there are no other answers

    @override
    async def commit(self) -> None:
        try:
            await self.held.written()
        except BaseException:
            await self.rollback()
            raise
        self._finalized = True
        await self._connection.execute("COMMIT")

    @override
    async def rollback(self) -> None:
        self._finalized = True
        await self._connection.execute("ROLLBACK")


class _Savepoint(TransactionContext):
    """A savepoint: what was put before it stays, what was put since is taken back with it."""

    def __init__(self, client: InTransaction) -> None:
        self.client: InTransaction = client
        client.savepoints += 1
        self.name = f"savepoint_{client.savepoints}"

    @override
    async def __aenter__(self) -> TransactionalDBClient:
        await self._say("SAVEPOINT")
        return self.client

    @override
    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        if exc_type:
            self.client.held.forget()
        await self._say("ROLLBACK TO" if exc_type else "RELEASE SAVEPOINT")

    async def _say(self, what: str) -> None:
        async with self.client.held as connection:
            await connection.execute(f"{what} {self.name}")


class Opening(TransactionContextPooled):
    """Tortoise's transaction; a BEGIN that fails leaves neither a connection nor a trace behind."""

    client: Any  # an InTransaction

    def __init__(self, client: AsyncpgDBClient) -> None:
        super().__init__(InTransaction(client), client._pool_init_lock)

    @override
    async def __aenter__(self) -> TransactionalDBClient:
        try:
            await super().__aenter__()
        except BaseException:
            if hasattr(self, "token"):  # the connection was taken
                get_connections().reset(self.token)
                await self.client._parent._pool.release(self.client._connection)
            raise
        client: InTransaction = self.client
        client.held = Held(client._connection, in_transaction=True)
        self._held_before = held.set(client.held)
        return client

    @override
    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        try:
            await super().__aexit__(exc_type, exc_val, exc_tb)
        finally:
            held.reset(self._held_before)
