"""What was given once is proposed again: with source and day, and never to another person."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from citydesk import cases, guides, identity
from citydesk.cases import Action, Standing, prefill
from citydesk.cases.forms import CHANGED
from citydesk.cases.prefill import proposals
from citydesk.identity import Citizen, Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case
from models.identity import Identity
from tests.cases.making import FORM, HALL, NAME, PDF, Desk, applicant, employed, field, kite_guide
from tests.guides.making import a_guide, code

ASKED = [
    field("name", "text", about="applicant_name"),
    field("id_no", "id_no", label="身份证号"),
    field("phone", "phone", about="applicant_phone"),
    field("home", "address", about="applicant_address"),
    field("kite", "text"),
    field("colour", "choice", options=["红", "黄"], required=False),
    field("wish", "textarea", required=False),
    field("sure", "boolean", required=False),
]
TYPED = {
    "name": NAME,
    "id_no": FORM["id_no"],
    "phone": "10087654321",
    "home": "沈河区示例路9号",
    "kite": "蜈蚣",
    "colour": "红",
    "wish": "放高一点",
    "sure": True,
}


async def with_phone(world: World, citizen: Citizen, phone: str) -> None:
    person = await Identity.get(id=citizen.identity_id)
    person.phone_sealed = world.seals.seal(phone, "identity.phone", person.id)
    await person.save(update_fields=["phone_sealed"])


async def filed(world: World, citizen: Citizen, item: str, form: dict[str, Any]) -> Case:
    case = await cases.start(world, citizen, item, HALL, form)
    await cases.attach(world, citizen, case.id, "m01", "示例.pdf", PDF)
    return await cases.submit(world, citizen, case.id)


async def other_item(world: World, **changes: Any) -> str:
    """Publish another item with the same questions under other names."""
    fields = [
        field("applicant_name", "text", label="姓名"),
        field("contact_phone", "phone", label="联系电话"),
        field("child_id_no", "id_no", label="儿童身份证号"),
        field("live_address", "address", label="现住址"),
        field("kite", "text", label="问题kite"),
        field("colour", "choice", options=["红", "黄"], required=False),
    ]
    await guides.publish(
        world, a_guide(item_code=code(2), name="示例风筝备案", form_fields=fields, **changes)
    )
    return code(2)


async def test_answers_are_proposed_with_their_source_and_day(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    citizen = desk.citizen
    await with_phone(world, citizen, "+8610000000009")
    item = await kite_guide(world, form_fields=ASKED)
    clock.move(days=3)
    first = await cases.start(world, citizen, item, HALL, {})
    offered = (await cases.filled_form(world, citizen, first.id)).proposals
    assert {key: each.value for key, each in offered.items()} == {
        "name": NAME,
        "id_no": FORM["id_no"],
        "phone": "10000000009",
    }
    assert offered["name"].said == "来自实名信息，2026年3月2日核验"
    assert {each.standing for each in offered.values()} == {Standing.OFFERED}
    assert await cases.form_of(world, citizen, first) == {}  # a proposal is no answer
    await cases.fill(world, citizen, first.id, TYPED)
    await cases.attach(world, citizen, first.id, "m01", "示例.pdf", PDF)
    await cases.submit(world, citizen, first.id)

    clock.move(days=1)
    again = await cases.start(world, citizen, item, HALL, {"kite": "自己填的"})
    offered = (await cases.filled_form(world, citizen, again.id)).proposals
    assert {key: each.value for key, each in offered.items()} == {
        key: TYPED[key] for key in ("name", "id_no", "phone", "home", "colour")
    }  # a long text, a statement, and what is typed already are not proposed
    assert offered["phone"].said == "来自您2026年3月5日提交的“示例风筝放飞许可（首次申请）”"
    assert offered["name"].source == cases.Source.REAL_NAME

    third = await cases.start(world, citizen, await other_item(world), HALL, {})
    offered = (await cases.filled_form(world, citizen, third.id)).proposals
    assert {key: each.value for key, each in offered.items()} == {
        "applicant_name": NAME,
        "contact_phone": TYPED["phone"],
        "live_address": TYPED["home"],
        "kite": "蜈蚣",
    }  # nobody's child is proposed, and a choice made in another matter is no answer here


async def test_what_does_not_fit_the_question_any_more_is_not_proposed(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    await filed(world, desk.citizen, item, {**TYPED, "kite": "很长的风筝名"})
    narrower = {
        "name": field("name", "text", about="applicant_name", max_length=2),
        "kite": field("kite", "text", max_length=3),
        "colour": field("colour", "choice", options=["黄", "绿"]),
        "phone": field("phone", "mobile", about="applicant_phone"),
        "home": field("home", "number", about="applicant_address"),
        "other": field("id_no", "id_no", label="孩子的身份证号", about="unit_head"),
    }
    await kite_guide(world, form_fields=list(narrower.values()))
    case = await cases.start(world, desk.citizen, item, HALL, {})
    offered = (await cases.filled_form(world, desk.citizen, case.id)).proposals
    assert {key: each.value for key, each in offered.items()} == {"phone": TYPED["phone"]}


async def test_a_proposal_never_takes_the_place_of_what_was_typed_and_can_be_cleared(
    world: World,
) -> None:
    desk = await Desk.open(world)
    citizen = desk.citizen
    await with_phone(world, citizen, "10000000009")
    item = await kite_guide(world, form_fields=ASKED)
    case = await cases.start(world, citizen, item, HALL, {})
    typed = {"name": "别的名字", "phone": None, "id_no": FORM["id_no"]}
    found = await cases.keep_typed(world, citizen, case.id, typed, 0)
    assert {key: each.standing for key, each in found.proposals.items()} == {
        "name": Standing.REPLACED,
        "phone": Standing.CLEARED,
        "id_no": Standing.TAKEN,
    }
    again = await cases.filled_form(world, citizen, case.id)
    assert again.answers == {"name": "别的名字", "id_no": FORM["id_no"]}
    assert again.proposals["phone"].standing is Standing.CLEARED


async def test_an_officer_reads_which_answers_were_proposed_and_confirmed(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    await filed(world, desk.citizen, item, TYPED)
    case = await cases.start(world, desk.citizen, item, HALL, {})
    offered = (await cases.filled_form(world, desk.citizen, case.id)).proposals
    taken = {key: each.value for key, each in offered.items()}
    await cases.keep_typed(world, desk.citizen, case.id, {**taken, "kite": "龙", "home": "新地址"})
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await cases.submit(world, desk.citizen, case.id)
    officer = await employed(world, Role.FRONT_DESK)
    seen = await cases.fetch_for(officer, case.id)
    await cases.form_of(world, officer, seen)
    said = cases.confirmed_proposals(world, seen)
    assert said == {
        "name": "来自实名信息（2026年3月2日核验），申请人已确认",
        "id_no": "来自实名信息（2026年3月2日核验），申请人已确认",
        "phone": "来自申请人2026年3月2日提交的申请，申请人已确认",
        "colour": "来自申请人2026年3月2日提交的申请，申请人已确认",
    }
    assert "风筝" not in "".join(said.values())  # what the other matter was is not theirs to know


async def test_what_is_proposed_lies_sealed_and_no_agent_sees_it(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    await filed(world, desk.citizen, item, TYPED)
    case = await cases.start(world, desk.citizen, item, HALL, {})
    row = await sql.row("SELECT * FROM service_case WHERE id = $1", case.id)
    assert row is not None
    assert row["prefill_sealed"]
    assert not any(each in bytes(row["prefill_sealed"]) for each in (NAME.encode(), b"10087654321"))
    agent = await applicant(world, "孙示例代办")
    await Case.filter(id=case.id).update(agent_identity_id=agent.identity_id)
    assert (await cases.filled_form(world, agent, case.id)).proposals == {}
    stranger = await applicant(world, "钱示例")
    with pytest.raises(cases.NoSuchCase):
        await cases.filled_form(world, stranger, case.id)
    with pytest.raises(cases.NoSuchCase):
        await cases.keep_typed(world, stranger, case.id, {"kite": "夺"})
    unnamed = Citizen(new_id(), None, 0, "app", None)
    with pytest.raises(cases.NoSuchCase):
        await cases.filled_form(world, unnamed, case.id)


async def test_what_somebody_else_filed_for_a_person_is_not_theirs_to_be_reminded_of(
    world: World,
) -> None:
    """An agent typed it, or an officer at a window: it may be the other one's telephone."""
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    by_agent = await filed(world, desk.citizen, item, TYPED)
    agent = await applicant(world, "孙示例代办")
    await Case.filter(id=by_agent.id).update(agent_identity_id=agent.identity_id)
    for citizen in (desk.citizen, agent):
        case = await cases.start(world, citizen, item, HALL, {})
        offered = (await cases.filled_form(world, citizen, case.id)).proposals
        assert "phone" not in offered
        assert "home" not in offered


