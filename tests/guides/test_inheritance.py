from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import guides
from citydesk.guides import GuideContent
from citydesk.guides.regional import ALLOWED, deviations, overridden, with_own_words
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.world import World
from tests.guides.making import a_guide, code
from tests.guides.officers import officer

CITY, DISTRICT = "210100000000", "210103000000"
DAYS = {"unit": "working_day", "note": ""}
PHONE = {"consult_phone": "024-00000777"}


@pytest.fixture
async def street(world: World) -> str:
    """A street of the district."""
    found: str = await sql.value(
        "SELECT code FROM region WHERE parent_code = $1 AND level = '5' ORDER BY code LIMIT 1",
        DISTRICT,
    )
    return found


@pytest.fixture
async def community(world: World, street: str) -> str:
    """A community of the street."""
    found: str = await sql.value(
        "SELECT code FROM region WHERE parent_code = $1 ORDER BY code LIMIT 1", street
    )
    return found


@pytest.fixture
async def editor(world: World) -> Officer:
    await guides.publish(world, a_guide())
    return await officer(world, Role.EDITOR, "shijianju")


async def says(world: World, editor: Officer, region: str, **changes: Any) -> None:
    """Let a region say something its own way, claiming the item first."""
    claimed = await guides.claim(world, editor, code(), region)
    await guides.override(world, editor, code(), region, changes, claimed.row_version)


async def test_what_is_said_above_holds_below_until_somebody_nearer_says_otherwise(
    world: World, editor: Officer, street: str, community: str
) -> None:
    await says(world, editor, DISTRICT, promised_limit={"value": 3, **DAYS}, **PHONE)
    await says(world, editor, street, promised_limit={"value": 2, **DAYS})
    there = await guides.published(world, code(), community)
    assert there.content.promised_limit.value == 2
    assert there.content.consult_phone == PHONE["consult_phone"]
    assert set(there.overridden) == {"promised_limit", "consult_phone"}
    assert there.content.name == a_guide().name
    standard = await guides.published(world, code())
    assert standard.content == a_guide()
    assert (there.id, there.standard_hash) == (standard.id, standard.content_hash)
    assert there.hash8 != standard.hash8
    elsewhere = await guides.published(world, code(), "210102")
    assert (elsewhere.content, elsewhere.hash8) == (standard.content, standard.hash8)


async def test_one_change_at_the_top_shows_everywhere_at_once(
    world: World, editor: Officer, clock: SetClock, community: str
) -> None:
    await says(world, editor, DISTRICT, **PHONE)
    before = await guides.published(world, code(), community)
    clock.move(minutes=1)
    await guides.publish(world, a_guide(quantity_limit="每人一只"))
    for region in (CITY, DISTRICT, community):
        there = await guides.published(world, code(), region)
        assert there.content.quantity_limit == "每人一只"
        assert there.as_of > before.as_of
    below = await guides.published(world, code(), community)
    assert below.content.consult_phone == PHONE["consult_phone"]
    assert await sql.value("SELECT count(*) FROM region_guide") == 1, "nothing was copied"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "本区风筝许可"},
        {"materials": []},
        {"fees": []},
        {"promised_limit": {"value": 9, **DAYS}},
        {"promised_limit": {"value": 0, **DAYS}},
        {"promised_limit": {"value": 1, "unit": "month"}},
        {"promised_visits": 2},
        {"places": []},
        {"places": [{"hall": "heping", "windows": "外区窗口"}]},
        {"consult_phone": "024-00000102"},
        {"consult_phone": "see the door"},
        {"moon" * 40: 1},
    ],
)
async def test_anything_else_is_a_deviation_refused_and_noted_for_the_report(
    world: World, editor: Officer, changes: dict[str, Any]
) -> None:
    claimed = await guides.claim(world, editor, code(), DISTRICT)
    with pytest.raises(guides.DeviationRefused):
        await guides.override(world, editor, code(), DISTRICT, changes, claimed.row_version)
    assert (await guides.published(world, code(), DISTRICT)).content == a_guide()
    [noted] = await guides.deviations(world, DISTRICT)
    assert noted.refused
    assert (noted.item_code, noted.region_name) == (code(), "沈河区")
    assert await guides.deviations(world, "210102") == []


async def test_a_promise_that_the_standard_has_overtaken_no_longer_counts(
    world: World, editor: Officer
) -> None:
    await says(world, editor, DISTRICT, promised_limit={"value": 4, **DAYS}, **PHONE)
    await guides.publish(
        world, a_guide(promised_limit={"value": 2, **DAYS}, process_links=[LINK] * 5)
    )
    there = await guides.published(world, code(), DISTRICT)
    assert there.content.promised_limit.value == 2
    assert there.overridden == ("consult_phone",)
    [noted] = await guides.deviations(world)
    assert (noted.refused, noted.path) == (False, "promised_limit")


LINK = {"name": "受理", "unit": "综合窗口", "days": 0}


