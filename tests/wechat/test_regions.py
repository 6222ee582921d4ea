"""The chat answers for the asker's district: the one named, else where they last turned to."""

import pytest

from citydesk import appointments
from citydesk.gateways.own_doors import PROBER_OPENID
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.identity import Account
from tasks.outbox import drain
from tests.appointments.making import slot
from tests.cases.making import Desk, kite_guide
from tests.people import Outside
from tests.wechat.door import follow, links, tap
from wechat.regions import KEPT_ASKERS, Named, asked_for, usual

pytestmark = pytest.mark.usefixtures("server")
WHERE = "在哪办：{}"


async def test_a_district_named_in_the_question_is_where_one_is_sent(outside: Outside) -> None:
    await follow(outside)
    city = await outside.says("zhang", "开饭店")
    assert WHERE.format("沈阳市政务服务中心") in city
    for said in ("铁西区开饭店", "我在浑南想开饭店", "于洪区的食品经营许可(新办)"):
        answer = await outside.says("zhang", said)
        assert answer.startswith("【食品经营许可(新办)】"), said
        district = next(each for each in ("铁西区", "浑南区", "于洪区") if each[:2] in said)
        assert WHERE.format(f"{district}政务服务中心") in answer
    places = await tap(outside, "zhang", answer, next(iter(_places(answer))))
    assert places.index("于洪区政务服务中心") < places.index("沈阳市政务服务中心")
    there = await outside.says("zhang", "那沈北的呢")
    assert WHERE.format("沈北新区政务服务中心") in there


async def test_who_has_booked_is_sent_to_the_district_of_that_hall(
    world: World, outside: Outside
) -> None:
    desk = await Desk.open(world)
    await follow(outside)
    person = await outside.person("zhang")
    openid = person["openid"]
    await Account.filter(openid=openid).update(identity_id=desk.citizen.identity_id)
    assert await usual(world, openid) is None
    await appointments.book(world, desk.citizen, await slot(world, 1), await kite_guide(world))
    await drain(world)
    assert await usual(world, openid) == "210103000000"
    answer = await outside.says("zhang", "开饭店")
    assert WHERE.format("沈河区政务服务中心") in answer
    assert WHERE.format("铁西区政务服务中心") in await outside.says("zhang", "铁西开饭店")


async def test_who_has_named_a_district_is_remembered_for_ten_minutes(
    world: World, clock: SetClock
) -> None:
    kept = world.kept(Named).kept
    for number in range(KEPT_ASKERS):
        kept[f"o{number}"] = (clock.now(), "210106000000")
    assert await asked_for(world, "somebody", "在和平区办护照") == "210102000000"
    assert len(kept) == KEPT_ASKERS
    assert await asked_for(world, "somebody", "护照") == "210102000000"
    clock.move(minutes=11)
    assert await asked_for(world, "somebody", "护照") is None
    assert await asked_for(world, PROBER_OPENID, "护照") is None


def _places(answer: str) -> list[str]:
    return [menu_id for menu_id in links(answer) if menu_id.startswith("p:")]
