"""Answers that are written without a check have the fields of their forms, no more and no fewer."""

from typing import Any

import orjson
from pydantic import BaseModel

from citydesk import cases
from citydesk.world import World
from mobile_api.cases.shown import CasePage, CaseShown, ProgressShown, summary
from tests.cases.making import Desk


def fits(form: type[BaseModel], value: Any) -> None:
    written = orjson.dumps(value, default=str, option=orjson.OPT_UTC_Z)
    read = form.model_validate_json(written)
    assert orjson.loads(read.model_dump_json()) == orjson.loads(written)


async def test_an_unchecked_answer_is_what_its_form_would_have_written(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.accepted()
    progress = await cases.timeline(world, desk.citizen, case.id)
    assert progress.next_due
    assert progress.happenings
    fits(ProgressShown, progress)
    fits(CaseShown, summary(await cases.fetch_for(desk.citizen, case.id)))
    page = await cases.my_cases(world, desk.citizen)
    assert [each.id for each in page.items] == [case.id]
    fits(CasePage, {"items": [summary(each) for each in page.items], "next_cursor": None})
