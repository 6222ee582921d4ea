import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import workdays
from citydesk.workdays import CalendarFaulty, Day, DayKind, Year

FIXED = ("2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03")


def a_year(*more: tuple[str, str]) -> Year:
    days = [(each, "holiday") for each in FIXED] + list(more)
    return Year(
        year=2027,
        days=tuple(
            Day(date=date.fromisoformat(each), kind=DayKind(kind), name="示例")
            for each, kind in days
        ),
    )


def one_day(**said: str) -> bytes:
    day = {"date": "2027-02-03", "kind": "holiday", "name": "示例"} | said
    return json.dumps({"year": 2027, "days": [day]}).encode()


def faults_of(content: bytes) -> dict[str, str]:
    with pytest.raises(CalendarFaulty) as refused:
        workdays.read_year(content)
    return {each["field"]: each["detail"] for each in refused.value.facts["errors"]}


def test_json_and_csv_say_the_same() -> None:
    year = a_year(("2027-02-20", "makeup_workday"))
    rows = "\r\n".join(f"{day.date},{day.kind.value},{day.name}" for day in year.days)
    from_csv = workdays.read_year(("\ufeffdate,kind,name\r\n" + rows).encode())
    from_json = workdays.read_year(year.model_dump_json().encode())
    assert from_csv == from_json == year
    assert from_csv.digest == from_json.digest


def test_the_order_of_the_days_does_not_matter() -> None:
    year = a_year()
    assert year.model_copy(update={"days": year.days[::-1]}).digest == year.digest


@pytest.mark.parametrize(
    ("day", "kind", "said"),
    [
        ("2026-12-31", "holiday", "不在2027年内"),
        ("2027-10-01", "makeup_workday", "同一天出现了两次"),
        ("2027-10-01", "holiday", "同一天出现了两次"),
        ("2027-02-22", "makeup_workday", "调休上班日应为星期六或星期日"),
    ],
)
def test_a_day_that_cannot_be_right_is_named(day: str, kind: str, said: str) -> None:
    with pytest.raises(CalendarFaulty) as refused:
        workdays.read_year(a_year((day, kind)).model_dump_json().encode())
    assert {"field": f"days.{day}", "detail": said} in refused.value.facts["errors"]


def test_a_file_that_was_cut_short_is_refused() -> None:
    year = a_year()
    cut = year.model_copy(update={"days": year.days[:3]})
    assert set(faults_of(cut.model_dump_json().encode())) == {"days.2027-10-02", "days.2027-10-03"}


def test_a_local_closure_may_fall_on_any_day() -> None:
    workdays.read_year(a_year(("2027-03-03", "local_closure")).model_dump_json().encode())


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "year"),
        (b"{", "file"),
        (b'{"year": 2027}', "days"),
        (one_day(date="2027-02-30"), "days.0.date"),
        (one_day(kind="feast"), "days.0.kind"),
        (one_day(name=""), "days.0.name"),
        (b'{"year": 2027, "days": [], "else": 1}', "else"),
        (b'{"year": 1, "days": []}', "year"),
        (b"date,kind\n2027-01-01,holiday\n", "days.0.name"),
        (b"date,kind,name\nsoon,holiday,x\n", "year"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_place(content: bytes, field: str) -> None:
    assert field in faults_of(content)


def test_a_file_in_another_encoding_or_too_large_is_refused_in_words() -> None:
    with pytest.raises(CalendarFaulty, match="UTF-8"):
        workdays.read_year("date,kind,name\n2027-01-01,holiday,元旦".encode("gb18030"))
    with pytest.raises(CalendarFaulty, match="太大"):
        workdays.read_year(b" " * 300_000)


@given(st.binary(max_size=300) | st.text(alphabet='date,kin"\r\n\0', max_size=60).map(str.encode))
def test_garbage_is_a_refusal_never_a_fault(content: bytes) -> None:
    with pytest.raises(CalendarFaulty):
        workdays.read_year(content)


def test_the_bundled_years_run_without_a_gap() -> None:
    assert [year.year for year in workdays.bundled_years()] == list(range(2018, 2027))