async def test_no_visits_left_means_no_reason_to_come(world: World, editor: Officer) -> None:
    await says(world, editor, DISTRICT, promised_visits=0)
    there = await guides.published(world, code(), DISTRICT)
    assert (there.content.promised_visits, there.content.onsite_reason) == (0, "")
    assert guides.check(there.content).sound


async def test_a_word_taken_back_is_the_standards_again(world: World, editor: Officer) -> None:
    await says(world, editor, DISTRICT, **PHONE)
    [own] = await guides.regions_of(world, code())
    with pytest.raises(guides.DraftMoved):
        await guides.override(world, editor, code(), DISTRICT, PHONE, own.row_version - 1)
    taken_back = {"consult_phone": None}
    await guides.override(world, editor, code(), DISTRICT, taken_back, own.row_version)
    assert (await guides.published(world, code(), DISTRICT)).content == a_guide()
    await guides.unclaim(world, editor, code(), DISTRICT)
    assert await guides.regions_of(world, code()) == []
    acts = await sql.rows("SELECT action FROM region_guide_event ORDER BY created_at, id")
    assert [row["action"] for row in acts] == ["claim", "override", "override", "unclaim"]
    with pytest.raises(guides.NotClaimed):
        await guides.override(world, editor, code(), DISTRICT, PHONE, 1)


async def test_only_an_editor_of_the_line_speaks_for_a_region(
    world: World, editor: Officer
) -> None:
    await sql.run(
        "INSERT INTO organ (id, created_at, code, credit_code, name, short_name, region_code, kind,"
        " position, supervising_organ_id) SELECT gen_random_uuid(), now(), 'shenhe-shijianju',"
        " '11990000MB0000990X', '沈河区市场监督管理局', '区局', $1, '1', 999, id FROM organ"
        " WHERE code = 'shijianju'",
        DISTRICT,
    )
    local = await officer(world, Role.EDITOR, "shenhe-shijianju")
    await says(world, local, DISTRICT, **PHONE)
    for who, region in (
        (local, "210102000000"),
        (local, CITY),
        (await officer(world, Role.EDITOR, "gongan"), DISTRICT),
        (await officer(world, Role.REVIEWER, "shijianju"), DISTRICT),
    ):
        with pytest.raises(guides.NotYourGuide):
            await guides.claim(world, who, code(), region)


async def test_what_nobody_carries_out_yet_is_reported_by_region(
    world: World, editor: Officer
) -> None:
    await guides.publish(world, a_guide(exercise_level="4"))
    before = {each.region_code: each for each in await guides.claims(world)}
    assert before[DISTRICT].claimed == 0
    assert code() in {each.code for each in await guides.unclaimed(world, DISTRICT)}
    await guides.claim(world, editor, code(), DISTRICT)
    after = {each.region_code: each for each in await guides.claims(world, DISTRICT)}
    assert after[DISTRICT].claimed == 1
    assert after[DISTRICT].expected == before[DISTRICT].expected
    assert all(each.region_code.startswith("210103") for each in after.values())
    assert code() not in {each.code for each in await guides.unclaimed(world, DISTRICT)}
    assert await guides.claim_where_handled(world) > 20
    assert await guides.claim_where_handled(world) == 0


# --- laws ----------------------------------------------------------------------------------------

words = st.fixed_dictionaries(
    {},
    optional={
        "promised_limit": st.builds(lambda days: {"value": days, **DAYS}, st.integers(0, 9)),
        "promised_visits": st.integers(0, 3),
        "consult_phone": st.sampled_from(["024-00000777", "024-00000888", "12345"]),
        "office_hours": st.sampled_from(["", "工作日 8:30-11:30"]),
        "schedule_daily_quota": st.none() | st.integers(0, 50),
        "name": st.just("本区风筝许可"),
    },
)


@given(own=st.lists(words, max_size=4))
def test_below_the_promise_is_never_longer_and_only_what_may_differ_differs(
    own: list[dict[str, Any]],
) -> None:
    standard = a_guide()
    said = [with_own_words(standard, own[:depth]) for depth in range(len(own) + 1)]
    assert said[0] == standard
    for wider, nearer in pairwise(said):
        assert nearer.promised_limit.value <= wider.promised_limit.value
        assert nearer.promised_visits <= wider.promised_visits
    for path in set(GuideContent.model_fields) - set(ALLOWED) - {"onsite_reason"}:
        assert getattr(said[-1], path) == getattr(standard, path)
    assert guides.check(said[-1]).sound
    assert set(overridden(standard, said[-1])) <= set(ALLOWED)


@given(own=words)
def test_saying_the_same_twice_says_nothing_new(own: dict[str, Any]) -> None:
    once = with_own_words(a_guide(), [own])
    assert with_own_words(a_guide(), [own, own]) == once
    if not deviations(a_guide(), own):
        assert all(path in own for path in overridden(a_guide(), once))
