import random
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from citydesk import cases, guides
from citydesk.guides import Action, Draft, ItemState, VersionState
from citydesk.guides.machine import BY_ACTION, ENDED, STEPS, Actor, step_for
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from tests.cases.making import Desk
from tests.guides.making import a_guide, code, elements
from tests.guides.officers import officer, staff
from tests.schema import MONDAY

DRAFT, APPROVED, PUBLISHED = VersionState.DRAFT, VersionState.APPROVED, VersionState.PUBLISHED


# --- the table -----------------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Anybody tries any step at any time; the table alone says what happens."""

    def __init__(self) -> None:
        super().__init__()
        self.state: VersionState | None = None
        self.path: list[tuple[Action, Actor]] = []

    @rule(action=st.sampled_from(Action), actor=st.sampled_from(Actor), said=st.sampled_from("x "))
    def tries(self, action: Action, actor: Actor, said: str) -> None:
        try:
            step = step_for(action, self.state, actor, said)
        except Refusal:
            return
        assert not step.needs or said.strip()
        self.state = step.to_state or self.state
        self.path.append((action, actor))

    @invariant()
    def only_what_was_reviewed_and_published_is_shown(self) -> None:
        took = [action for action, _ in self.path]
        if self.state in (PUBLISHED, VersionState.SUSPENDED):
            last = took[: len(took) - took[::-1].index(Action.PUBLISH)]
            assert last[-1] is Action.PUBLISH
            since = took[len(took) - took[::-1].index(Action.SUBMIT) - 1 :]
            assert Action.APPROVE in since
            assert Action.SEND_BACK not in since

    @invariant()
    def nothing_comes_back_from_the_end(self) -> None:
        if self.state in ENDED:
            assert not [step for step in STEPS if self.state in step.from_states]

    @invariant()
    def each_post_took_its_own_steps_only(self) -> None:
        for action, actor in self.path:
            assert actor in BY_ACTION[action].actors
        assert (Action.APPROVE, Actor.EDITOR) not in self.path


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# --- a life in full ------------------------------------------------------------------------------


async def test_from_the_first_draft_to_the_second_version(world: World, clock: SetClock) -> None:
    editor, reviewer, publisher = await staff(world)
    await add_entry()
    begun = await guides.new_draft(world, editor, elements(faqs=[], places=[]))
    with pytest.raises(guides.GuideFaulty) as faulty:
        await guides.submit(world, editor, begun.id, begun.row_version)
    assert [each["field"] for each in faulty.value.facts["errors"]] == ["places"]
    with pytest.raises(guides.NoSuchGuide):
        await guides.published(world, code())
    saved = await guides.save_draft(world, editor, begun.id, elements(), begun.row_version)
    with pytest.raises(guides.DraftMoved):
        await guides.save_draft(world, editor, begun.id, elements(), begun.row_version)
    handed = await guides.submit(world, editor, saved.id, saved.row_version)
    back = await guides.send_back(world, reviewer, handed.id, handed.row_version, "写清领证时间")
    assert (back.state, back.reason) == (DRAFT, "写清领证时间")
    again = await guides.submit(world, editor, back.id, back.row_version)
    passed = await guides.approve(world, reviewer, again.id, again.row_version)
    assert passed.reviewer_id == reviewer.officer_id
    shown = await guides.release(world, publisher, passed.id, passed.row_version)
    assert shown.state is PUBLISHED
    first = await guides.published(world, code())
    assert (first.id, first.version_no, first.content) == (begun.id, 1, a_guide())
    clock.move(days=1)
    next_one = await guides.revise(world, editor, code())
    with pytest.raises(guides.DraftOpen):
        await guides.revise(world, editor, code())
    await publish_through(world, next_one, elements(quantity_limit="每人一只"))
    second = await guides.published(world, code())
    assert (second.version_no, second.content.quantity_limit) == (2, "每人一只")
    assert (await guides.version(world, first.id)).content == first.content
    lines = await guides.versions(world, code())
    assert [(each.version_no, each.state) for each in lines] == [
        (2, PUBLISHED),
        (1, VersionState.SUPERSEDED),
    ]
    done = [each.action for each in await guides.history(world, code())]
    assert done.count(Action.PUBLISH) == 2
    assert done[-6:] == [
        *(Action.APPROVE, Action.SUBMIT, Action.SEND_BACK),
        *(Action.SUBMIT, Action.WRITE, Action.BEGIN),
    ]


