"""Booking a place at pages inside WeChat."""

import re

from citydesk.kit.clock import SetClock
from citydesk.world import World
from tasks import outbox
from tests.people import Outside
from tests.portal.conftest import Surfer
from tests.portal.phone import named, proof

FOOD = "11990000MB000003554000901001000"
BOOK = f"/my/book/{FOOD}"


def offered(name: str, html: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', html)


async def chosen(surfer: Surfer) -> tuple[str, list[str], str]:
    """Choose a hall and a day; return the address, the free slots and the form's proof."""
    page = await surfer.get(BOOK)
    hall = next(each for each in offered("hall", page.text) if each == "shenhe")
    page = await surfer.get(f"{BOOK}?hall={hall}")
    day = offered("day", page.text)[1]
    path = f"{BOOK}?hall={hall}&day={day}"
    page = await surfer.get(path)
    return path, offered("slot", page.text), proof(page)


async def test_a_place_is_booked_in_three_steps_and_given_back(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    path, slots, csrf = await chosen(surfer)
    booked = await surfer.post(path, csrf=csrf, slot=slots[0])
    assert (booked.status, booked.headers["location"]) == (303, "/my/appointments")
    page = await surfer.get("/my/appointments")
    assert "预约成功" in page.text
    assert "沈河区政务服务中心" in page.text
    cancelling = re.search(r"/my/appointments/[0-9a-f-]{36}/cancel", page.text)
    assert cancelling is not None
    asked = await surfer.get(cancelling[0])
    assert "取消这个预约？" in asked.text
    done = await surfer.post(cancelling[0], csrf=proof(asked))
    assert done.status == 303
    assert "已取消" in (await surfer.get("/my/appointments")).text


async def test_what_cannot_be_booked_is_told_on_the_same_page(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    path, slots, csrf = await chosen(surfer)
    assert (await surfer.post(path, csrf=csrf)).status == 422
    assert (await surfer.post(path, csrf=csrf, slot="nonsense")).status == 422
    assert (await surfer.post(path, csrf=csrf, slot=slots[0])).status == 303
    twice = await surfer.post(path, csrf=csrf, slot=slots[1])
    assert twice.status == 409
    assert "不用重复预约" in twice.text
    assert "第三步" in twice.text
    assert (await surfer.post(path, csrf="no", slot=slots[1])).status == 403


async def test_strange_halls_and_days_begin_again(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    for query in ("?hall=mars", "?hall=shenhe&day=soon", "?hall=shenhe&day=1999-01-01"):
        assert (await surfer.get(BOOK + query)).status == 200
    assert (await surfer.get("/my/book/nothing")).status == 404


async def test_another_citizens_appointment_is_not_there(
    surfer: Surfer, outside: Outside, world: World
) -> None:
    await named(world, surfer, outside)
    path, slots, csrf = await chosen(surfer)
    await surfer.post(path, csrf=csrf, slot=slots[0])
    page = await surfer.get("/my/appointments")
    cancelling = re.search(r"/my/appointments/[0-9a-f-]{36}/cancel", page.text)
    assert cancelling is not None
    surfer.session.cookie_jar.clear()
    await named(world, surfer, outside, "li")
    assert (await surfer.get(cancelling[0])).status == 404
    own = await surfer.get("/my")
    assert (await surfer.post(cancelling[0], csrf=proof(own))).status == 404
    assert (await surfer.get("/my/appointments/x/cancel")).status == 404


async def test_a_push_about_a_place_opens_my_appointments(
    surfer: Surfer, outside: Outside, world: World, clock: SetClock
) -> None:
    await outside.control("POST", "people/zhang/follow")
    await named(world, surfer, outside)
    path, slots, csrf = await chosen(surfer)
    await surfer.post(path, csrf=csrf, slot=slots[0])
    while await outbox.drain(world):
        pass
    assert f"{world.settings.public_url}/my/appointments" in str(await outside.on_phone("zhang"))
    assert "预约成功" in (await surfer.get("/my/messages")).text


async def test_the_chat_leads_to_the_pages(surfer: Surfer, outside: Outside, world: World) -> None:
    await outside.control("POST", "people/zhang/follow")
    said = await outside.says("zhang", "预约 / 网上办", bizmsgmenuid=f"b:{FOOD}")
    assert f'<a href="{world.settings.public_url}{BOOK}">' in said
