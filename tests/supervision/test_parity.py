"""Every channel is asked like a citizen; one that serves another version raises an alarm."""

from dataclasses import replace

from citydesk import guides, supervision
from citydesk.guides.queries import Versions
from citydesk.guides.search.shelf import Shelf
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.reactions import REACTIONS
from citydesk.supervision.parity import own_doors
from citydesk.world import World
from models.supervision import Ability, Channel, ParityAlarm, ProbeOutcome
from tasks.draining import Drain
from tests.guides.making import a_guide, code
from tests.supervision.test_exceptions import an_officer
from tests.supervision.test_trials import only
from wechat.guides import Texts


async def published(world: World, clock: SetClock, **changes: object) -> guides.Guide:
    """Publish the kite guide; let the channels notice, and the grace pass."""
    await guides.publish(world, a_guide(**changes))
    await guides.refresh(world)
    clock.move(seconds=3)
    return await guides.published(world, code())


async def alarms(world: World) -> list[tuple[Channel, ProbeOutcome, int | None, bool]]:
    return [
        (each.channel, each.outcome, each.served_version_no, each.closed_at is None)
        for each in await supervision.alarms(world)
    ]


async def test_channels_that_agree_raise_nothing(
    world: World, server: str, clock: SetClock
) -> None:
    await only(world, a_guide())
    await published(world, clock)
    done = await supervision.compare_channels(world)
    assert (done.items, done.answers, done.alarms) == (1, 4, 0)
    assert await alarms(world) == []
    assert {
        each.channel: (each.asked, each.same) for each in await supervision.standings(world)
    } == {
        channel: (1, 1)
        for channel in (Channel.CHAT, Channel.APP, Channel.PORTAL, Channel.MINI_PROGRAM)
    }
    assert (await supervision.compare_channels(world)).items == 0  # asked a moment ago
    # Tried and answered with the version in force: only now the matrix says so.
    await supervision.lay_matrix(world)
    await supervision.try_item(world, code())
    rows = {row.channel: row for row in await supervision.channels_of(world, code())}
    assert rows[Channel.PORTAL].cells[Ability.QUERY].tested
    assert rows[Channel.PORTAL].cells[Ability.FILE].tested
    assert not rows[Channel.PORTAL].cells[Ability.BOOK].tested  # nobody has opened hours
    assert not rows[Channel.TERMINAL].cells[Ability.QUERY].tested


async def test_a_channel_that_serves_a_stale_version_is_caught_and_forgiven_when_mended(
    world: World, server: str, clock: SetClock
) -> None:
    await only(world, a_guide())
    first = await published(world, clock)
    second = await published(world, clock, acceptance_conditions=["风筝完好", "风不太大"])
    assert second.version_no == first.version_no + 1
    # The chat's own cache goes wrong: it would answer today's question with yesterday's text.
    texts = world.kept(Texts).kept
    doors = own_doors(world)
    await doors.chat(code(), second.name)
    [kept] = [key for key in texts if second.id in key]
    at, text = texts[kept]
    stale = text.replace(f"第{second.version_no}版·{second.hash8}", f"第1版·{first.hash8}")
    assert stale != text
    texts[kept] = (at, stale)
    await supervision.compare_item(world, code())
    assert await alarms(world) == [(Channel.CHAT, ProbeOutcome.OTHER_VERSION, 1, True)]
    assert await Drain(world, REACTIONS).until_empty() >= 1
    # Seen again it is the same alarm, noted; mended it closes by itself.
    texts[kept] = (world.clock.now(), stale)
    await supervision.compare_item(world, code())
    [open_one] = await supervision.alarms(world, open_only=True)
    assert open_one.times == 2
    await supervision.note_alarm(world, an_officer(), open_one.id, "已通知运维清除缓存")
    clock.move(minutes=5)
    await supervision.compare_item(world, code())
    assert await alarms(world) == [(Channel.CHAT, ProbeOutcome.OTHER_VERSION, 1, False)]


async def test_search_answers_say_their_version_and_a_stale_index_is_caught(
    world: World, server: str, clock: SetClock
) -> None:
    await only(world, a_guide())
    first = await published(world, clock)
    doors = own_doors(world)
    [row] = await doors.page_search(code(), first.name)
    assert (row.version_no, row.hash8) == (first.version_no, first.hash8)
    shelf = world.kept(Shelf)
    stale = shelf.index
    await published(world, clock, acceptance_conditions=["风筝完好", "风不太大"])
    shelf.index, fresh = stale, shelf.index
    assert shelf.index is not fresh
    # The application looks for a publication twice a second: hold the old index in its hands.
    async with shelf.rebuilding:
        await supervision.compare_item(world, code())
    # The chat, asked for the first time, writes its answer afresh whatever the index says.
    assert {channel for channel, _, _, _ in await alarms(world)} == {
        *(Channel.APP, Channel.PORTAL, Channel.MINI_PROGRAM)
    }


async def test_the_right_label_on_the_wrong_text_is_caught(
    world: World, server: str, clock: SetClock
) -> None:
    await only(world, a_guide())
    guide = await published(world, clock)
    kept = world.kept(Versions)  # what every channel of this process reads
    kept.keep(replace(guide, content=guide.content.model_copy(update={"quantity_limit": "三只"})))
    await supervision.compare_item(world, code())
    assert {(channel, outcome) for channel, outcome, _, _ in await alarms(world)} == {
        (Channel.APP, ProbeOutcome.OTHER_VERSION),
        (Channel.MINI_PROGRAM, ProbeOutcome.OTHER_VERSION),
    }


async def test_a_silent_channel_is_told_apart_from_a_wrong_one(
    world: World, clock: SetClock
) -> None:
    await only(world, a_guide())
    await published(world, clock)
    done = await supervision.compare_channels(world)  # nobody serves this address
    assert (done.items, done.alarms) == (1, 0)
    assert await ParityAlarm.all().count() == 0
    assert {
        (each.asked, each.same, each.silent) for each in await supervision.standings(world)
    } == {(1, 0, 1)}


async def test_a_version_just_published_is_left_alone_for_two_seconds(
    world: World, server: str, clock: SetClock
) -> None:
    await only(world, a_guide())
    done = await supervision.compare_channels(world)
    assert (done.items, done.answers) == (1, 0)
    assert await sql.value("SELECT count(*) FROM channel_probe") == 0
