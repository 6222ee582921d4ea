"""Every occasion the city tells of, from its event to the words on the phone."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from citydesk import cases, notifications
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event
from citydesk.notifications import TELLINGS
from citydesk.reactions import REACTIONS
from citydesk.world import World
from models.cases import Case
from tasks.draining import Drain
from tests.people import Outside
from tests.pushes import announce, citizen, pushes_on, rows

NO = "K20260302000001"
WHEN = "2026年3月2日 09:00"
ITEM = "食品经营许可（首次申请，示例）"


async def case_of(who: UUID, world: World, **more: Any) -> UUID:
    made = await Case.create(
        created_at=world.clock.now(),
        case_no=NO,
        query_code_sealed=b"",
        query_code_blind="",
        item_version_id=new_id(),
        item_code="food",
        item_name=ITEM,
        organ_id=new_id(),
        hall_id=new_id(),
        identity_id=who,
        account_id=new_id(),
        source="test",
        state="received",
        form_sealed=b"",
        **more,
    )
    return made.id


async def told(world: World, outside: Outside, event: Event) -> dict[str, str]:
    await announce(world, event)
    await Drain(world, {type(event): [notifications.tell]}).until_empty()
    [push] = await pushes_on(outside, "zhang")
    found: dict[str, str] = push["fields"]
    return found


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (cases.CaseFiled, {"phrase3": "已提交", "time4": WHEN}),
        (cases.CasePreReviewed, {"phrase3": "预审通过", "time4": WHEN}),
        (cases.CaseReturned, {"thing3": "预审未通过，请修改后再提交", "time4": WHEN}),
        (cases.CaseReceived, {"phrase3": "已收件", "time4": WHEN}),
        (cases.CaseNotAccepted, {"phrase3": "不予受理", "time4": WHEN}),
        (cases.CaseDecided, {"phrase3": "不予许可", "time4": WHEN}),
        (cases.CaseCompleted, {"phrase3": "不予许可", "time4": WHEN}),
        (cases.CaseServed, {"phrase3": "已送达", "time4": WHEN}),
        (cases.CaseWithdrawn, {"phrase3": "已撤回", "time4": WHEN}),
    ],
)
async def test_a_step_of_a_case_is_told_with_its_number(
    world: World, outside: Outside, event: Any, fields: dict[str, str]
) -> None:
    zhang = await citizen(world, outside, "zhang")

    said = await told(world, outside, event(await case_of(zhang, world, outcome="refused")))

    assert said == {"thing1": ITEM, "character_string2": NO, **fields}


async def test_what_was_granted_is_told_to_be_done(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    case_id = await case_of(zhang, world, outcome="granted")
    said = await told(world, outside, cases.CaseCompleted(case_id))
    assert said["phrase3"] == "已办结"


async def test_a_correction_is_told_with_its_last_day(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    case_id = await case_of(zhang, world, correction_due_on=date(2026, 12, 31))

    said = await told(world, outside, cases.CorrectionRequested(case_id, 1))

    assert (said["thing3"], said["time4"]) == ("请在12月31日前补正材料", "2026年12月31日")


@pytest.mark.parametrize(
    ("provisional", "words"),
    [(False, "已受理，承诺3月9日前办结"), (True, "已受理，暂定3月9日前办结")],
)
async def test_acceptance_tells_the_promised_day_and_whether_it_may_move(
    world: World, outside: Outside, provisional: bool, words: str
) -> None:
    zhang = await citizen(world, outside, "zhang")
    case_id = await case_of(zhang, world, promised_on=date(2026, 3, 9), provisional=provisional)

    said = await told(world, outside, cases.CaseAccepted(case_id))

    assert said == {"thing1": ITEM, "thing2": words, "time3": "2026年3月9日"}


async def test_a_moved_promise_is_told(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    case_id = await case_of(zhang, world, promised_on=date(2027, 1, 12))

    said = await told(world, outside, cases.PromiseMoved(case_id))

    assert (said["thing2"], said["time3"]) == ("办结日期调整为1月12日前", "2027年1月12日")


async def test_what_is_kept_of_a_push_names_nobody(world: World, outside: Outside) -> None:
    zhang = await citizen(world, outside, "zhang")
    person = await outside.person("zhang")
    await told(world, outside, cases.CaseReceived(await case_of(zhang, world)))

    [row] = await rows("SELECT * FROM notification")

    kept = str(row)
    for secret in (person["openid"], person["name"], person["id_number"], person["phone_number"]):
        assert secret not in kept


def test_everything_the_city_reacts_to_by_telling_has_a_telling() -> None:
    tells = {event for event, told in REACTIONS.items() if notifications.tell in told}
    assert tells <= set(TELLINGS)
