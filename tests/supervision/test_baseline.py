"""The baseline of materials: frozen once, and what is saved is measured against it, both ways."""

from typing import Any
from uuid import uuid4

import pytest

from citydesk import guides, supervision
from citydesk.kit import sql
from citydesk.world import World
from tests.guides.making import a_guide, code, elements
from tests.supervision.test_exceptions import an_officer
from tests.supervision.test_trials import only

FILED = """
    INSERT INTO service_case (id, created_at, case_no, query_code_sealed, query_code_blind,
        item_version_id, item_code, item_name, organ_id, hall_id, identity_id, account_id, source,
        state, form_sealed, filed_at)
    VALUES ($1, $2, $3, '', '', $1, $4, '', $1, $1, $1, $1, 'app', $5, '', $2)
"""


def papers(*names: str, **more: Any) -> list[dict[str, Any]]:
    """So many required materials; the first has what is said in ``more``."""
    [one] = elements()["materials"]
    found = [{**one, "code": f"m{at}", "name": name} for at, name in enumerate(names)]
    found[0] |= more
    return found


async def filed(world: World, item_code: str, times: int, state: str = "filed") -> None:
    """Have so many cases of an item on record."""
    for _ in range(times):
        case_id = uuid4()
        at = world.clock.now()
        await sql.run(FILED, case_id, at, case_id.hex[:22], item_code, state)


async def test_the_baseline_is_frozen_once_and_for_all(world: World) -> None:
    with pytest.raises(supervision.NotFrozenYet):
        await supervision.reduced(world)
    await only(world, a_guide(materials=papers("甲", "乙", necessity="optional")))
    frozen = await supervision.freeze_baseline(world, an_officer())
    assert (frozen.items, frozen.materials) == (1, 1)  # what is optional is not demanded
    with pytest.raises(supervision.AlreadyFrozen):
        await supervision.freeze_baseline(world, None)
    for statement in (
        "DELETE FROM material_baseline",
        "UPDATE material_baseline SET name = '无'",
        "DELETE FROM material_freeze",
    ):
        with pytest.raises(Exception, match="frozen once"):
            await sql.run(statement)
    assert await supervision.frozen_baseline(world) == frozen


async def test_the_reduction_is_published_by_item_and_by_volume(world: World) -> None:
    rare = {"item_code": code(2), "name": "示例灯笼悬挂许可"}
    nothing = {"item_code": code(5), "name": "示例陀螺登记"}
    doomed = {"item_code": code(3), "name": "示例鸽哨登记"}
    await only(
        world,
        a_guide(materials=papers("甲", "乙")),
        a_guide(materials=papers("甲", "乙", "丙"), **rare),
        a_guide(materials=papers("甲"), **doomed),
        a_guide(materials=papers("甲", necessity="optional"), **nothing),
    )
    await supervision.freeze_baseline(world, None)
    await filed(world, code(1), 9)
    await filed(world, code(2), 1)
    await filed(world, code(2), 5, "draft")  # nobody has handed these in
    told = await supervision.reduced(world)
    assert (told.total.permille, told.total.permille_by_volume) == (0, 0)
    # The busy item takes the licence instead of a paper; the rare one drops one.
    await guides.publish(
        world,
        a_guide(materials=papers("甲", "乙", satisfiable_by=["certificate:business_license"])),
    )
    await guides.publish(world, a_guide(materials=papers("甲", "乙"), **rare))
    await guides.publish(world, a_guide(item_code=code(4), name="示例气球放飞备案"))
    await sql.run("UPDATE service_item SET state = 'cancelled' WHERE code = $1", code(3))
    told = await supervision.reduced(world)
    assert (told.total.baseline, told.total.still) == (5, 3)
    assert told.total.permille == 400
    assert (told.total.baseline_by_volume, told.total.still_by_volume) == (21, 11)
    assert told.total.permille_by_volume == 476
    assert (told.gone, told.new) == (1, 1)
    busy = next(each for each in told.items if each.item_code == code(1))
    fates = {each.name: each.fate for each in busy.materials}
    assert fates == {"甲": supervision.Fate.BY_CERTIFICATE, "乙": supervision.Fate.DEMANDED}
    # What demanded nothing then and demands something now counts against.
    await guides.publish(world, a_guide(materials=papers("甲"), **nothing))
    told = await supervision.reduced(world)
    assert (told.total.baseline, told.total.still, told.new) == (5, 4, 1)
