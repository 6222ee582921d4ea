import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from citydesk.guides import GuideContent
from citydesk.guides.element_names import NAMES, PARTS
from citydesk.guides.files.flat import cells_of, nested
from citydesk.guides.files.national import national_elements
from citydesk.guides.files.partial import parts_of
from citydesk.guides.files.reading import Sheet, read_guides
from citydesk.kit.spreadsheets import meant, shown
from tests.guides.making import elements

NATIONAL = {
    "task_code": "119900000000000000452004020000",
    "task_name": "示例风筝场地审批",
    "dept_name": "示例县风筝局",
    "dept_code": "11990000MB0000000X",
    "areacode": "990000",
    "task_type": "01",
    "project_type": "2",
    "use_level": "4",
    "serve_type": "1,9",
    "is_fee": "0",
    "promise_day": 5,
    "promise_type": "1",
    "promise_day_explain": "改材料的时间不算。",
    "anticipate_day": "20",
    "anticipate_type": "1",
    "limit_scene_num": 1,
    "window": {"window_name": "一号窗", "transact_addr": "示例路1号", "window_tel": "0990—0000001"},
    "supervise_way": "0990-0000002",
    "result_name": "关于×××场地的批复",
    "special": [{"special_name": "9", "special_date": 30, "special_date_type": "1"}],
    "materials": [
        {
            "ordernum": 1,
            "material_name": "申请书",
            "material_form": "1",
            "is_need": "1",
            "original_amount": 1,
            "copy_amount": 0,
            "source_explain": "申请人自备",
            "sign_ask": "签字",
        },
        {"ordernum": 7, "material_name": "平面图", "is_need": "2", "colour": "彩色"},
    ],
    "qa": [{"question": "下雨呢？", "answer": "改天。"}],
}


def sheet(value: Any, source: str | None = "kites") -> Sheet:
    return read_guides(json.dumps(value, ensure_ascii=False).encode(), source)


def table(rows: list[list[str]], source: str | None = "kites") -> Sheet:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return read_guides(text.getvalue().encode("gb18030"), source)


def faults(read: Sheet) -> list[tuple[str, str]]:
    return [(fault.place, fault.element) for fault in read.faults]


def test_an_unfinished_guide_is_read_as_far_as_it_goes() -> None:
    [row] = sheet([{"code": "K1", "name": "放风筝", "department": "风筝局", "has_fee": False}]).rows
    assert row.key == ("kites", "K1")
    assert row.content == {"item_code": "K1", "name": "放风筝", "has_fee": False}


def test_names_may_be_chinese_at_every_level_and_cells_are_numbered_parts() -> None:
    read = table(
        [
            [
                "事项编码",
                "实施部门",
                "事项名称",
                "是否收费",
                "申请材料.1.名称",
                "申请材料.2.原件份数",
            ],
            ["K1", "风筝局", "放风筝", "否", "照片", "2"],
        ]
    )
    [row] = read.rows
    assert row.content is not None
    assert row.content["has_fee"] is False
    assert row.content["materials"] == [{"name": "照片"}, {"originals": 2}]