async def test_nobody_reviews_what_they_wrote_in_whatever_post(world: World) -> None:
    editor, _, _ = await staff(world)
    await add_entry()
    begun = await guides.new_draft(world, editor, elements())
    other = await officer(world, Role.EDITOR, "shijianju")
    saved = await guides.save_draft(world, other, begun.id, elements(), begun.row_version)
    handed = await guides.submit(world, other, saved.id, saved.row_version)
    for writer in (editor, other):
        same = await officer(world, Role.REVIEWER, person=writer.officer_id)
        with pytest.raises(guides.OwnWork):
            await guides.approve(world, same, handed.id, handed.row_version)
    with pytest.raises(guides.NotYourGuide):
        await guides.approve(world, other, handed.id, handed.row_version)
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.run("UPDATE version_life SET reviewer_id = editor_id WHERE id = $1", handed.id)


async def test_a_guide_is_its_own_departments_and_the_governments(world: World) -> None:
    await add_entry()
    stranger = await officer(world, Role.EDITOR, "gongan")
    with pytest.raises(guides.NotYourGuide):
        await guides.new_draft(world, stranger, elements())
    above = await officer(world, Role.EDITOR, "zhengfu")
    begun = await guides.new_draft(world, above, elements())
    assert begun.organ_code == "shijianju"
    with pytest.raises(guides.NotYourGuide):
        await guides.save_draft(world, stranger, begun.id, elements(), begun.row_version)


async def test_a_guide_outside_the_basic_catalogue_goes_no_further(world: World) -> None:
    editor, _, _ = await staff(world)
    begun = await guides.new_draft(world, editor, elements())
    with pytest.raises(guides.GuideFaulty) as faulty:
        await guides.submit(world, editor, begun.id, begun.row_version)
    assert "基本目录" in faulty.value.facts["errors"][0]["detail"]


async def test_a_version_comes_into_force_on_its_day_and_once(
    world: World, clock: SetClock
) -> None:
    approved = await approved_draft(world, elements())
    publisher = await officer(world, Role.PUBLISHER)
    today = clock.today()
    yesterday = today - timedelta(days=1)
    with pytest.raises(guides.ReasonNeeded):
        await guides.release(world, publisher, approved.id, approved.row_version, yesterday)
    on = today + timedelta(days=3)
    waiting = await guides.release(world, publisher, approved.id, approved.row_version, on)
    assert (waiting.state, waiting.released, waiting.plan_effective_on) == (APPROVED, True, on)
    assert await guides.versions_due(world) == 0
    with pytest.raises(guides.NoSuchGuide):
        await guides.published(world, code())
    clock.move(days=3)
    assert await guides.versions_due(world) == 1
    assert await guides.versions_due(world) == 0
    assert (await guides.published(world, code())).id == approved.id


async def test_a_version_that_became_unfit_waits_for_a_person(
    world: World, clock: SetClock
) -> None:
    approved = await approved_draft(world, elements())
    publisher = await officer(world, Role.PUBLISHER)
    on = clock.today() + timedelta(days=1)
    await guides.release(world, publisher, approved.id, approved.row_version, on)
    await sql.run("UPDATE catalog_entry SET state = 'cancelled' WHERE name = '示例风筝'")
    clock.move(days=1)
    assert await guides.versions_due(world) == 0
    held = await guides.draft(world, approved.id)
    assert (held.state, held.released) == (APPROVED, False)
    assert "到期未能发布" in held.reason
    assert await guides.versions_due(world) == 0