@pytest.mark.parametrize("guarded", [True, False], ids=["as it is", "control"])
async def test_no_history_of_a_city_ever_proposes_one_persons_answers_to_another(
    world: World, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    """Whoever files what in which order: every proposal is the asker's own word or name."""
    if not guarded:
        open_to_all = prefill._EARLIER.replace("identity_id = $1", "$1::uuid IS NOT NULL")
        monkeypatch.setattr(prefill, "_EARLIER", open_to_all)
    item = await kite_guide(world, form_fields=ASKED)
    guide = await guides.published(world, item)
    people = [await applicant(world, f"示例人{number}") for number in range(3)]
    names = {each.identity_id: f"示例人{number}" for number, each in enumerate(people)}
    own: dict[Any, set[str]] = {each.identity_id: set() for each in people}
    loop = asyncio.get_running_loop()

    async def file(at: int, word: str, agent: int | None) -> None:
        citizen = people[at]
        typed = {**TYPED, "name": f"{word}名", "phone": f"100{word:0>8}", "home": f"{word}路"}
        case = await cases.start(world, citizen, item, HALL, typed)
        await Case.filter(id=case.id).update(
            filed_at=world.clock.now(),
            state="filed",
            agent_identity_id=people[agent].identity_id if agent is not None else None,
        )
        if agent is None:
            own[citizen.identity_id] |= {str(each) for each in typed.values()}

    async def check() -> None:
        for citizen in people:
            for key, each in (await proposals(world, citizen, guide, {})).items():
                mine = own[citizen.identity_id] | {names[citizen.identity_id], FORM["id_no"]}
                assert str(each["value"]) in mine, (key, each)

    histories = st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 10**6), st.none() | st.integers(0, 2)),
        min_size=1,
        max_size=5,
    )

    async def play(history: list[tuple[int, int, int | None]]) -> None:
        await sql.run("DELETE FROM service_case")
        for each in own.values():
            each.clear()
        for at, word, agent in history:
            await file(at, str(word), None if agent == at else agent)
        await check()

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],
    )
    @given(histories)
    def try_out(history: list[tuple[int, int, int | None]]) -> None:
        asyncio.run_coroutine_threadsafe(play(history), loop).result()

    if guarded:
        await asyncio.to_thread(try_out)
    else:
        with pytest.raises(AssertionError):
            await asyncio.to_thread(try_out)


