from typing import Any

import aiohttp
import pytest

from citydesk import organs
from citydesk.world import World


@pytest.fixture
async def citizen_phone(world: World, phone: aiohttp.ClientSession) -> aiohttp.ClientSession:
    """A phone in a city whose regions and halls are loaded; nobody is signed in."""
    await organs.load(world)
    return phone


async def read(phone: aiohttp.ClientSession, path: str, status: int = 200) -> Any:
    async with phone.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json(content_type=None)


async def test_a_citizen_walks_from_the_city_down_to_a_community(
    citizen_phone: aiohttp.ClientSession,
) -> None:
    [city] = (await read(citizen_phone, "/api/regions"))["items"]
    path, code = [city["name"]], city["code"]
    for name in ("沈河区", "滨河街道"):
        page = await read(citizen_phone, f"/api/regions?parent={code}")
        code = next(each["code"] for each in page["items"] if each["name"] == name)
        path.append(name)
    page = await read(citizen_phone, f"/api/regions?parent={code}")
    assert path == ["沈阳市", "沈河区", "滨河街道"]
    assert {each["level"] for each in page["items"]} == {"6"}


async def test_halls_of_a_district_and_one_with_its_windows(
    citizen_phone: aiohttp.ClientSession,
) -> None:
    halls = await read(citizen_phone, "/api/halls?region=210103")
    [shenhe] = halls["items"]
    assert (shenhe["code"], shenhe["department"]["name"]) == ("shenhe", "市营商局")
    assert halls["next_cursor"] is None
    whole = await read(citizen_phone, "/api/halls/shenhe")
    assert whole | shenhe == whole
    assert {each["role"] for each in whole["windows"]} >= {"consult", "front_desk", "exit_window"}


async def test_halls_come_a_page_at_a_time(citizen_phone: aiohttp.ClientSession) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await read(citizen_phone, f"/api/halls?limit=7{cursor}")
        seen += [each["code"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen[:3] == ["city", "heping", "shenhe"]
    assert len(seen) == len(set(seen)) == 18


async def test_the_departments_are_listed(citizen_phone: aiohttp.ClientSession) -> None:
    page = await read(citizen_phone, "/api/departments?limit=100")
    named = {each["code"]: each["short_name"] for each in page["items"]}
    assert named["shijianju"] == "市市场监管局"
    assert len(named) == 43


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/regions?parent=abc", 422, "parent"),
        ("/api/regions?parent=999999", 404, None),
        ("/api/regions?limit=0", 422, "limit"),
        ("/api/regions?limit=many", 422, "limit"),
        ("/api/regions?cursor=forged", 422, "cursor"),
        ("/api/regions?colour=red", 422, "colour"),
        ("/api/halls?region=999999", 404, None),
        ("/api/halls?kind=castle", 422, "kind"),
        ("/api/halls/nowhere", 404, None),
        ("/api/halls/No%20Where", 422, "code"),
        ("/api/departments?cursor=WzEsMl0", 422, "cursor"),
    ],
)
async def test_a_bad_question_is_a_problem_that_names_the_field(
    citizen_phone: aiohttp.ClientSession, path: str, status: int, field: str | None
) -> None:
    problem = await read(citizen_phone, path, status)
    assert problem["status"] == status
    assert field is None or field in [each["field"] for each in problem["errors"]]