async def test_a_suspended_item_says_so_and_goes_on_by_itself(
    world: World, clock: SetClock
) -> None:
    await guides.publish(world, a_guide())
    publisher = await officer(world, Role.PUBLISHER)
    before = await sql.value("SELECT revision FROM catalogue_revision")
    until = clock.today() + timedelta(days=2)
    await guides.suspend(world, publisher, code(), "风筝检测设备检修", until)
    assert await sql.value("SELECT revision FROM catalogue_revision") == before + 1
    with pytest.raises(guides.ItemSuspended) as refused:
        await guides.published(world, code())
    assert "2026年3月4日恢复" in refused.value.detail
    assert "检测设备检修" in refused.value.detail
    shown = await guides.shown(world, code())
    assert (shown.state, shown.notice) == (ItemState.SUSPENDED, refused.value.detail)
    assert (await guides.entry(world, code())).state is ItemState.SUSPENDED
    clock.move(days=2)
    assert await guides.versions_due(world) == 1
    assert (await guides.published(world, code())).notice == ""


async def test_an_item_ends_on_its_day_and_its_pinned_version_stays(
    world: World, clock: SetClock
) -> None:
    await guides.publish(world, a_guide())
    pinned = await guides.published(world, code())
    publisher = await officer(world, Role.PUBLISHER)
    with pytest.raises(guides.ReasonNeeded):
        await guides.cancel(world, publisher, code(), "  ")
    on = clock.today() + timedelta(days=1)
    await guides.cancel(world, publisher, code(), "示例决定第3号", on)
    assert (await guides.published(world, code())).id == pinned.id
    clock.move(days=1)
    assert await guides.versions_due(world) == 1
    with pytest.raises(guides.ItemCancelled) as refused:
        await guides.published(world, code())
    assert "示例决定第3号" in refused.value.detail
    assert await guides.version(world, pinned.id) == pinned
    names = [each.code for each in (await guides.published_page(world, limit=100)).items]
    assert code() not in names


