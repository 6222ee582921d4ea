"""The baseline at the command line."""

import asyncio
import os
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from citydesk import supervision
from citydesk.settings import PREFIX
from citydesk.world import World

ROOT = Path(__file__).parents[2]


async def citydesk(world: World, *words: str) -> tuple[int, str]:
    """Run a command on this test's database; its status, and what it said."""
    settings = world.settings
    told = {
        f"{PREFIX}{each.name.upper()}": getattr(settings, each.name) for each in fields(settings)
    }
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "citydesk", *words),
        cwd=ROOT,
        env={**os.environ, **{name: str(value) for name, value in told.items()}},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode()


async def test_the_baseline_is_frozen_by_a_command_and_never_twice(world: World) -> None:
    status, said = await citydesk(world, "baseline", "freeze")
    assert (status, "frozen: " in said) == (0, True), said
    with pytest.raises(supervision.AlreadyFrozen):
        await supervision.freeze_baseline(world, None)
