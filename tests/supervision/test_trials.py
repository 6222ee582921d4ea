"""What is said to be possible is tried; what fails is seen, and nothing of it stays."""

from collections.abc import Awaitable, Callable

import pytest

from citydesk import guides, organs, supervision
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.paging import Page
from citydesk.supervision import RatedItem, ScopeKind, Standing
from citydesk.world import World
from models.supervision import Ability, Channel, Measure, Offer, Trial
from tests.city import planted
from tests.guides.making import a_guide, code, elements

LEFT_BEHIND = """
    SELECT (SELECT count(*) FROM appointment) + (SELECT count(*) FROM service_case)
        + (SELECT count(*) FROM case_event) + (SELECT count(*) FROM stored_file)
        + (SELECT coalesce(sum(booked), 0) FROM slot) + (SELECT count(*) FROM outbox_message)
"""


async def only(world: World, *contents: guides.GuideContent) -> None:
    """Leave these guides alone in the catalogue."""
    await sql.run("UPDATE service_item SET state = 'cancelled' WHERE kind = 'full'")
    await guides.publish_all(world, contents)


async def failing(world: World, item_code: str) -> dict[tuple[str, Trial], str]:
    tests = await supervision.trials_of(world, item_code)
    return {(each.hall_code, each.trial): each.detail for each in tests if not each.passed}


async def test_an_item_goes_all_the_way_and_nothing_of_it_stays(world: World) -> None:
    await planted(world)
    before = await sql.value(LEFT_BEHIND)
    item = (await guides.search(world, "开饭店"))[0].code
    done = await supervision.try_item(world, item)
    assert await failing(world, item) == {}
    assert (done.points > 10, done.failed) == (True, 0)
    assert {each.trial for each in await supervision.trials_of(world, item)} == set(Trial)
    assert await sql.value(LEFT_BEHIND) == before


async def shut(world: World, hall_code: str) -> None:
    """Close every window of a hall that takes applications."""
    hall = await organs.hall_by_code(world, hall_code)
    for window in await organs.windows(world, hall.id):
        role = organs.WindowRole(window.role)
        await organs.change_window(world, window.id, window.name, role, is_open=False)


async def test_a_real_failing_item_is_seen_and_the_history_keeps_when_it_began(
    world: World, clock: SetClock
) -> None:
    await only(world, a_guide(), a_guide(item_code=code(2), name="示例灯笼悬挂许可"))
    await supervision.try_items(world, seconds=60)
    assert await failing(world, code()) == {("shenhe", Trial.BOOK): "可预约的日子里没有空余号源"}
    await planted(world)
    clock.move(hours=1)
    await supervision.try_item(world, code())
    assert await failing(world, code()) == {}
    await shut(world, "shenhe")
    clock.move(hours=1)
    await supervision.try_item(world, code())
    assert await failing(world, code()) == {("shenhe", Trial.ENTER): "大厅没有开放的受理窗口"}
    changes = await supervision.changes_of(world, code())
    assert [(each.trial, each.passed) for each in changes] == [
        (Trial.ENTER, False),
        (Trial.BOOK, True),
        (Trial.BOOK, False),
    ]
    assert changes[0].at == clock.now()
    with pytest.raises(Exception, match="never changed"):
        await sql.run("UPDATE item_test_change SET passed = true")


async def test_a_form_nobody_can_fill_in_fails_the_item(world: World) -> None:
    [field] = elements()["form_fields"]
    phone = {**field, "key": "phone", "label": "联系电话", "type": "phone", "max_length": 5}
    await only(world, a_guide(form_fields=[phone], is_schedule=False))
    await supervision.try_items(world, seconds=60)
    said = "表单里有填写不对的地方，请修改。"
    assert await failing(world, code()) == {
        ("shenhe", Trial.FILE): said,
        ("shenhe", Trial.HANDLE): said,
    }
    share = await supervision.city_rate(world, Measure.ONLINE)
    assert (share.due, share.passed, share.failed) == (1, 0, 1)


