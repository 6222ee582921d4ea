"""Look for words where they must not be: every table, every Valkey key, any text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import orjson
from redis.asyncio import Redis


class Hunt:
    """Words to look for, in every dress they may wear: UTF-8, JSON escapes, percent signs, hex."""

    def __init__(self, words: Iterable[str]) -> None:
        self.dresses = {dress: word for word in words for dress in _dresses(word)}
        self.places = 0
        self.size = 0
        self.hits: Counter[str] = Counter()
        self.shown: list[str] = []

    def look(self, place: str, value: bytes) -> None:
        """Look at one value."""
        self.places += 1
        self.size += len(value)
        for dress, word in self.dresses.items():
            if dress in value:
                self.hits[place] += 1
                at = max(value.index(dress) - 150, 0)
                self.shown.append(
                    f"{place}: {word} in {value[at : at + 300].decode(errors='replace')}"
                )

    def read(self, place: str, path: Path) -> None:
        """Look at a file, which must not be empty."""
        text = path.read_bytes()
        assert text, f"{path.name} is empty: no proof"
        self.look(place, text)


def _dresses(word: str) -> set[bytes]:
    escaped = word.encode("unicode_escape")
    return {word.encode(), escaped, quote(word).encode(), word.encode().hex().encode()}


async def look_through_tables(hunt: Hunt, dsn: str) -> int:
    """Look at every column of every row of every table; return how many tables there are."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in tables:
            # Names come from the catalogue itself.
            for row in await connection.fetch(f'SELECT * FROM "{schema}"."{table}"'):  # noqa: S608
                for column, value in row.items():
                    for part in _parts(value):
                        hunt.look(f"{table}.{column}", part)
        return len(tables)
    finally:
        await connection.close()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes | bytearray | memoryview):
        yield bytes(value)
    elif isinstance(value, list | tuple | set):
        for each in value:
            yield from _parts(each)
    elif isinstance(value, dict):
        yield orjson.dumps(value, default=str)
    elif value is not None:
        yield str(value).encode()


async def look_through_valkey(hunt: Hunt, url: str) -> int:
    """Look at every key of a database and all it holds; return how many keys there are."""
    async with Redis.from_url(url, decode_responses=False) as client:
        found = 0
        async for key in client.scan_iter(count=1000):
            found += 1
            hunt.look("valkey key", key)
            for part in _parts(await _held(client, key)):
                hunt.look(f"valkey {key[:40]!r}", part)
        return found


async def _held(client: Redis, key: bytes) -> Any:
    match await client.type(key):
        case b"string":
            return await client.get(key)
        case b"hash":
            return [part for pair in (await client.hgetall(key)).items() for part in pair]
        case b"list":
            return await client.lrange(key, 0, -1)
        case b"set":
            return await client.smembers(key)
        case b"zset":
            return await client.zrange(key, 0, -1)
        case b"stream":
            return [part for _, entry in await client.xrange(key) for part in entry.values()]
    return None
