import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings

from citydesk import guides
from citydesk.guides.files.flat import cells_of
from citydesk.guides.files.giving import item_of, written
from citydesk.guides.files.kept import Kept, kept_of
from citydesk.guides.files.taking import said
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.world import World
from tests.guides.generated import of_schema
from tests.guides.making import CREDIT_CODE, code, elements

FORMS = tuple(guides.FileForm)


def file(*items: Mapping[str, Any]) -> bytes:
    return json.dumps({"items": items}, ensure_ascii=False).encode()


def kite(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {**elements(item_code=code(number)), **changes}


async def drafts_of(source: str = "city") -> list[tuple[str, str]]:
    found = await sql.rows(
        "SELECT code, state FROM version_life WHERE source = $1 AND state = 'draft' ORDER BY code",
        source,
    )
    return [(row["code"], row["state"]) for row in found]


async def test_a_file_makes_drafts_once_and_again_only_where_it_changed(world: World) -> None:
    told: list[tuple[int, int]] = []
    first = await guides.import_guides(
        world, None, file(kite(1), kite(2)), progress=lambda done, of: told.append((done, of))
    )
    assert (first.added, told) == (2, [(2, 2)])
    assert await drafts_of() == [(code(1), "draft"), (code(2), "draft")]
    with pytest.raises(guides.NoSuchGuide):
        await guides.published(world, code(1))  # an import never publishes
    again = await guides.import_guides(world, None, file(kite(1), kite(2)))
    assert again == guides.Imported(0, 0, 2)
    changed = await guides.import_guides(world, None, file(kite(1, quantity_limit="一只"), kite(2)))
    assert changed == guides.Imported(0, 1, 1)


async def test_of_a_published_guide_the_same_is_nothing_and_a_change_is_the_next_draft(
    world: World,
) -> None:
    await guides.publish(world, guides.GuideContent.model_validate(kite()))
    assert await guides.import_guides(world, None, file(kite())) == guides.Imported(0, 0, 1)
    assert await drafts_of() == []
    changed = await guides.import_guides(world, None, file(kite(quantity_limit="一只")))
    assert changed == guides.Imported(0, 1, 0)
    assert (await guides.published(world, code())).content.quantity_limit == ""
    assert await drafts_of() == [(code(), "draft")]


async def test_a_dry_run_tells_the_real_counts_and_faults_and_leaves_no_trace(
    world: World,
) -> None:
    data = file(kite(1), kite(2, forms=["8"]), {"source": "kites", "code": "K1", "name": "风筝"})
    tried = await guides.import_guides(world, None, data, dry_run=True)
    assert (tried.added, tried.skipped) == (1, 2)
    assert [(fault.place, fault.element, fault.code) for fault in tried.faults] == [
        ("item 2", "forms.1", code(2)),
        ("item 3", "department", "K1"),
    ]
    assert await drafts_of() == []
    with pytest.raises(guides.ListFaulty, match="2 处问题，一条也没有导入") as refused:
        await guides.import_guides(world, None, data)
    assert [fault["field"] for fault in refused.value.facts["errors"]] == [
        "item 2: forms.1（办理形式第1项）",
        "item 3: department（实施部门）",
    ]
    assert await drafts_of() == []
    taken = await guides.import_guides(world, None, data, skip_faulty=True)
    assert (taken.added, taken.skipped) == (1, 2)
    assert await drafts_of() == [(code(1), "draft")]


async def test_a_dry_run_of_a_list_leaves_no_trace_either(world: World) -> None:
    listed = {"source": "kites", "code": "K1", "name": "风筝", "department": "风筝局"}
    before = await sql.value("SELECT revision FROM catalogue_revision")
    assert (await guides.import_guides(world, None, file(listed), dry_run=True)).added == 1
    assert await sql.value("SELECT revision FROM catalogue_revision") == before
    with pytest.raises(guides.NoSuchGuide):
        await guides.entry(world, "K1")


async def test_a_guide_in_review_is_not_overwritten_and_its_row_is_the_fault(world: World) -> None:
    await guides.import_guides(world, None, file(kite(1), kite(2)))
    await sql.run("UPDATE version_life SET state = 'in_review' WHERE code = $1", code(1))
    changed = file(kite(1, quantity_limit="一只"), kite(2, quantity_limit="一只"))
    with pytest.raises(guides.ListFaulty) as refused:
        await guides.import_guides(world, None, changed)
    assert "正在审核" in refused.value.facts["errors"][0]["detail"]
    assert (await guides.import_guides(world, None, changed, dry_run=True)).changed == 1
    done = await guides.import_guides(world, None, changed, skip_faulty=True)
    assert (done.changed, done.skipped) == (1, 1)


async def test_an_authority_is_known_by_its_credit_code_or_name_and_never_guessed(
    world: World,
) -> None:
    record = {"task_name": "示例场地审批", "task_type": "01", "is_fee": "0", "dept_name": "风筝局"}
    known = {**record, "task_code": f"{CREDIT_CODE}3990000000001", "dept_code": CREDIT_CODE}
    strange = {**record, "task_code": "119900000000000000452004020000"}
    await guides.import_guides(world, None, file(known, strange), source="elsewhere")
    kept = await kept_of([("elsewhere", known["task_code"]), ("elsewhere", strange["task_code"])])
    mine, theirs = (kept["elsewhere", each["task_code"]] for each in (known, strange))
    assert mine.content
    assert theirs.content
    assert (mine.content["authority"], mine.department) == ("shijianju", "沈阳市市场监督管理局")
    assert ("authority" in theirs.content, theirs.department) == (False, "风筝局")


async def test_the_senders_own_fields_stay_beside_the_draft_and_change_no_hash(
    world: World,
) -> None:
    first = kite(source="kites", department="风筝局", source_record={"colour": "红"})
    await guides.import_guides(world, None, file(first))
    before = await sql.value("SELECT content_hash FROM version_life WHERE source = 'kites'")
    done = await guides.import_guides(
        world, None, file({**first, "source_record": {"colour": "绿"}})
    )
    assert done == guides.Imported(0, 1, 0)
    assert before == await sql.value("SELECT content_hash FROM version_life WHERE source = 'kites'")
    [item] = json.loads(await guides.export_guides(world, source="kites"))["items"]
    assert item["source_record"] == {"colour": "绿"}
    gone = {key: value for key, value in first.items() if key != "source_record"}
    assert (await guides.import_guides(world, None, file(gone))).changed == 1
    [item] = json.loads(await guides.export_guides(world, source="kites"))["items"]
    assert "source_record" not in item


async def test_only_an_editor_may_import_and_only_guides_of_his_own_department(
    world: World,
) -> None:
    organ = await sql.value("SELECT id FROM organ WHERE code = 'gongan'")

    def officer(role: Role) -> Officer:
        return Officer(uuid4(), uuid4(), role, organ, None, uuid4())

    for role in (Role.REVIEWER, Role.EDITOR):
        with pytest.raises(guides.NotYourGuide):
            await guides.import_guides(world, officer(role), file(kite()))


@pytest.mark.parametrize("form", FORMS)
async def test_everything_that_is_exported_is_imported_without_a_difference(
    world: World, form: guides.FileForm
) -> None:
    await guides.import_guides(
        world,
        None,
        file(
            kite(1, faqs=[{"question": "=1+1?", "answer": "'-2\n两行"}]),
            {"source": "kites", "code": "K1", "name": "半份指南", "department": "局", "forms": []},
            {
                "source": "kites",
                "code": "K2",
                "name": "清单事项",
                "department": "局",
                "id": "7",
                "source_record": {"x": 1},
            },
        ),
    )
    exported = await guides.export_guides(world, form)
    items = await sql.value("SELECT count(*) FROM service_item WHERE kind = 'full'")
    assert items >= 150
    assert await guides.import_guides(world, None, exported) == guides.Imported(0, 0, items + 3)
    await sql.run("TRUNCATE guide_source_record, version_event, version_life CASCADE")
    back = await guides.import_guides(world, None, exported)
    assert (back.added, back.skipped) == (2, 0)
    assert await guides.export_guides(world, form) == exported


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(of_schema(guides.GuideContent.model_json_schema()))
def test_any_guide_comes_back_out_of_a_file_as_it_went_in(drawn: dict[str, Any]) -> None:
    content = {**drawn, "name": "放风筝"}
    for form in FORMS:
        read = guides.read_guides(written([item_of(_kept(content))], form))
        assert not read.faults
        assert [said(row.content or {}) for row in read.rows] == [said(content)]


def _kept(content: Mapping[str, Any]) -> Kept:
    return Kept(
        ref=uuid4(),
        source="kites",
        code=content["item_code"],
        name=content["name"],
        department="风筝局",
        list_id=None,
        main_item="",
        type_name="",
        content=content,
        source_record={},
    )


# What a code of the item library became; every other word is looked for as it was written.
CODED = {
    *("task_type", "project_type", "use_level", "serve_type", "is_fee", "promise_type"),
    *("anticipate_type", "material_form", "is_need", "special_date_type", "on_the_spot"),
    *("handling_mode", "source_explain", "ordernum", "seq"),
}


def words(value: Any, name: str = "") -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield from words(held, key)
    elif isinstance(value, list):
        for held in value:
            yield from words(held, name)
    else:
        yield name, value


def records_in(data: bytes) -> list[dict[str, Any]]:
    text = data.decode("utf-8-sig")
    if text.lstrip().startswith("{"):
        found: list[dict[str, Any]] = json.loads(text)["items"]
        return found
    return list(csv.DictReader(text.splitlines()))


def only_liaoning(data: bytes) -> bytes:
    header, *lines = data.decode("utf-8-sig").splitlines(keepends=True)
    return "".join([header, *(line for line in lines if ",liaoning," in line)]).encode()


async def test_the_real_records_of_four_places_are_imported_without_loss(
    world: World, shared: Path
) -> None:
    """1,135 + 30 + 51; prints the counts. Every word of every record is given back again."""
    files = [
        ("items_guangan.csv", "guangan", 1_135),
        ("catalogue_eval.csv", "liaoning", 30),
        ("guides_lingshan_gx.json", "lingshan", 3),
        ("guides_linyi_hukou.json", "linyi", 48),
    ]
    for name, source, number in files:
        data = (shared / "data" / name).read_bytes()
        data = only_liaoning(data) if source == "liaoning" else data
        added = await guides.import_guides(world, None, data, source=source)
        assert added == guides.Imported(number, 0, 0)
        same = guides.Imported(0, 0, number)
        assert await guides.import_guides(world, None, data, source=source) == same
        for form in FORMS:
            exported = await guides.export_guides(world, form, source)
            assert await guides.import_guides(world, None, exported) == same
        items = json.loads(await guides.export_guides(world, source=source))["items"]
        lost = list(_lost(records_in(data), items))
        print(f"{name}: {number} imported, {len(lost)} words lost")
        assert not lost


def _lost(records: list[dict[str, Any]], items: list[dict[str, Any]]) -> Iterable[tuple[str, Any]]:
    by_code = {item["code"]: dict(cells_of(item)) for item in items}
    for record in records:
        own = record.get("task_code") or record.get("slug") or record.get("item_code")
        told = " ".join(by_code[own or record["code"]].values())
        for name, value in words(record):
            if name not in CODED and value not in ("", None) and str(value) not in told:
                yield name, value


async def test_the_codes_of_the_real_national_records_say_what_they_said(
    world: World, shared: Path
) -> None:
    data = (shared / "data" / "guides_lingshan_gx.json").read_bytes()
    rows = guides.read_guides(data, "lingshan").rows
    assert [(row.content or {})["statutory_limit"] for row in rows] == [
        {"value": 20, "unit": "working_day"}
    ] * 3
    first = rows[0].content or {}
    assert (first["item_type"], first["case_type"]) == ("20", "promised")
    assert (first["exercise_level"], first["addressees"]) == ("4", ["3", "6"])
    assert first["has_fee"] is False
    needed = [(each["necessity"], each["type"]) for each in first["materials"]]
    assert needed[0] == ("required", "copy")
    assert needed[8] == ("optional", "copy")
    assert {each["origin"] for each in first["materials"]} == {"applicant"}
