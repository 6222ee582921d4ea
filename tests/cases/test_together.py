"""Two at once: one wins, and what is stored is what one of them did."""

import asyncio

from citydesk import cases
from citydesk.cases import Action, NotAllowedNow, State
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.world import World
from models.cases import Case, CaseEvent
from tests.cases.making import PDF, Desk, at_post
from tests.journeys.test_restaurant import filed, officer, signed_in_citizen
from tests.people import Outside, Phone


async def test_of_two_officers_who_take_the_same_step_one_wins(world: World) -> None:
    desk = await Desk.open(world)
    colleague = await at_post(world, Role.FRONT_DESK)
    for state, action in (
        (State.FILED, Action.PRE_PASS),
        (State.PRE_REVIEWED, Action.RECEIVE),
        (State.RECEIVED, Action.REQUEST_CORRECTION),
        (State.RECEIVED, Action.ACCEPT),
    ):
        case = await desk.bring_to(state)
        before = case.last_seq
        results = await asyncio.gather(
            *(desk.take(action, each, case.id) for each in (desk.front, colleague) * 4),
            return_exceptions=True,
        )
        won = [each for each in results if isinstance(each, Case)]
        assert len(won) == 1
        assert all(isinstance(each, NotAllowedNow) for each in results if each not in won)
        stored = await Case.get(id=case.id)
        assert stored.last_seq == before + 1
        assert await CaseEvent.filter(case_id=case.id).count() == stored.last_seq


async def test_of_accepting_and_refusing_and_withdrawing_at_once_one_stands(world: World) -> None:
    desk = await Desk.open(world)
    for _ in range(5):
        case = await desk.bring_to(State.RECEIVED)
        results = await asyncio.gather(
            cases.accept(world, desk.front, case.id),
            cases.refuse_acceptance(world, desk.front, case.id, "示例"),
            cases.request_correction(world, desk.front, case.id, "示例"),
            return_exceptions=True,
        )
        assert sum(isinstance(each, Case) for each in results) == 1
        events = await CaseEvent.filter(case_id=case.id).order_by("seq")
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert (await Case.get(id=case.id)).state == events[-1].to_state


async def test_a_paper_never_slips_into_a_case_that_is_being_submitted(world: World) -> None:
    desk = await Desk.open(world)
    for _ in range(5):
        case = await desk.draft()
        await cases.attach(world, desk.citizen, case.id, "m01", "1.pdf", PDF)
        submitted, attached = await asyncio.gather(
            cases.submit(world, desk.citizen, case.id),
            cases.attach(world, desk.citizen, case.id, "m01", "2.pdf", PDF),
            return_exceptions=True,
        )
        assert isinstance(submitted, Case)
        papers = await cases.papers(world, case)
        assert len(papers) == (1 if isinstance(attached, NotAllowedNow) else 2)


async def test_submitting_twice_with_one_key_is_one_submission(
    world: World, outside: Outside, phone: Phone
) -> None:
    citizen = await signed_in_citizen(phone, outside, "zhang")
    found = (await phone.get("/guides", q="开饭店")).ok()["items"][0]
    guide = (await phone.get(f"/guides/{found['item_code']}")).ok()
    front = await officer(phone, world, "qiantai")
    case = await filed(citizen, guide, found["item_code"])
    path = f"/officer/cases/{case['id']}/pre-review-pass"
    twins = await asyncio.gather(*(front.post(path, {}, key="twin-1") for _ in range(6)))
    assert {each.status for each in twins} <= {200, 409}
    assert any(each.status == 200 for each in twins)
    again = await front.post(path, {}, key="twin-1")
    assert again.ok()["state"] == "pre_reviewed"
    assert again.headers["Idempotent-Replay"] == "true"
    assert (await front.post(path, {"note": "别的"}, key="twin-1")).status == 422
    (await front.post(path, {}, key="twin-2")).refused(409, "not-allowed-now")
    actions = await CaseEvent.filter(case_id=case["id"]).order_by("seq").values_list("action")
    assert [each for (each,) in actions] == ["submit", "pre_pass"]
    announced = await sql.value(
        "SELECT count(*) FROM outbox_message WHERE name = 'CasePreReviewed'"
    )
    assert announced == 1
