"""The API describes itself: OpenAPI 3.1 for machines, a page without scripts for people."""

import re
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mobile_api.app import OPERATIONS
from mobile_api.openapi import described
from tests.mobile_api.lamps import api as lamps_api
from tests.people import Phone


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return described(OPERATIONS)


def test_the_description_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(description).validate()
    OpenAPIV31SpecValidator(described(lamps_api.operations)).validate()


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


@pytest.mark.parametrize("operations", [OPERATIONS, lamps_api.operations], ids=["ours", "lamps"])
def test_every_reference_leads_somewhere(operations: list[Any]) -> None:
    description = described(operations)
    for reference in references(description):
        place: Any = description
        for word in reference.removeprefix("#/").split("/"):
            assert word in place, f"{reference} leads nowhere"
            place = place[word]


def test_every_operation_is_described(description: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        path = re.sub(r"{(\w+)(:\w+)?}", r"{\1}", operation.path)
        shown = description["paths"][path][operation.method.lower()]
        assert shown["summary"]
        assert f"Who may call: {operation.who.label}." in shown["description"]
        assert ("security" in shown) == (not operation.who.anyone)
        assert str(operation.status) in shown["responses"]
        keys = [each for each in shown["parameters"] if each["name"] == "Idempotency-Key"]
        assert len(keys) == operation.creates
        if operation.creates:
            assert {"400", "409", "422"} <= set(shown["responses"])
        if not operation.who.anyone:
            assert {"401", "403"} <= set(shown["responses"])


def test_every_problem_is_described_as_one(description: dict[str, Any]) -> None:
    for methods in description["paths"].values():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert set(answer["content"]) == {"application/problem+json"}


async def test_the_description_is_served_as_it_is(
    phone: Phone, description: dict[str, Any]
) -> None:
    told = await phone.get("/openapi.json")
    assert told.headers["content-type"] == "application/json"
    assert told.ok() == description


async def test_the_page_runs_nothing_and_loads_nothing_from_elsewhere(phone: Phone) -> None:
    told = await phone.get("/docs")
    page = told.body.decode()
    policy = told.headers["Content-Security-Policy"]
    assert (told.status, told.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in policy
    assert "<script" not in page.lower()
    assert "<style" not in page.lower()
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|javascript:", page, re.IGNORECASE)
    links = re.findall(r'(?:href|src|action)="([^"]*)"', page)
    assert links
    assert all(each.startswith(("#", "/api/")) for each in links)
    targets = set(re.findall(r'id="([^"]+)"', page))
    assert {each[1:] for each in links if each.startswith("#")} <= targets
    style = await phone.get("/docs.css")
    assert style.headers["content-type"].startswith("text/css")
    assert b"url(" not in style.body


async def test_the_page_names_every_operation(phone: Phone) -> None:
    page = (await phone.get("/docs")).body.decode()
    for operation in OPERATIONS:
        assert re.sub(r"{(\w+)(:\w+)?}", r"{\1}", operation.path) in page


async def test_the_real_doors_say_no_in_the_same_way(phone: Phone, server: str) -> None:
    (await phone.get("/none")).refused(404, "no-such-path")
    (await phone.ask("DELETE", "/docs")).refused(405, "method-not-allowed")
    for operation in OPERATIONS:
        if not operation.who.anyone:
            path = re.sub(r"{[^}]+}", "x", operation.path).removeprefix("/api")
            told = await phone.ask(operation.method, path, data=b"{" if operation.body else None)
            assert told.status == 401, f"{operation.method} {operation.path} lets strangers in"
    async with aiohttp.ClientSession(server) as session, session.get("/nowhere") as answer:
        assert answer.status == 404