async def test_the_rates_count_what_passed_on_the_version_in_force_within_a_week(
    world: World, clock: SetClock
) -> None:
    await planted(world)
    window_only = {"is_online": False, "online_depth": "1", "forms": ["1"], "is_schedule": False}
    at_window = a_guide(item_code=code(2), name="示例灯笼悬挂许可", **window_only)
    local = {"exercise_level": "4", "places": [{"hall": "shenhe", "windows": "一号窗口"}]}
    both = a_guide(item_code=code(3), name="示例鸽哨登记", **local)
    await only(world, a_guide(), at_window, both)

    async def rate(measure: Measure) -> tuple[int, int, int, int]:
        share = await supervision.city_rate(world, measure)
        return share.due, share.passed, share.failed, share.untested

    assert await rate(Measure.ONLINE) == (3, 0, 0, 3)
    await supervision.try_items(world, seconds=60)
    assert await rate(Measure.ENTRY) == (3, 3, 0, 0)
    assert await rate(Measure.ONLINE) == (3, 2, 1, 0)
    assert await rate(Measure.BOOKABLE) == (2, 2, 0, 0)
    await guides.publish(world, a_guide(promised_limit={"value": 4, "unit": "working_day"}))
    assert await rate(Measure.ONLINE) == (3, 1, 1, 1)  # the new version was not tried yet
    await supervision.try_items(world, seconds=60)
    assert await rate(Measure.ONLINE) == (3, 2, 1, 0)
    await check_districts(world)
    await shut(world, "shenhe")
    clock.move(days=1, seconds=1)
    await supervision.try_items(world, seconds=60)
    assert await rate(Measure.ENTRY) == (3, 0, 3, 0)
    clock.move(days=7)
    assert await rate(Measure.ONLINE) == (3, 0, 0, 3)  # a week later nothing is proven any more


async def check_districts(world: World) -> None:
    """Only the one district level item is owed everywhere; it is to be had in one district."""
    local = {
        each.name: each.share
        for each in await supervision.rates_by(world, Measure.ENTRY, ScopeKind.DISTRICT)
    }
    assert (local["沈河区"].due, local["沈河区"].passed) == (3, 3)
    assert (local["和平区"].due, local["和平区"].passed, local["和平区"].failed) == (1, 0, 1)
    heping = next(
        each.code
        for each in await supervision.rates_by(world, Measure.ENTRY, ScopeKind.DISTRICT)
        if each.name == "和平区"
    )
    page = await supervision.rated_items(world, Measure.ENTRY, ScopeKind.DISTRICT, heping)
    assert [(each.item_name, each.standing, each.reason) for each in page.items] == [
        ("示例鸽哨登记", Standing.FAILED, "本区没有办理点。")
    ]
    by_department = await supervision.rates_by(world, Measure.ONLINE, ScopeKind.DEPARTMENT)
    assert [(each.share.due, each.share.passed) for each in by_department] == [(3, 2)]
    rows = await everything(
        lambda cursor: supervision.rated_items(
            world,
            Measure.ONLINE,
            ScopeKind.DEPARTMENT,
            by_department[0].code,
            cursor=cursor,
            limit=1,
        )
    )
    assert {each.item_code: each.standing for each in rows} == {
        code(1): Standing.PASSED,
        code(2): Standing.FAILED,
        code(3): Standing.PASSED,
    }
    assert next(each for each in rows if each.item_code == code(2)).reason.startswith(
        "指南没有开通"
    )


async def everything(
    ask: Callable[[str | None], Awaitable[Page[RatedItem]]],
) -> list[RatedItem]:
    """Read a list page by page to its end."""
    page = await ask(None)
    found = list(page.items)
    while page.next_cursor:
        page = await ask(page.next_cursor)
        found += page.items
    return found


async def test_the_matrix_follows_what_is_published(world: World) -> None:
    await only(world, a_guide())
    await supervision.lay_matrix(world)
    assert await supervision.lay_matrix(world) == 0  # nothing has changed, nothing is written
    rows = await supervision.channels_of(world, code())
    assert [row.channel for row in rows] == list(Channel)
    app = next(row for row in rows if row.channel is Channel.APP)
    assert app.cells[Ability.FILE].offer is Offer.LIVE
    assert not any(cell.tested for row in rows for cell in row.cells.values())
    await guides.publish(world, a_guide(is_online=False, online_depth="1", forms=["1"]))
    assert await supervision.lay_matrix(world) == 4  # the four channels one uses by oneself
    app = next(r for r in await supervision.channels_of(world, code()) if r.channel is Channel.APP)
    assert app.cells[Ability.FILE].offer is Offer.NOT_OFFERED
    ways = [
        {"code": "01", "name": "首次放飞"},
        {"code": "02", "name": "再次放飞", "is_online": False},
    ]
    await guides.publish(world, a_guide(variants=ways))
    await supervision.lay_matrix(world)
    rows = [r for r in await supervision.channels_of(world, code()) if r.channel is Channel.APP]
    assert [(r.variant_code[-2:], r.cells[Ability.FILE].offer) for r in rows] == [
        ("01", Offer.LIVE),
        ("02", Offer.NOT_OFFERED),
    ]
    await supervision.try_items(world, seconds=60)
    assert len(await supervision.trials_of(world, code())) > 0
    await only(world, a_guide(item_code=code(2), name="示例灯笼悬挂许可"))
    await supervision.lay_matrix(world)
    await supervision.try_items(world, seconds=60)
    assert await supervision.channels_of(world, code()) == []
    assert await supervision.trials_of(world, code()) == []
    with pytest.raises(guides.NoSuchGuide):
        await supervision.channels_of(world, "nothing")
