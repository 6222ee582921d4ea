import pytest

from citydesk import organs
from citydesk.kit.ids import new_id
from citydesk.organs import WindowRole
from citydesk.world import World


async def test_a_window_is_renamed_and_given_another_role(world: World) -> None:
    hall = await organs.hall_by_code(world, "shenhe")
    [first, *_] = await organs.windows(world, hall.id)
    await organs.change_window(world, first.id, " 导办台 ", WindowRole.CONSULT, is_open=True)
    changed = await organs.window(world, first.id)
    assert (changed.name, changed.role, changed.hall.id) == ("导办台", "consult", hall.id)


async def test_a_closed_window_is_listed_only_to_those_who_ask_for_it(world: World) -> None:
    hall = await organs.hall_by_code(world, "shenhe")
    [first, *others] = await organs.windows(world, hall.id)
    await organs.change_window(world, first.id, first.name, first.role, is_open=False)
    assert [each.id for each in await organs.windows(world, hall.id)] == [
        each.id for each in others
    ]
    assert len(await organs.windows(world, hall.id, closed=True)) == len(others) + 1
    await organs.load(world)  # a new start opens nothing again
    assert not (await organs.window(world, first.id)).is_open


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "a\nb"])
async def test_a_window_needs_a_name(world: World, name: str) -> None:
    hall = await organs.hall_by_code(world, "shenhe")
    [first, *_] = await organs.windows(world, hall.id)
    with pytest.raises(organs.WrongWindow):
        await organs.change_window(world, first.id, name, first.role, is_open=True)


async def test_a_window_that_is_not_there_is_not_changed(world: World) -> None:
    with pytest.raises(organs.NoSuchWindow):
        await organs.change_window(world, new_id(), "a", WindowRole.CONSULT, is_open=True)
