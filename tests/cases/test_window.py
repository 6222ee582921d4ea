"""Taking a case at a window: with the applicant there, or their agent."""

from typing import Any

import pytest

from citydesk import cases, identity
from citydesk.cases import Action, Deferral, NotYourStep, State
from citydesk.identity import Citizen, Officer, Presented, Role
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from models.cases import Case, CaseEvent
from models.identity import AccessLog, Identity
from tests.cases.making import FORM, PDF, Desk, at_post, employed, kite_guide
from tests.cases.test_deferral import kites_with_a_later_paper

ZHAO = Presented("赵示例", FORM["id_no"], "10012345678")
QIAN = Presented("钱示例", "990000199003070013")


@pytest.fixture
async def front(world: World) -> Officer:
    return await employed(world, Role.FRONT_DESK)


async def someone(world: World, shown: Presented, level: int = 3) -> Citizen:
    """The account of whoever showed that card, once bound."""
    blind = world.seals.blind(shown.id_no, "identity.id_no")
    known = await Identity.get(id_no_blind=blind)
    return Citizen(new_id(), known.id, level, "app", None)


async def begun(world: World, front: Officer, item: str, **more: Any) -> Case:
    return await cases.begin_at_window(world, front, item, ZHAO, form=FORM, **more)


async def test_what_is_begun_at_the_window_is_received_there_without_a_pre_review(
    world: World, front: Officer
) -> None:
    item = await kite_guide(world, is_online=False, forms=["1"], online_depth="1")
    case = await begun(world, front, item)
    assert (case.source, case.case_no[14], case.account_id) == ("window", "C", None)
    assert [each.id for each in await cases.begun_at(front)] == [case.id]
    with pytest.raises(cases.FilingIncomplete, match="风筝照片"):
        await cases.receive(world, front, case.id)
    await cases.attach_for(world, front, case.id, "m01", "扫描.pdf", PDF)
    case = await cases.receive(world, front, case.id)
    assert (case.state, case.filed_at) == (State.RECEIVED, case.received_at)
    assert await cases.begun_at(front) == []
    event = await CaseEvent.get(case_id=case.id)
    assert (event.actor_kind, event.acting_for) == ("officer", case.identity_id)
    assert (event.channel, event.from_state) == ("window", "draft")
    assert (await cases.rebuild(world, case.id)).differences == ()
    owner = await someone(world, ZHAO)
    [mine] = (await cases.my_cases(world, owner)).items
    told = await cases.timeline(world, owner, mine.id)
    assert told.happenings[0].detail == "收到材料：风筝照片"
    await cases.accept(world, front, case.id)


async def test_papers_taken_over_stand_on_the_receipt_and_count(
    world: World, front: Officer
) -> None:
    case = await begun(world, front, await kites_with_a_later_paper(world))
    for wrong in ({"m99": 1}, {"m01": 0}, {"m01": 100}):
        with pytest.raises(cases.FilingIncomplete):
            await cases.receive(world, front, case.id, originals=wrong)
    await cases.receive(world, front, case.id, originals={"m01": 2})
    [line] = await cases.materials_received(await Case.get(id=case.id))
    assert (line["name"], line["originals"], line["scans"]) == ("风筝照片", 2, 0)
    await cases.request_correction(world, front, case.id, "请补充风筝名称")
    await cases.correct(world, front, case.id)  # what lies there on paper is not asked for again
    signed = Deferral(("m02",), 5, signed=True)
    await cases.accept(world, front, case.id, deferral=signed)
    with pytest.raises(cases.FilingIncomplete, match="风筝检验报告"):
        await cases.hand_in_deferred(world, front, case.id)
    case = await cases.hand_in_deferred(world, front, case.id, originals={"m02": 1})
    assert not case.deferred_open
    last = await CaseEvent.filter(case_id=case.id).order_by("-seq").first()
    assert last is not None
    assert (last.action, last.acting_for) == ("hand_in_deferred", case.identity_id)


async def test_who_stands_at_the_window_is_one_person_whatever_they_did_before(
    world: World, front: Officer
) -> None:
    item = await kite_guide(world)
    first, second = await begun(world, front, item), await begun(world, front, item)
    assert first.identity_id == second.identity_id
    known = await Identity.get(id=first.identity_id)
    assert known.assurance_level == 0  # a card seen at a window proves no phone
    assert await AccessLog.filter(identity_id=known.id, officer_id=front.officer_id).count() == 2
    with pytest.raises(identity.WrongPerson) as refused:
        await cases.begin_at_window(world, front, item, Presented("孙示例", ZHAO.id_no))
    assert "赵" not in refused.value.detail


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        (Presented("", FORM["id_no"]), "name"),
        (Presented("赵\n示例", FORM["id_no"]), "name"),
        (Presented("赵示例", "990000198804120118"), "id_no"),
        (Presented("赵示例", "P1234567"), "id_no"),  # only resident cards so far
        (Presented("赵示例", FORM["id_no"], "12345"), "phone"),
    ],
)
async def test_a_card_that_cannot_be_so_is_refused(
    world: World, front: Officer, shown: Presented, named: str
) -> None:
    item = await kite_guide(world)
    with pytest.raises(identity.WrongPerson) as refused:
        await cases.begin_at_window(world, front, item, shown)
    assert [each["field"] for each in refused.value.facts["errors"]] == [named]
    assert await Case.all().count() == 0