async def test_an_open_case_keeps_its_version_whatever_becomes_of_the_item(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    first = await guides.published(world, code())
    day = {"unit": "working_day", "note": ""}
    links = [{**link, "days": 0} for link in elements()["process_links"]]
    changed = {**first.content.model_dump(mode="json"), "promised_limit": {"value": 1, **day}}
    publisher = await officer(world, Role.PUBLISHER)
    begun = await guides.revise(world, await officer(world, Role.EDITOR), code())
    await publish_through(world, begun, {**changed, "process_links": links})
    await guides.suspend(world, publisher, code(), "检修")
    assert (await guides.shown(world, code())).version_no == 2
    await cases.receive(world, desk.front, case.id)
    accepted = await cases.accept(world, desk.front, case.id)
    assert accepted.item_version_id == first.id
    assert accepted.promised_on == MONDAY.date() + timedelta(days=7), "five working days, not one"
    with pytest.raises(guides.ItemSuspended):
        await desk.draft(code())


# --- splitting and merging -----------------------------------------------------------------------


async def test_a_split_item_ends_when_its_last_part_is_in_force(world: World) -> None:
    await guides.publish(world, a_guide())
    old = await guides.published(world, code())
    editor, _, _ = await staff(world)
    parts = [elements(item_code=code(number), name=f"示例风筝许可之{number}") for number in (2, 3)]
    with pytest.raises(guides.ReasonNeeded):
        await guides.split(world, editor, code(), parts[:1], "示例决定")
    first, second = await guides.split(world, editor, code(), parts, "示例决定")
    await add_entry(2, 3)
    await publish_through(world, first, first.content)
    assert (await guides.published(world, code())).id == old.id
    await publish_through(world, second, second.content)
    with pytest.raises(guides.ItemCancelled) as refused:
        await guides.published(world, code())
    assert refused.value.facts["successors"] == [code(2), code(3)]
    assert "拆分为“示例风筝许可之2”、“示例风筝许可之3”" in refused.value.detail
    links = await sql.rows("SELECT kind, from_version_id FROM item_link ORDER BY id")
    assert [(row["kind"], row["from_version_id"]) for row in links] == [("split_from", old.id)] * 2
    assert (await guides.version(world, old.id)).content == a_guide()


async def test_merged_items_end_when_the_new_one_is_in_force(world: World) -> None:
    await guides.publish_all(world, [a_guide(), a_guide(item_code=code(2), name="示例风筝许可之2")])
    editor, _, _ = await staff(world)
    whole = elements(item_code=code(3), name="示例风筝合并许可")
    merged = await guides.merge(world, editor, [code(), code(2)], whole, "示例决定")
    await add_entry(3)
    await publish_through(world, merged, whole)
    for gone in (code(), code(2)):
        shown = await guides.shown(world, gone)
        assert (shown.state, shown.successors) == (ItemState.CANCELLED, (code(3),))
    assert (await guides.published(world, code(3))).version_no == 1


# --- what must never be --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_anybody_does_no_forbidden_state_is_reached(
    world: World, clock: SetClock, seed: int
) -> None:
    """A walk at random through every verb, by people who hold several posts."""
    chance = random.Random(seed)
    await add_entry()
    # Three who hold every post, and two who never write.
    everything = (Role.EDITOR, Role.REVIEWER, Role.PUBLISHER)
    posts = [
        await officer(world, role, "zhengfu", UUID(int=person))
        for person in range(5)
        for role in everything[person > 2 :]
    ]
    moved = 0
    for turn in range(300):
        who = chance.choice(posts)
        try:
            await something(world, clock, chance, who, turn)
        except Refusal:
            continue
        moved += 1
        await nothing_forbidden()
    assert moved > 20
    assert await sql.value(
        "SELECT true FROM version_event WHERE action = 'publish' AND code = $1 LIMIT 1", code()
    ), "a walk that never publishes proves little"


async def something(
    world: World, clock: SetClock, chance: random.Random, who: Officer, turn: int
) -> None:
    lives = await sql.rows(
        "SELECT id, row_version FROM version_life WHERE code = $1 ORDER BY created_at, id", code()
    )
    if not lives or chance.random() < 0.1:
        known = await sql.value("SELECT true FROM service_item WHERE code = $1", code())
        revised = guides.revise(world, who, code()) if known else None
        await (revised or guides.new_draft(world, who, elements()))
        return
    life = lives[-1] if chance.random() < 0.8 else chance.choice(lives)
    at = (world, who, life["id"], life["row_version"])
    match chance.randrange(13):
        case 0:
            text = elements(quantity_limit=f"{turn} 只")
            await guides.save_draft(world, who, life["id"], text, life["row_version"])
        case 1 | 2 | 3:
            await guides.submit(*at)
        case 4 | 5 | 6:
            await guides.approve(*at)
        case 7 | 8:
            on = chance.choice([None, clock.today() + timedelta(days=1)])
            await guides.release(*at, on)
        case 9:
            back = (guides.send_back, guides.discard_draft)[turn % 2]
            await (guides.recall(*at) if turn % 3 else back(*at, chance.choice(["", "再改"])))
        case 10:
            await guides.suspend(world, who, code(), "检修", None)
        case 11:
            await guides.resume(world, who, code())
        case _:
            clock.move(days=1)
            await guides.versions_due(world)


