from citydesk import guides
from citydesk.world import World
from tests.guides.making import a_guide, code
from tests.people import Phone

LISTED = """id,source,department,main_item,name,code,type_name
T1,tops,示例陀螺局,,陀螺登记,TOP-1,行政确认
T2,tops,示例陀螺局,,陀螺年检,TOP-2,行政确认
T3,tops,示例陀螺局,,陀螺注销,TOP-3,行政确认
"""


async def test_a_guide_is_read_with_its_version_and_told_apart_by_its_etag(
    world: World, phone: Phone
) -> None:
    await guides.publish(world, a_guide())
    told = await phone.get(f"/guides/{code()}")
    shown = told.ok()
    guide = await guides.published(world, code())
    assert (shown["version_no"], shown["hash8"]) == (1, guide.hash8)
    assert shown["as_of"] == "2026-03-02T01:00:00Z"
    assert shown["content"]["materials"][0]["name"] == "风筝照片"
    etag = told.headers["etag"]
    assert etag == f'"{guide.content_hash}"'
    for held in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = await phone.ask("GET", f"/guides/{code()}", headers={"If-None-Match": held})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == etag
    await guides.publish(world, a_guide(quantity_limit="一只"))
    new = await phone.ask("GET", f"/guides/{code()}", headers={"If-None-Match": etag})
    assert new.ok()["version_no"] == 2
    assert new.headers["etag"] != etag


async def test_the_catalogue_is_read_page_by_page_without_a_gap(world: World, phone: Phone) -> None:
    await guides.import_list(world, guides.read_list(LISTED.encode()))
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = (await phone.get("/guides", department="示例陀螺局", limit="2", **more)).ok()
        seen += [item["item_code"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        more = {"cursor": page["next_cursor"]}
    assert sorted(seen) == ["TOP-1", "TOP-2", "TOP-3"]
    assert len((await phone.get("/guides", limit="100")).ok()["items"]) > 3


async def test_a_question_is_answered_best_first(world: World, phone: Phone) -> None:
    await guides.publish(world, a_guide())
    await guides.refresh(world)
    shown = (await phone.get("/guides", q="我想放风筝")).ok()
    assert shown["items"][0]["item_code"] == code()
    assert shown["items"][0]["complete"] is True
    assert shown["next_cursor"] is None
    assert (await phone.get("/guides", q="今天天气怎么样")).ok()["items"] == []


async def test_what_is_not_there_or_not_written_is_said_so(world: World, phone: Phone) -> None:
    await guides.import_list(world, guides.read_list(LISTED.encode()))
    (await phone.get("/guides/NOTHING")).refused(404, "no-such-guide")
    (await phone.get("/guides/%00")).refused(422, "invalid")
    unwritten = (await phone.get("/guides/TOP-1")).refused(404, "guide-not-ready")
    assert "12345" in unwritten["detail"]


async def test_a_query_we_cannot_read_names_the_field(phone: Phone) -> None:
    for query, field in (
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"q": "x" * 201}, "q"),
        ({"cursor": "not-a-cursor"}, "cursor"),
        ({"cursor": "WyJhIiwiYiJd"}, "cursor"),
        ({"q": "风筝", "department": "示例陀螺局"}, "department"),
        ({"colour": "red"}, "colour"),
    ):
        problem = (await phone.get("/guides", **query)).refused(422, "invalid")
        assert problem["errors"][0]["field"] == field