async def test_two_devices_do_not_write_over_each_other(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    case = await cases.start(world, desk.citizen, item, HALL, {})
    phone = await cases.keep_typed(world, desk.citizen, case.id, {"kite": "手机"}, 0)
    assert phone.version == 1
    with pytest.raises(cases.DraftChanged) as late:
        await cases.keep_typed(world, desk.citizen, case.id, {"kite": "电脑"}, 0)
    assert (late.value.detail, late.value.facts["version"]) == (CHANGED, 1)
    with pytest.raises(cases.DraftChanged):
        await cases.fill(world, desk.citizen, case.id, {"kite": "电脑"}, 0)
    same = await cases.keep_typed(world, desk.citizen, case.id, {"kite": "手机"}, 0)
    assert same.version == 1  # saying the same is in nobody's way
    both = await asyncio.gather(
        *(cases.keep_typed(world, desk.citizen, case.id, {"kite": each}, 1) for each in "甲乙丙"),
        return_exceptions=True,
    )
    assert sum(isinstance(each, cases.DraftChanged) for each in both) == 2
    stored = await Case.get(id=case.id)
    assert stored.form_version == 2
    assert (await cases.form_of(world, desk.citizen, stored))["kite"] in "甲乙丙"


async def test_a_draft_keeps_what_is_typed_right_or_wrong_but_nothing_that_is_not_asked(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await cases.start(world, desk.citizen, await kite_guide(world), HALL, {"kite": "龙"})
    found = await cases.keep_typed(world, desk.citizen, case.id, {"phone": "12", "since": "昨天"})
    assert found.answers == {"kite": "龙", "phone": "12", "since": "昨天"}
    assert [each.key for each in found.faults if not each.missing] == ["phone", "since"]
    for wrong in ({"unknown": "x"}, {"kite": "长" * 70_000}):
        with pytest.raises(cases.FilingIncomplete):
            await cases.keep_typed(world, desk.citizen, case.id, wrong)
    with pytest.raises(cases.FilingIncomplete):
        await cases.submit(world, desk.citizen, case.id)
    await cases.keep_typed(world, desk.citizen, case.id, dict(FORM))
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await cases.submit(world, desk.citizen, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.keep_typed(world, desk.citizen, case.id, {"kite": "晚了"})


async def test_a_form_is_not_changed_while_only_papers_are_asked_for(world: World) -> None:
    """A supplement during the review is of papers; the form under review stays as it is."""
    desk = await Desk.open(world)
    case = await desk.bring_to(cases.State.IN_REVIEW)
    await desk.take(Action.REQUEST_SUPPLEMENT, desk.back, case.id)
    before = (await Case.get(id=case.id)).form_sealed
    for attempt in (
        cases.fill(world, desk.citizen, case.id, {}),
        cases.keep_typed(world, desk.citizen, case.id, {"kite": None}),
    ):
        with pytest.raises(cases.NotAllowedNow):
            await attempt
    assert (await Case.get(id=case.id)).form_sealed == before


async def test_a_receipt_is_its_applicants_and_tells_what_comes_next_and_by_when(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    with pytest.raises(cases.NotAllowedNow):
        await cases.receipt(world, desk.citizen, case.id)
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    told = await cases.submit_for_receipt(world, desk.citizen, case.id)
    kept = await cases.receipt(world, desk.citizen, case.id)
    assert replace(told, case=kept.case) == kept, "the same when it is submitted and ever after"
    assert (told.case.id, told.case.state, told.case.filed_at) == (
        *(kept.case.id, kept.case.state, kept.case.filed_at),
    )
    code_told = await cases.query_code(world, desk.citizen, case.id)
    assert (kept.case.case_no, kept.query_code) == (case.case_no, code_told)
    assert kept.next_due is not None
    assert kept.next_due.on.isoformat() == "2026-03-04"
    with pytest.raises(cases.NoSuchCase):
        await cases.receipt(world, await applicant(world, "钱示例"), case.id)
    by_code = await cases.progress_by_code(world, case.case_no, kept.query_code, "test")
    assert by_code.case_no == case.case_no


async def test_a_part_of_a_joint_case_tells_the_sources_too(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=ASKED)
    case = await cases.start(world, desk.citizen, item, HALL, {})
    await cases.keep_typed(world, desk.citizen, case.id, TYPED)
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    await cases.submit(world, desk.citizen, case.id)
    for action in (Action.PRE_PASS, Action.RECEIVE, Action.ACCEPT, Action.START_REVIEW):
        await desk.by_whom_it_may(action, await Case.get(id=case.id))
    await desk.take(Action.START_JOINT, desk.back, case.id)
    part = await Case.get(parent_id=case.id)
    assert set(cases.confirmed_proposals(world, part)) == {"name", "id_no"}
    kept = orjson.loads(
        world.seals.open_bytes(part.prefill_sealed or b"", "service_case.prefill", part.id)
    )
    assert kept["name"]["source"] == "real_name"


async def test_somebody_without_a_stored_name_is_proposed_nothing(world: World) -> None:
    item = await kite_guide(world, form_fields=ASKED)
    nobody = Citizen(new_id(), new_id(), 3, "app", None)
    with pytest.raises(identity.NoSuchPerson):
        await identity.person(world, nobody.identity_id or new_id())
    case = await cases.start(world, nobody, item, HALL, {})
    assert (await Case.get(id=case.id)).prefill_sealed is None
