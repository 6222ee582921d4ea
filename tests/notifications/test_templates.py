import json
from datetime import UTC, datetime

import pytest

from citydesk import notifications
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.notifications import TELLINGS, TemplateFaulty
from citydesk.world import World
from sandbox.templates import Templates, fill
from tests.pushes import rows

HEAD = "key,template_id,in_force_from,fields\n"
WORDS = {
    "item_name": "食品经营许可（首次申请）",
    "case_no": "SY2026030200000012",
    "at": "2026年3月2日 09:00",
    "promise": "承诺",
    "promised_on": "12月31日",
    "promised_date": "2026年12月31日",
    "due_on": "12月31日",
    "due_date": "2026年12月31日",
    "hall_name": "沈河区政务服务中心",
    "code": "A7K3",
    "starts_at": "2026年3月3日 09:00",
    "outcome": "准予许可",
    "ended": "不予许可",
    "statutory_on": "12月31日",
}


async def test_every_occasion_has_a_template_that_the_account_knows(world: World) -> None:
    found = await rows("SELECT key, template_id, fields_said::text AS said FROM message_template")
    known = Templates()

    assert {each["key"] for each in found} == {each.template_key for each in TELLINGS.values()}
    for each in found:
        template = known.known[each["template_id"]]
        said = {key: {"value": _filled(text)} for key, text in json.loads(each["said"]).items()}
        assert fill(template, said, True)[0] is None, each["key"]


def _filled(text: str) -> str:
    for word, value in WORDS.items():
        text = text.replace("{" + word + "}", value)
    assert "{" not in text
    return text


async def test_loading_again_changes_nothing(world: World) -> None:
    await sql.run("DELETE FROM message_template")
    assert await notifications.load(world) == len(TELLINGS)
    assert await notifications.load(world) == 0


async def test_a_template_comes_into_force_on_its_day(world: World, clock: SetClock) -> None:
    from citydesk.notifications.templates import in_force

    await notifications.import_templates(
        world,
        HEAD
        + "case_filed,old,2026-02-01,phrase3=已提交\ncase_filed,new,2026-04-01,phrase3=已收到\n",
    )

    assert (await in_force(world))["case_filed"].template_id == "old"
    clock.set(datetime(2026, 3, 31, 16, 0, tzinfo=UTC))  # 1 April, 00:00 in the city
    assert (await in_force(world))["case_filed"].template_id == "new"


@pytest.mark.parametrize(
    "line",
    [
        "case_filed,t1,2026-01-01,phrase3={name}",
        "case_filed,t1,soon,phrase3=已提交",
        "case_filed,t1,2026-01-01,phrase3",
        ",t1,2026-01-01,phrase3=已提交",
        "case_filed",
    ],
)
async def test_a_faulty_list_is_refused_whole(world: World, line: str) -> None:
    await sql.run("DELETE FROM message_template")
    with pytest.raises(TemplateFaulty) as told:
        await notifications.import_templates(
            world, HEAD + "case_served,t1,2026-01-01,phrase3=已送达\n" + line
        )
    assert "第3行" in told.value.detail
    assert await sql.value("SELECT count(*) FROM message_template") == 0


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "header"),
        (HEAD.encode() + b'case_filed,"t1', "line 2"),
        (HEAD.encode() + b"x" * 200_000, "line 2"),
        (b"\xff\xff\x80", "file"),
        (b"a\0b", "file"),
        (b" " * 300_000, "file"),
    ],
)
async def test_a_file_that_is_no_such_list_is_refused_by_its_place(
    world: World, content: bytes, where: str
) -> None:
    with pytest.raises(TemplateFaulty) as told:
        await notifications.import_templates(world, content)
    assert [fault["field"] for fault in told.value.facts["errors"]] == [where]


@pytest.mark.parametrize(
    "content",
    [
        HEAD,
        "key,template_id,fields\ncase_filed,t1,phrase3=已提交\n",
        HEAD + "case_filed,t1,2026-01-01,phrase3=已提交\ncase_filed,t2,2026-01-01,phrase3=已收\n",
        HEAD + "case_filed,t1,2026-01-01,phrase3=已提交;phrase3=已收\n",
        HEAD + f"case_filed,{'t' * 65},2026-01-01,phrase3=已提交\n",
    ],
)
async def test_a_list_that_says_nothing_or_one_thing_twice_is_refused(
    world: World, content: str
) -> None:
    with pytest.raises(TemplateFaulty):
        await notifications.import_templates(world, content)
