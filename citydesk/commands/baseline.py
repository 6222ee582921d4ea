"""``citydesk baseline``: the materials demanded on one day, frozen once; what is saved since."""

from argparse import Namespace

from citydesk import supervision
from citydesk.commands.acting import act
from citydesk.world import World


def freeze(_: Namespace) -> int:
    """Freeze what is demanded now; refused a second time."""

    async def frozen(world: World) -> None:
        done = await supervision.freeze_baseline(world, None)
        print(f"frozen: {done.materials} materials of {done.items} items, sha256 {done.rows_hash}")

    return act(frozen)


def show(_: Namespace) -> int:
    """Tell how much less is demanded than then, by item and by the volume of cases."""

    async def shown(world: World) -> None:
        told = await supervision.reduced(world)
        total = told.total
        print(f"frozen at {told.frozen.frozen_at:%Y-%m-%d %H:%M} UTC")
        print(f"by item:   {_less(total.permille)}  ({total.baseline} then, {total.still} now)")
        volume = f"({total.baseline_by_volume} then, {total.still_by_volume} now)"
        print(f"by volume: {_less(total.permille_by_volume)}  {volume}")
        print(f"not compared: {told.gone} cancelled, {told.new} new items")

    return act(shown)


def _less(permille: int | None) -> str:
    return "nothing to compare" if permille is None else f"{-permille / 10:+.1f} %"