async def nothing_forbidden() -> None:
    """What holds of every row whatever was done."""
    assert not await sql.rows("SELECT id FROM version_life WHERE reviewer_id = editor_id")
    wrote_and_approved = """
        SELECT FROM version_event approved JOIN version_event wrote USING (version_id, officer_id)
        WHERE approved.action = 'approve' AND wrote.action IN ('begin', 'write', 'submit')
          AND wrote.created_at <= approved.created_at
    """
    assert not await sql.rows(wrote_and_approved)
    in_force = await sql.rows(
        "SELECT life.id, item.current_version_id, life.state, item.state AS item_state"
        " FROM version_life life JOIN service_item item ON item.id = life.item_id"
        " WHERE life.state IN ('published', 'suspended') AND item.code = $1",
        code(),
    )
    assert len(in_force) <= 1
    for row in in_force:
        assert row["id"] == row["current_version_id"]
        assert (row["state"] == "suspended") == (row["item_state"] == "suspended")
        approvals = await sql.value(
            "SELECT count(*) FROM version_event WHERE version_id = $1 AND action = 'approve'",
            row["id"],
        )
        assert approvals >= 1
    last = """
        SELECT life.id FROM version_life life
        WHERE life.state IS DISTINCT FROM (
            SELECT event.to_state FROM version_event event WHERE event.version_id = life.id
            ORDER BY event.created_at DESC, event.id DESC LIMIT 1)
    """
    assert not await sql.rows(last), "the state is the sum of the events"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE version_event SET reason = 'x'",
        "DELETE FROM version_event",
        "UPDATE version_life SET content = '{}' WHERE state = 'published'",
        "UPDATE version_life SET state = 'draft' WHERE state = 'published'",
    ],
)
async def test_the_database_itself_keeps_what_has_happened(world: World, change: str) -> None:
    with pytest.raises((asyncpg.RaiseError, asyncpg.CheckViolationError)):
        await sql.run(change)


async def test_drafts_are_listed_by_state_department_and_word(world: World) -> None:
    editor, _, _ = await staff(world)
    for number in (1, 2, 3):
        await guides.new_draft(
            world, editor, elements(item_code=code(number), name=f"示例风筝{number}号")
        )
    page = await guides.drafts(world, limit=2)
    assert [each.name for each in page.items] == ["示例风筝3号", "示例风筝2号"]
    rest = await guides.drafts(world, cursor=page.next_cursor, limit=2)
    assert [each.name for each in rest.items] == ["示例风筝1号"]
    assert rest.next_cursor is None
    assert len((await guides.drafts(world, q="2号")).items) == 1
    assert (await guides.drafts(world, q="100%")).items == []
    assert (await guides.drafts(world, organ_code="gongan")).items == []
    assert len((await guides.drafts(world, state=PUBLISHED, limit=5)).items) == 5


# --- steps many tests take -----------------------------------------------------------------------


async def add_entry(*numbers: int) -> None:
    """Enter items of the tests into the basic catalogue."""
    for number in numbers or (1,):
        await sql.run(
            "INSERT INTO catalog_entry (id, created_at, changed_at, catalog_code, name, item_type,"
            " legal_basis, exercise_levels, state) VALUES (gen_random_uuid(), now(), now(), $1,"
            " '示例风筝', '01', '[]', '[]', 'in_force')",
            code(number)[19:],
        )


async def approved_draft(world: World, content: dict[str, object]) -> Draft:
    """A draft that an editor wrote and somebody else approved."""
    editor, reviewer, _ = await staff(world)
    await add_entry()
    begun = await guides.new_draft(world, editor, content)
    handed = await guides.submit(world, editor, begun.id, begun.row_version)
    return await guides.approve(world, reviewer, handed.id, handed.row_version)


async def publish_through(world: World, begun: Draft, content: dict[str, object]) -> None:
    """Take a draft through review and publication."""
    editor, reviewer, publisher = await staff(world)
    saved = await guides.save_draft(world, editor, begun.id, content, begun.row_version)
    handed = await guides.submit(world, editor, saved.id, saved.row_version)
    passed = await guides.approve(world, reviewer, handed.id, handed.row_version)
    shown = await guides.release(world, publisher, passed.id, passed.row_version)
    assert shown.state is PUBLISHED