def test_every_fault_names_the_row_the_element_and_what_is_wrong() -> None:
    good = {"code": "K0", "name": "放风筝", "department": "风筝局", "has_fee": False}
    read = sheet(
        [
            good,
            {**good, "code": "K1", "has_fee": "也许", "forms": ["7"]},
            {**good, "code": "K2", "materials": [{"name": "图"}, {"nam": "图"}]},
            {**good, "code": "K3", "materials": "图"},
            {**good, "code": "K0"},
            {"has_fee": True},
            "放风筝",
            {**good, "code": "K4", "item_code": "K5"},
            {**good, "code": ["K6"]},
            {**good, "code": "K8", "rights": "看不见\x0b的"},
            {**good, "code": "K7", "promised_limit": {"value": -1, "unit": "fortnight"}},
        ]
    )
    assert [row.code for row in read.rows] == ["K0"]
    assert faults(read) == [
        ("item 2", "has_fee"),
        ("item 2", "forms.1"),
        ("item 3", "materials.2.nam"),
        ("item 4", "materials"),
        ("item 6", "code"),
        ("item 6", "name"),
        ("item 7", ""),
        ("item 8", "item_code"),
        ("item 9", "code"),
        ("item 10", "rights"),
        ("item 11", "promised_limit.value"),
        ("item 11", "promised_limit.unit"),
        ("item 5", "code"),
    ]
    assert all(fault.sentence for fault in read.faults)
    assert read.faults[2].label.startswith("申请材料第2项")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "file"),
        (b"\xff\xff\x80", "file"),
        (b"\xef\xbb\xbf", "file"),
        (b'{"items": []}', "file"),
        (b'{"items": 1}', "file"),
        (b'[{"code": "K1", "code": "K2"}]', "file"),
        (b'[{"code": 123456789012345678901234567890}]', "file"),
        (b'[{"code": NaN}]', "file"),
        (b'[{"code": 1e999}]', "file"),
        (b'[{"code": "\\u0000"}]', "file"),
        (b'[{"code": "\\ud800"}]', "file"),
        (b'[{"code": "K1"', "line 1"),
        (b"[" * 100_000, "file"),
        (b'{"items": ' + b'[{"materials": ' * 20 + b"1" + b"}]" * 20 + b"}", "file"),
        ("code,name\nK1,放\0".encode(), "file"),
        (b"code,name,code\n", "header"),
        (b"what,is,this\n1,2,3\n", "header"),
        (b"code,name,has_fee,has_feee\nK1,a,b,c\n", "header"),
        (b'code,name\n"K1,a', "line 2"),
        (b"code,name," + b"a." * 50_000 + b"\nK1,a,b\n", "header"),
        (b"code,name\n" + b"x" * 200_000, "line 2"),
        (",".join(f"c{n}" for n in range(20_000)).encode() + b"\n1\n", "header"),
        (b" " * (32 * 1024 * 1024 + 1), "file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_fault_with_a_sentence(data: bytes, where: str) -> None:
    read = read_guides(data, "kites")
    assert not read.rows
    assert [fault.place for fault in read.faults] == [where]
    assert read.faults[0].sentence


def test_a_row_of_another_width_and_clashing_columns_are_faults_of_that_row() -> None:
    header = ["code", "department", "name", "materials", "materials.1.name"]
    read = table(
        [
            header,
            ["K1", "局", "放风筝"],
            ["K2", "局", "放风筝", "[]", "图"],
            ["K3", "局", "放风筝", "", "图"],
        ]
    )
    assert [row.code for row in read.rows] == ["K3"]
    assert faults(read) == [("line 2", ""), ("line 3", "materials.1.name")]


def test_a_national_record_goes_over_where_it_can_and_the_rest_stays() -> None:
    [row] = sheet([NATIONAL], "somewhere").rows
    assert row.content is not None
    assert (row.department, row.source) == ("示例县风筝局", "somewhere")
    assert row.content["promised_limit"] == {
        "value": 5,
        "unit": "working_day",
        "note": "改材料的时间不算。",
    }
    assert row.content["statutory_limit"] == {"value": 20, "unit": "working_day"}
    assert row.content["consult_phone"] == "0990-0000001"
    assert row.content["result"] == {"type": "approval", "name": "关于×××场地的批复"}
    assert row.content["materials"][0] == {
        "code": "m01",
        "name": "申请书",
        "type": "original",
        "necessity": "required",
        "originals": 1,
        "copies": 0,
        "origin": "applicant",
        "fill_notes": "签字",
    }
    assert row.source_record == {
        "dept_code": "11990000MB0000000X",
        "areacode": "990000",
        "serve_type": "1,9",
        "window": [{"order": 1, "transact_addr": "示例路1号", "window_tel": "0990—0000001"}],
        "special": [{"order": 1, "special_name": "9"}],
        "materials": [{"order": 2, "ordernum": 7, "colour": "彩色"}],
    }


@pytest.mark.parametrize(
    ("change", "element"),
    [
        ({"task_type": "77"}, "task_type"),
        ({"promise_type": "9"}, "promise_type"),
        ({"promise_day": "soon"}, "promise_day"),
        ({"promise_day": True}, "promise_day"),
        ({"materials": [{"is_need": "x"}]}, "materials.1.is_need"),
        ({"materials": ["申请书"]}, "materials.1"),
    ],
)
def test_a_code_that_nobody_knows_is_a_fault_and_no_guess(
    change: dict[str, Any], element: str
) -> None:
    assert faults(sheet([{**NATIONAL, **change}])) == [("item 1", element)]


def test_a_notice_keeps_its_sentences_and_a_usual_limit_becomes_a_number() -> None:
    notice = {
        "seq": 3,
        "slug": "KiteTwo",
        "name": "双线风筝登记",
        "materials": ["风筝照片", "监护人同意书（限未成年人）"],
        "flow": ["先到窗口，再到草地。"],
        "time_limits": ["风筝所于3个工作日内预审", "尽快"],
        "on_the_spot": True,
        "accepting_org": "风筝所",
        "category": "登记",
        "handling_mode": "在线预审",
        "odd": "留着",
    }
    [row] = sheet([notice]).rows
    assert row.content is not None
    assert (row.code, row.list_id, row.department) == ("KiteTwo", "3", "风筝所")
    assert row.content["materials"][1]["condition"] == "限未成年人"
    assert row.content["process_links"][0] == {
        "unit": "风筝所",
        "name": "预审",
        "days": 3,
        "explain": "风筝所于3个工作日内预审",
    }
    assert [link["explain"] for link in row.content["process_links"][1:]] == [
        "尽快",
        "先到窗口，再到草地。",
    ]
    assert row.source_record == {"odd": "留着"}


def test_a_list_keeps_the_columns_of_its_sender() -> None:
    read = table(
        [["task_name", "item_code", "dept_name", "colour"], ["放风筝", "K1", "风筝局", "红"]]
    )
    [row] = read.rows
    assert (row.name, row.code, row.department, row.content) == ("放风筝", "K1", "风筝局", None)
    assert row.source_record == {"colour": "红"}


def test_a_mere_list_may_not_claim_to_be_the_citys_own() -> None:
    assert faults(table([["name", "code", "department"], ["放风筝", "K1", "局"]], "city")) == [
        ("line 2", "source")
    ]


def test_a_whole_guide_of_an_authority_of_ours_is_the_citys() -> None:
    [row] = sheet([elements()], None).rows
    assert row.source == "city"


@given(st.text())
def test_no_value_looks_like_a_formula_and_every_value_comes_back(value: str) -> None:
    cell = shown(value)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert meant(cell) == value


_leaves = st.booleans() | st.integers(0, 999).map(str) | st.text(min_size=1)
_parts = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), _parts, max_size=4))
def test_nested_elements_come_back_out_of_their_cells(value: dict[str, Any]) -> None:
    def spoken(each: Any) -> Any:
        if isinstance(each, bool):
            return "true" if each else "false"
        if isinstance(each, dict):
            return {key: spoken(held) for key, held in each.items()}
        return [spoken(held) for held in each] if isinstance(each, list) else each

    assert nested(dict(cells_of(value))) == spoken(value)


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_whatever_is_in_the_file_it_is_read_or_told(data: bytes) -> None:
    read = read_guides(data, "kites")
    assert read.rows or read.faults


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(sorted(NATIONAL)), _values, max_size=6),
    st.dictionaries(st.text(max_size=6), _values, max_size=2),
)
def test_whatever_a_foreign_record_holds_no_word_of_it_is_lost(
    changes: dict[str, Any], extra: dict[str, Any]
) -> None:
    record = {**extra, **NATIONAL, **changes}
    try:
        found, rest = national_elements(record)
    except ValueError:
        return
    told = json.dumps([found, rest], ensure_ascii=False)
    for name, value in record.items():
        words = [value] if isinstance(value, str) else []
        if name in {"task_name", "areacode", "supervise_way"} or name in extra:
            assert all(json.dumps(word, ensure_ascii=False)[1:-1] in told for word in words)


def test_the_documented_format_names_every_element_and_every_part() -> None:
    text = (Path(__file__).parents[2] / "docs" / "import-guides.md").read_text("utf-8")
    for kind in (GuideContent, *inside(GuideContent)):
        for name in kind.model_fields:
            chinese = (NAMES if kind is GuideContent else PARTS).get(name) or NAMES.get(name, name)
            assert f"| `{name}` | {chinese} |" in text, (kind.__name__, name)


def inside(kind: type[BaseModel]) -> set[type[BaseModel]]:
    held = {parts_of(kind, name)[0] for name in kind.model_fields}
    direct = {part for part in held if part is not None}
    return direct | {part for each in direct for part in inside(each)}
