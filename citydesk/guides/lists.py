"""Lists of items as departments send them: names and codes only, the guides still to be written."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

from citydesk.guides.actions import CITY, LOCK, RAISE_REVISION
from citydesk.guides.files.rows import Fault
from citydesk.guides.refusals import ListFaulty
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.kit.spreadsheets import Unreadable, table_of, text_of
from citydesk.world import World
from models.guides import ItemKind

LARGEST_FILE = 32 * 1024 * 1024  # bytes
MOST_ROWS = 100_000
_AT_ONCE = 2_000
_LONGEST = {
    "id": 64,
    "source": 40,
    "department": 120,
    "main_item": 300,
    "name": 300,
    "code": 80,
    "type_name": 40,
}
_NEEDED = ("id", "source", "department", "name", "code")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]*")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of the simple list form."""

    id: str
    source: str
    department: str
    main_item: str
    name: str
    code: str
    type_name: str


COLUMNS = tuple(column.name for column in fields(ListRow))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, in items; with the faults of the rows it did not take."""

    added: int
    changed: int
    unchanged: int
    skipped: int = 0
    faults: Sequence[Fault] = ()


def read_list(data: bytes) -> list[ListRow]:
    """Read a CSV file of the simple list form (UTF-8 or GB 18030, header in any order).

    Raises:
        ListFaulty: naming the faults, by line and column.
    """
    try:
        table = table_of(text_of(data, LARGEST_FILE), MOST_ROWS)
    except Unreadable as wrong:
        raise ListFaulty([(wrong.where, wrong.what)]) from None
    if sorted(table.header) != sorted(COLUMNS):
        raise ListFaulty([("header", f"表头应为：{','.join(COLUMNS)}")])
    return _checked(table.header, table.rows)


async def import_list(
    world: World, rows: Sequence[ListRow], progress: Progress | None = None
) -> Imported:
    """Take a list's items into the catalogue, labelled 指南待完善, in one transaction.

    A row that is there already with the same content changes nothing; an item that has a whole
    guide keeps it. `progress` is told (rows done, rows in all).

    Raises:
        ListFaulty: an item stands twice in the list, or claims to be the city's own guide.
    """
    if faults := list(_clashes([(number, row) for number, row in enumerate(rows, 2)])):
        raise ListFaulty(faults)
    added = changed = 0
    async with world.transaction() as tx:
        await sql.row(LOCK)
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            touched = await sql.rows(
                _TAKE,
                tx.at,
                ItemKind.CATALOGUE_ONLY.value,
                [new_id() for _ in some],
                *([getattr(row, column) for row in some] for column in COLUMNS),
            )
            new = sum(row["added"] for row in touched)
            added, changed = added + new, changed + len(touched) - new
            if progress is not None:
                progress(start + len(some), len(rows))
        if added or changed:
            await sql.run(RAISE_REVISION)
    return Imported(added, changed, len(rows) - added - changed)


# xmax is 0 only in a row this statement has inserted.
_TAKE = """
    INSERT INTO service_item AS item
        (id, created_at, changed_at, kind, list_id, source, department, main_item, name, code,
         type_name)
    SELECT id, $1, $1, $2, nullif(list_id, ''), source, department, main_item, name, code,
           type_name
    FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[])
        AS new (id, list_id, source, department, main_item, name, code, type_name)
    ON CONFLICT (source, code) DO UPDATE
    SET changed_at = excluded.changed_at, list_id = excluded.list_id, name = excluded.name,
        department = excluded.department, main_item = excluded.main_item,
        type_name = excluded.type_name
    WHERE item.kind = excluded.kind
      AND (item.list_id, item.name, item.department, item.main_item, item.type_name)
          IS DISTINCT FROM (excluded.list_id, excluded.name, excluded.department,
                            excluded.main_item, excluded.type_name)
    RETURNING xmax = 0 AS added
"""


def _checked(header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> list[ListRow]:
    """Return the rows, or refuse with every fault of every row."""
    faults: list[tuple[str, str]] = []
    read: list[tuple[int, ListRow]] = []
    for line, cells in rows:
        if len(cells) != len(header):
            faults.append((f"line {line}", f"应有 {len(header)} 列，实有 {len(cells)} 列"))
            continue
        row = ListRow(**{name: cell.strip() for name, cell in zip(header, cells, strict=True)})
        faults += [(f"line {line}: {column}", what) for column, what in _faults(row)]
        read.append((line, row))
    faults += _clashes(read)
    if not rows:
        faults.append(("file", "清单里没有事项"))
    if faults:
        raise ListFaulty(faults)
    return [row for _, row in read]


def _faults(row: ListRow) -> Iterator[tuple[str, str]]:
    for column in COLUMNS:
        value = getattr(row, column)
        if column in _NEEDED and not value:
            yield column, "不能为空"
        elif len(value) > _LONGEST[column]:
            yield column, f"超过 {_LONGEST[column]} 个字"
        elif _CONTROL.search(value):
            yield column, "含有不可见的控制字符"
    if row.source and not _SOURCE.fullmatch(row.source):
        yield "source", "只能用小写字母、数字、- 和 _"


def _clashes(rows: Sequence[tuple[int, ListRow]]) -> Iterator[tuple[str, str]]:
    """Name the rows that stand in each other's way."""
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        if row.source == CITY:
            yield f"line {line}: source", f"{CITY} 留给本市自编指南，请用别的来源名"
        for column in ("code", "id"):
            key = (column, row.source, getattr(row, column))
            if (first := seen.setdefault(key, line)) != line and key[2]:
                yield f"line {line}: {column}", f"与第 {first} 行重复"
