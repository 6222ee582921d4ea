"""``citydesk export``: the catalogue as a file that ``citydesk import`` takes back."""

import sys
from argparse import Namespace
from pathlib import Path

from citydesk import guides as service_items
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World


def guides(asked: Namespace) -> int:
    """Write the guides and items (of one source) as JSON or CSV, to a file or to the terminal."""
    given: list[bytes] = []

    async def give(world: World) -> None:
        form = service_items.FileForm(asked.format)
        given.append(await service_items.export_guides(world, form, asked.source))

    if status := act(give):
        return status
    if asked.output is None:
        sys.stdout.buffer.write(given[0])
        return 0
    try:
        Path(asked.output).write_bytes(given[0])
    except (OSError, ValueError) as trouble:
        return complain(f"Not written: {trouble}")
    print(f"written: {asked.output}")
    return 0
