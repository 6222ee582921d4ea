from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import guides
from citydesk.guides.lists import COLUMNS
from citydesk.world import World

HEADER = ",".join(COLUMNS)
GOOD = f"""{HEADER}
K1,kites,示例风筝局,,风筝放飞备案,KITE-1,其他行政权力
K2,kites,示例风筝局,风筝登记,"风筝登记（""大""）",KITE-2,行政确认
"""


def faults(text: str) -> dict[str, str]:
    with pytest.raises(guides.ListFaulty) as refused:
        guides.read_list(text.encode())
    return {fault["field"]: fault["detail"] for fault in refused.value.facts["errors"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_read_as_spreadsheets_save_it(encoding: str) -> None:
    rows = guides.read_list(GOOD.replace("\n", "\r\n").encode(encoding))
    assert [row.name for row in rows] == ["风筝放飞备案", '风筝登记（"大"）']


def test_the_columns_may_stand_in_any_order() -> None:
    names = list(reversed(COLUMNS))
    row = ",".join({"source": "kites", "type_name": ""}.get(name, name) for name in names)
    [read] = guides.read_list(f"{','.join(names)}\n{row}\n".encode())
    assert (read.code, read.main_item, read.source) == ("code", "main_item", "kites")


def test_every_fault_is_named_by_line_and_column() -> None:
    text = GOOD + "\n".join(
        [
            "K1,kites,示例风筝局,,又一个,KITE-3,",
            "K4,kites,示例风筝局,,再一个,KITE-1,",
            "K5,kites,,,,KITE-5,",
            "K6,Kites!,局,,名\x07,KITE-6,",
            f"K7,kites,局,,{'长' * 301},KITE-7,",
            "K8,kites,局",
            "K9,city,局,,本市事项,KITE-9,",
        ]
    )
    assert faults(text) == {
        "line 4: id": "与第 2 行重复",
        "line 5: code": "与第 2 行重复",
        "line 6: department": "不能为空",
        "line 6: name": "不能为空",
        "line 7: source": "只能用小写字母、数字、- 和 _",
        "line 7: name": "含有不可见的控制字符",
        "line 8: name": "超过 300 个字",
        "line 9": "应有 7 列，实有 3 列",
        "line 10: source": "city 留给本市自编指南，请用别的来源名",
    }


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "header"),
        ("id,name\n1,2\n", "header"),
        (HEADER.replace("code", "name") + "\n", "header"),
        (HEADER + "\n", "file"),
        (HEADER + '\n"K1,kites', "line 2"),
    ],
)
def test_a_file_that_is_not_such_a_list_is_refused_in_one_sentence(text: str, where: str) -> None:
    assert list(faults(text)) == [where]


def test_bytes_in_no_known_encoding_are_refused() -> None:
    with pytest.raises(guides.ListFaulty, match="一条也没有导入"):
        guides.read_list(b"\xff\xff\x80")


@given(
    data=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: (GOOD + text).encode())
)
def test_whatever_is_in_the_file_it_is_read_or_refused(data: bytes) -> None:
    refused: list[dict[str, str]] = []
    rows: list[guides.ListRow] = []
    try:
        rows = guides.read_list(data)
    except guides.ListFaulty as faulty:
        refused = faulty.facts["errors"]
    assert bool(rows) != bool(refused)


async def test_a_list_is_taken_once_and_again_only_where_it_changed(world: World) -> None:
    rows = guides.read_list(GOOD.encode())
    told: list[tuple[int, int]] = []
    first = await guides.import_list(world, rows, lambda done, total: told.append((done, total)))
    assert first == guides.Imported(added=2, changed=0, unchanged=0)
    assert told == [(2, 2)]
    assert await guides.import_list(world, rows) == guides.Imported(0, 0, 2)
    changed = [replace(rows[0], name="风筝放飞报备"), rows[1]]
    assert await guides.import_list(world, changed) == guides.Imported(0, 1, 1)
    assert (await guides.entry(world, "KITE-1")).name == "风筝放飞报备"


async def test_a_listed_item_is_in_the_catalogue_with_its_guide_still_to_come(
    world: World,
) -> None:
    await guides.import_list(world, guides.read_list(GOOD.encode()))
    entry = await guides.entry(world, "KITE-1")
    assert (entry.complete, entry.version_no, entry.hash8) == (False, 0, "")
    with pytest.raises(guides.GuideNotReady, match="还在完善"):
        await guides.published(world, "KITE-1")
    page = await guides.published_page(world, "示例风筝局")
    assert {item.code for item in page.items} == {"KITE-1", "KITE-2"}


async def test_a_list_with_one_bad_row_is_refused_whole(world: World) -> None:
    rows = guides.read_list(GOOD.encode())
    with pytest.raises(guides.ListFaulty):
        await guides.import_list(world, [*rows, rows[0]])
    with pytest.raises(guides.NoSuchGuide):
        await guides.entry(world, "KITE-2")
