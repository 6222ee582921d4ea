"""The public page of progress: by number and query code, and what it keeps to itself."""

from citydesk import cases
from citydesk.world import World
from tests.cases.making import NAME, Desk
from tests.portal.conftest import Surfer
from tests.portal.test_my_cases import send


async def test_number_and_code_tell_stage_dates_and_next_step_and_no_more(
    world: World, surfer: Surfer
) -> None:
    desk = await Desk.open(world)
    case = await desk.accepted()
    code = await cases.query_code(world, desk.citizen, case.id)
    page = await surfer.get("/progress")
    told = await send(surfer, "/progress", page, case_no=case.case_no.lower(), query_code=code)
    assert told.status == 200
    for word in ("已受理", "已开始办理，请等待审查结果。", "2026年3月9日", case.case_no):
        assert word in told.text
    for word in (NAME, "窗口已收件", "首日不计"):
        assert word not in told.text
    assert told.headers["Cache-Control"] == "no-store"


async def test_five_wrong_codes_lock_and_what_was_typed_stays(world: World, surfer: Surfer) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    page = await surfer.get("/progress")
    for _ in range(5):
        told = await send(surfer, "/progress", page, case_no=case.case_no, query_code="WRONG123")
        assert told.status == 422
        assert case.case_no in told.text
    code = await cases.query_code(world, desk.citizen, case.id)
    told = await send(surfer, "/progress", page, case_no=case.case_no, query_code=code)
    assert told.status == 429
    assert "30分钟" in told.text
