"""What a process that answers citizens keeps doing beside the answering."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from citydesk.guides.search.popularity import keep_counting, write_uses
from citydesk.guides.search.shelf import keep_fresh
from citydesk.guides.search.unanswered import keep_writing, write_down
from citydesk.kit.ending import ended
from citydesk.world import World

LAST_WORDS_SECONDS = 1.0


@asynccontextmanager
async def awake(world: World, settled: Callable[[], object] = lambda: None) -> AsyncIterator[None]:
    """Find publications; write down what went unanswered and what was opened, until the end.

    Nothing is waited for at the start: a database that is away is tried again and again.
    ``settled`` is called once, when the first index is there.
    """
    running = [
        asyncio.create_task(keep_fresh(world, settled)),
        asyncio.create_task(keep_writing(world)),
        asyncio.create_task(keep_counting(world)),
    ]
    try:
        yield
    finally:
        await ended(running)
        with suppress(Exception):
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await write_down(world)
                await write_uses(world)
