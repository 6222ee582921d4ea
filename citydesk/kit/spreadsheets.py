"""Tables and texts as spreadsheets save them, read within bounds or refused in a sentence.

An office saves a CSV in UTF-8 or in GB 18030, with or without a byte order mark; now and then it
is no CSV at all. Whatever it is, it is read whole or `Unreadable` says where and why.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LARGEST_CELL = 131_072  # characters; csv's own limit, named so that writers can keep to it
LONGEST_NAME = 200  # characters of a column's name
MOST_COLUMNS = 16_384  # what a spreadsheet shows
# A cell that a spreadsheet would compute instead of show, or that reads like an empty part of a
# guide; writers put an apostrophe before it.
_MISTAKABLE = re.compile(r"'*(?:[=+\-@\t\r]|\{\}$|\[\]$)")


class Unreadable(Exception):
    """A file that cannot be read: the place, and a sentence in Chinese."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(where, what)
        self.where = where
        self.what = what


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows under it, each with the number of the line it ends on."""

    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


def text_of(data: bytes, largest: int) -> str:
    """Decode a file of at most so many bytes.

    Raises:
        Unreadable: it is larger, in no known encoding, or holds a character no table can store.
    """
    if len(data) > largest:
        raise Unreadable("file", f"文件超过 {_size(largest)}，请分成几份")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise Unreadable("file", "文件里有空字符，可能存成了 UTF-16，请另存为 UTF-8")
        return text
    raise Unreadable("file", "文字编码不是 UTF-8 或 GB18030，请另存为 UTF-8")


def table_of(text: str, most_rows: int) -> Table:
    """Read CSV; empty lines are passed over, names in the header lose their outer spaces.

    Raises:
        Unreadable: it is no CSV, has no header, names a column twice or has too many rows.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for cells in reader:
            if cells:
                rows.append((reader.line_num, cells))
            if len(rows) > most_rows:
                raise Unreadable("file", f"超过 {most_rows} 行，请分成几份")
    except csv.Error as wrong:
        raise Unreadable(f"line {reader.line_num}", f"不是有效的 CSV：{wrong}") from None
    _check_header(header)
    return Table(header, rows)


def _check_header(header: Sequence[str]) -> None:
    if not any(header):
        raise Unreadable("header", "第一行应是表头")
    if len(header) > MOST_COLUMNS:
        raise Unreadable("header", f"超过 {MOST_COLUMNS} 列")
    seen: set[str] = set()
    for name in header:
        if len(name) > LONGEST_NAME:
            raise Unreadable("header", f"“{name[:40]}…”太长，列名最多 {LONGEST_NAME} 个字")
        if name and name in seen:
            raise Unreadable("header", f"“{name[:40]}”列出现了两次")
        seen.add(name)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write CSV as spreadsheets read it (UTF-8 with its mark); make values safe with `shown`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def shown(cell: str) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula; `meant` undoes it."""
    return f"'{cell}" if _MISTAKABLE.match(cell) else cell


def meant(cell: str) -> str:
    """Return the value that a cell written by `shown` stands for."""
    return cell[1:] if cell.startswith("'") and _MISTAKABLE.match(cell) else cell


def _size(largest: int) -> str:
    return f"{largest // 2**20} MB" if largest >= 2**20 else f"{largest // 2**10} KB"
