"""One year's calendar as a file says it: read it, find its faults, know it again.

Pure: values in, values out. The same form serves the years bundled here and those an operator
imports when the State Council publishes them.
"""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from citydesk.workdays.refusals import CalendarFaulty

NOTICE = "国务院办公厅节假日安排通知"
LARGEST_FILE = 200_000
# Days off in every year by 全国年节及纪念日放假办法: a file without one of them is cut short.
ALWAYS_OFF = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))


class DayKind(StrEnum):
    """Why a day is not like its weekday."""

    HOLIDAY = "holiday"
    MAKEUP_WORKDAY = "makeup_workday"
    LOCAL_CLOSURE = "local_closure"


class Day(BaseModel):
    """One exceptional day: a holiday, a made-up working day (调休) or a local closure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    kind: DayKind
    name: Annotated[str, Field(min_length=1, max_length=32)]


class Year(BaseModel):
    """One year's exceptional days and the notice that ordered them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    year: Annotated[int, Field(ge=2000, le=2100)]
    source: Annotated[str, Field(min_length=1, max_length=200)] = NOTICE
    published_on: date | None = None
    days: tuple[Day, ...]

    @property
    def digest(self) -> str:
        """A word (SHA-256, hex) that is the same for the same calendar, in whatever order."""
        facts = self.model_dump(mode="json")
        facts["days"] = sorted(facts["days"], key=lambda day: str(day["date"]))
        return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_year(content: bytes) -> Year:
    """Read a year from JSON ({year, source, published_on, days}) or CSV (date,kind,name).

    Raises:
        CalendarFaulty: naming every line or field that cannot be right.
    """
    if len(content) > LARGEST_FILE:
        raise CalendarFaulty("日历文件太大，一年的日历不应超过 200 KB，请确认选对了文件。")
    try:
        text = content.decode("utf-8-sig")
        as_json = text.lstrip().startswith("{")
        year = Year.model_validate_json(text) if as_json else _from_csv(text)
    except csv.Error:
        raise CalendarFaulty("日历文件不是完整的 CSV，请检查引号和换行后再导入。") from None
    except UnicodeDecodeError:
        raise CalendarFaulty("日历文件不是 UTF-8 编码，请另存为 UTF-8 后再导入。") from None
    except ValidationError as wrong:
        errors = [
            {"field": ".".join(map(str, each["loc"])) or "file", "detail": _plain(each["type"])}
            for each in wrong.errors(include_url=False, include_input=False)
        ]
        raise CalendarFaulty("日历文件读不懂，请按列出的位置修改后再导入。", errors) from None
    check_year(year)
    return year


def check_year(year: Year) -> None:
    """Refuse a calendar that cannot be right.

    Raises:
        CalendarFaulty: naming every faulty day.
    """
    errors = [{"field": field, "detail": detail} for field, detail in _faults(year)]
    if errors:
        raise CalendarFaulty(f"{year.year}年的日历有{len(errors)}处错误，没有导入。", errors)


def bundled_years() -> list[Year]:
    """Return the years that come with the program, oldest first."""
    folder = files("citydesk.workdays").joinpath("data")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".json"))
    return [read_year(folder.joinpath(name).read_bytes()) for name in names]


def _plain(kind: str) -> str:
    """Say in plain words what pydantic found."""
    words = {
        "missing": "缺少这一项",
        "extra_forbidden": "不认识这一项，请删去",
        "enum": "应为 holiday、makeup_workday 或 local_closure",
        "json_invalid": "不是完整的 JSON",
    }
    return words.get(kind) or ("应为“年-月-日”的日期" if "date" in kind else "内容或长度不对")


def _from_csv(text: str) -> Year:
    rows = list(csv.DictReader(io.StringIO(text)))
    year = (rows[0].get("date") or "")[:4] if rows else ""
    days = [{key: row.get(key) for key in ("date", "kind", "name")} for row in rows]
    return Year.model_validate_json(orjson.dumps({"year": year, "days": days}))


def _faults(year: Year) -> Iterator[tuple[str, str]]:
    seen: dict[date, DayKind] = {}
    for day in year.days:
        field = f"days.{day.date}"
        if day.date.year != year.year:
            yield field, f"不在{year.year}年内"
        if day.date in seen:
            yield field, "同一天出现了两次"
        if day.kind is DayKind.MAKEUP_WORKDAY and day.date.weekday() < 5:
            yield field, "调休上班日应为星期六或星期日"
        seen[day.date] = day.kind
    for month, number in ALWAYS_OFF:
        fixed = date(year.year, month, number)
        if seen.get(fixed) is not DayKind.HOLIDAY:
            yield f"days.{fixed}", "是法定节假日，文件里没有列为放假，文件可能不完整"
