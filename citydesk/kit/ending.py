"""Ending what runs beside: tasks are cancelled until they are really over."""

import asyncio
from collections.abc import Iterable
from typing import Any

PATIENCE_SECONDS = 0.2


async def ended(running: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel tasks and wait until they have ended; what they raise is not told.

    Once is not enough: asyncio.wait_for of Python 3.11, which asyncpg connects with, loses a
    cancellation that comes in the very moment its work is done.
    """
    left = set(running)
    while left:
        for each in left:
            each.cancel()
        done, left = await asyncio.wait(left, timeout=PATIENCE_SECONDS)
        await asyncio.gather(*done, return_exceptions=True)
