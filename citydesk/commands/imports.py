"""``citydesk import``: guides and lists of items, the holidays of a year, message templates."""

import sys
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from citydesk import guides as service_items
from citydesk import notifications, workdays
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World

LARGEST_FILE = 32 * 1024 * 1024  # bytes; what is imported is bounded more tightly by its reader
_BAR = 30  # characters


def guides(asked: Namespace) -> int:
    """Take a file of guides (as drafts) or of items (labelled 指南待完善), or only try it out."""
    faulty: list[service_items.Fault] = []

    async def take(world: World, content: bytes) -> None:
        done = await service_items.import_guides(
            world,
            None,
            content,
            source=asked.source,
            dry_run=asked.dry_run,
            skip_faulty=asked.skip_faulty,
            progress=_progress if sys.stderr.isatty() else None,
        )
        faulty.extend(done.faults)
        _tell_faults(done.faults)
        tried = "dry run, nothing was written: " if asked.dry_run else ""
        said = f"{done.added} added, {done.changed} changed, {done.unchanged} unchanged"
        print(f"{tried}{said}, {done.skipped} faulty")

    status = _with_file(asked.file, take)
    return status or int(bool(faulty) and not asked.skip_faulty)


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
        done = await notifications.import_templates(world, content)
        print(f"{done} templates in force")

    return _with_file(asked.file, take)


def _with_file(name: str, take: Callable[[World, bytes], Awaitable[None]]) -> int:
    try:
        with Path(name).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return complain(f"No readable file has this name: {name}\n找不到或无法读取该文件：{name}")
    return act(lambda world: take(world, content))


def _tell_faults(faults: Sequence[service_items.Fault]) -> None:
    """Write one line for each fault: the row, the item, the element, what is wrong."""
    for fault in faults:
        item = f" [{fault.code}]" if fault.code else ""
        element = f" {fault.element}（{fault.label}）" if fault.element else ""
        print(f"{fault.place}{item}{element}: {fault.sentence}")


def _progress(done: int, of: int) -> None:
    """Draw how far it is, on one line of the terminal."""
    drawn = "#" * (_BAR * done // of)
    end = "\n" if done == of else ""
    print(f"\r[{drawn:<{_BAR}}] {done} of {of}", end=end, file=sys.stderr, flush=True)
