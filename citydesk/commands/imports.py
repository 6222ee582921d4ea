"""``citydesk import``: lists of service items, and the holidays of a year."""

import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path

from citydesk import guides as service_items
from citydesk import notifications, workdays
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World


def guides(asked: Namespace) -> int:
    """Take a list of items into the catalogue, labelled 指南待完善."""

    async def take(world: World, content: bytes) -> None:
        rows = service_items.read_list(content)
        done = await service_items.import_list(world, rows, _progress)
        print(f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged")

    return _with_file(asked.file, take)


def calendar(asked: Namespace) -> int:
    """Bring a year's calendar into force; dates that it moves are counted again."""

    async def take(world: World, content: bytes) -> None:
        done = await workdays.import_year(world, workdays.read_year(content))
        said = "in force" if done.changed else "was in force already"
        print(f"{done.year}, edition {done.edition}: {said}")

    return _with_file(asked.file, take)


def templates(asked: Namespace) -> int:
    """Bring the account's own message templates into force."""

    async def take(world: World, content: bytes) -> None:
        done = await notifications.import_templates(world, content.decode("utf-8-sig", "replace"))
        print(f"{done} templates in force")

    return _with_file(asked.file, take)


def _with_file(name: str, take: Callable[[World, bytes], Awaitable[None]]) -> int:
    try:
        content = Path(name).read_bytes()
    except OSError:
        return complain(f"No readable file has this name: {name}\n找不到或无法读取该文件：{name}")
    return act(lambda world: take(world, content))


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of} items", end="\n" if done == of else "", file=sys.stderr)