async def test_an_agent_acts_by_a_mandate_until_the_applicant_ends_it(
    world: World, front: Officer
) -> None:
    item = await kite_guide(world)
    with pytest.raises(cases.NotAtThisWindow, match="同一个人"):
        await begun(world, front, item, agent=ZHAO)
    case = await begun(world, front, item, agent=QIAN)
    with pytest.raises(cases.ReasonMissing, match="委托书"):
        await cases.receive(world, front, case.id, originals={"m01": 1})
    await cases.receive(world, front, case.id, originals={"m01": 1}, mandate="委字12号")
    owner, agent = await someone(world, ZHAO), await someone(world, QIAN)
    event = await CaseEvent.get(case_id=case.id)
    assert (event.facts["agent"], event.facts["mandate"]) == (str(agent.identity_id), "委字12号")
    await cases.request_correction(world, front, case.id, "请重新上传照片")
    await cases.attach(world, agent, case.id, "m01", "新照片.pdf", PDF)
    await cases.correct(world, agent, case.id)
    done = await CaseEvent.filter(case_id=case.id).order_by("-seq").first()
    assert done is not None
    assert (done.actor_id, done.acting_for) == (agent.account_id, owner.identity_id)
    with pytest.raises(NotYourStep):
        await cases.end_mandate(world, agent, case.id)
    await cases.end_mandate(world, owner, case.id)
    with pytest.raises(cases.NoSuchCase):
        await cases.fetch_for(agent, case.id)
    with pytest.raises(cases.NotAllowedNow):
        await cases.end_mandate(world, owner, case.id)
    assert (await cases.rebuild(world, case.id)).differences == ()


async def test_only_the_front_desk_of_a_hall_that_takes_the_matter_takes_it(
    world: World, front: Officer
) -> None:
    item = await kite_guide(world)
    with pytest.raises(cases.NotAtThisWindow):
        await begun(world, await at_post(world, Role.FRONT_DESK, "city"), item)
    with pytest.raises(cases.NotAtThisWindow):
        await begun(world, await at_post(world, Role.FRONT_DESK, None), item)
    with pytest.raises(NotYourStep):
        await begun(world, await at_post(world, Role.BACK_OFFICE, None), item)
    case = await begun(world, front, item)
    for role, hall in ((Role.FRONT_DESK, "city"), (Role.BACK_OFFICE, None)):
        other = await at_post(world, role, hall)
        with pytest.raises(cases.NoSuchCase):
            await cases.fetch_for(other, case.id)
        for attempt in (
            cases.receive(world, other, case.id),
            cases.fill_for(world, other, case.id, FORM),
            cases.attach_for(world, other, case.id, "m01", "x.pdf", PDF),
        ):
            with pytest.raises((NotYourStep, cases.NoSuchCase)):
                await attempt
        assert await cases.begun_at(other) == []


async def test_a_citizens_own_draft_is_no_business_of_a_window(
    world: World, front: Officer
) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    with pytest.raises(cases.NoSuchCase):
        await cases.receive(world, front, case.id)
    with pytest.raises(cases.NoSuchCase):
        await cases.attach_for(world, front, case.id, "m01", "x.pdf", PDF)
    case = await desk.bring_to(State.ACCEPTED)
    assert Action.WITHDRAW in cases.allowed_actions(world, desk.front, case)
    with pytest.raises(cases.ReasonMissing):
        await cases.withdraw(world, desk.front, case.id, None)
    with pytest.raises(Refusal):
        await cases.attach_for(world, desk.front, case.id, "m01", "x.pdf", PDF)
    case = await cases.withdraw(world, desk.front, case.id, "申请人书面申请")
    assert case.state == State.WITHDRAWN


async def test_a_result_is_handed_over_at_the_window_or_mailed_with_its_number(
    world: World,
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.CERTIFICATE_READY)
    for wrong in ("12", "运单1234567890", "EX123456789CN"):  # and this guide mails nothing
        with pytest.raises(cases.TermsFaulty):
            await cases.serve(world, desk.exit, case.id, waybill=wrong)
    case = await cases.serve(world, desk.exit, case.id)
    assert (await CaseEvent.get(case_id=case.id, action="serve")).facts["method"] == "window"
    other = await desk.accepted(await kite_guide(world, delivery=["window", "mail"]))
    await cases.start_review(world, desk.back, other.id)
    await cases.decide(world, desk.back, other.id, cases.Outcome.GRANTED)
    await cases.complete(world, desk.back, other.id)
    await cases.serve(world, desk.exit, other.id, waybill="ex123456789cn")
    told = await cases.timeline(world, desk.citizen, other.id)
    assert told.happenings[-1].detail == "邮寄送达，运单号EX123456789CN"
