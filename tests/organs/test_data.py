"""The bundled lists hold together before any table sees them."""

import csv
from collections import Counter
from importlib.resources import files

import pytest

from citydesk import organs
from models.organs import HallKind, HallMode, OrganKind, WindowRole


def rows_of(name: str) -> list[dict[str, str]]:
    text = files("citydesk.organs").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_all_2907_regions_of_shenyang_are_there() -> None:
    regions = rows_of("regions.csv")
    assert Counter(row["level"] for row in regions) == {
        "city": 1,
        "district": 13,
        "street": 190,
        "community": 2703,
    }
    codes = {row["code"] for row in regions}
    assert [row["code"] for row in regions if row["parent_code"] not in codes] == ["2101"]


@pytest.mark.parametrize("row", rows_of("organs.csv"), ids=lambda row: row["code"])
def test_a_departments_codes_are_valid_and_claim_no_real_one(row: dict[str, str]) -> None:
    assert organs.is_credit_code(row["credit_code"])
    assert row["credit_code"][2:8] == "990000"
    assert OrganKind(row["kind"])
    known = {each["code"] for each in rows_of("organs.csv")} | {""}
    assert {row["parent"], row["supervising_organ"]} <= known
    assert row["code"] not in (row["parent"], row["supervising_organ"])


def test_there_are_about_forty_departments_each_once() -> None:
    rows = rows_of("organs.csv")
    assert 40 <= len(rows) <= 50
    assert len({row["code"] for row in rows}) == len(rows)
    assert len({row["credit_code"] for row in rows}) == len(rows)


def test_every_district_has_a_centre_and_the_city_its_sub_centres() -> None:
    halls = rows_of("halls.csv")
    centres = {row["region_code"] for row in halls if row["kind"] == "centre"}
    districts = {row["code"] for row in rows_of("regions.csv") if row["level"] == "district"}
    assert centres == {code.ljust(12, "0") for code in districts | {"2101"}}
    subs = {row["organ"] for row in halls if row["kind"] == "sub_centre"}
    assert subs == {"gongan", "zirangui", "gongjijin", "renshe"}
    known = {row["code"] for row in rows_of("organs.csv")}
    assert all(row["organ"] in known for row in halls)
    assert all(HallKind(row["kind"]) and HallMode(row["mode"]) for row in halls)


def test_addresses_and_telephones_are_samples() -> None:
    for row in rows_of("halls.csv"):
        assert "（示例）" in row["address"]
        assert row["phone"].startswith("024-0000")
        assert len(row["phone"]) == 12


def test_every_hall_has_every_role_but_no_window_twice() -> None:
    windows = rows_of("windows.csv")
    assert len({(row["hall"], row["code"]) for row in windows}) == len(windows)
    for hall in rows_of("halls.csv"):
        roles = {WindowRole(row["role"]) for row in windows if row["hall"] == hall["code"]}
        assert roles == set(WindowRole), hall["code"]
