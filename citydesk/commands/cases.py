"""``citydesk cases``: whether every case stands where its events say."""

from argparse import Namespace
from collections.abc import Sequence

from citydesk import cases
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World


def compare(asked: Namespace) -> int:
    """Tell the events of every case again and compare; 1 when any differs."""
    found: list[cases.Rebuilt] = []

    async def work(world: World) -> None:
        found.extend(await cases.differing(world, most=asked.most))

    return act(work) or tell(found)


def tell(found: Sequence[cases.Rebuilt]) -> int:
    """Print the cases that differ, and how; return the status to end with."""
    for each in found:
        print(f"{each.case_no}  {each.case_id}")
        for difference in each.differences:
            print(f"    {difference}")
    if found:
        return complain(f"{len(found)} cases differ from their events")
    print("every case stands where its events say")
    return 0
