from typing import Any

import pytest

from tests.people import Phone


async def read(phone: Phone, path: str, status: int = 200) -> Any:
    told = await phone.get(path.removeprefix("/api"))
    assert told.status == status, told.body
    return told.json


async def test_a_citizen_walks_from_the_city_down_to_a_community(
    phone: Phone,
) -> None:
    [city] = (await read(phone, "/api/regions"))["items"]
    path, code = [city["name"]], city["code"]
    for name in ("沈河区", "滨河街道"):
        page = await read(phone, f"/api/regions?parent={code}")
        code = next(each["code"] for each in page["items"] if each["name"] == name)
        path.append(name)
    page = await read(phone, f"/api/regions?parent={code}")
    assert path == ["沈阳市", "沈河区", "滨河街道"]
    assert {each["level"] for each in page["items"]} == {"6"}


async def test_halls_of_a_district_and_one_with_its_windows(
    phone: Phone,
) -> None:
    halls = await read(phone, "/api/halls?region=210103")
    [shenhe] = halls["items"]
    assert (shenhe["code"], shenhe["department"]["name"]) == ("shenhe", "市营商局")
    assert halls["next_cursor"] is None
    whole = await read(phone, "/api/halls/shenhe")
    assert whole | shenhe == whole
    assert {each["role"] for each in whole["windows"]} >= {"consult", "front_desk", "exit_window"}


async def test_halls_come_a_page_at_a_time(phone: Phone) -> None:
    seen: list[str] = []
    cursor = ""
    while True:
        page = await read(phone, f"/api/halls?limit=7{cursor}")
        seen += [each["code"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen[:3] == ["city", "heping", "shenhe"]
    assert len(seen) == len(set(seen)) == 18


async def test_the_departments_are_listed(phone: Phone) -> None:
    page = await read(phone, "/api/departments?limit=100")
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
    phone: Phone, path: str, status: int, field: str | None
) -> None:
    problem = await read(phone, path, status)
    assert problem["status"] == status
    assert field is None or field in [each["field"] for each in problem["errors"]]
