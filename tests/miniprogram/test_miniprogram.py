"""The mini program: its types, and its page against the real API."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from citydesk.world import World
from tests.city import planted
from tests.journeys.test_restaurant import filed, officer, signed_in_citizen
from tests.miniprogram import checking
from tests.people import Outside, Phone

HERE = checking.HERE
TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def compiler() -> Path:
    """Compiler and typings; where CI decides, they must be there."""
    try:
        return checking.installed()
    except checking.NoRegistry as absent:
        if os.environ.get("CI"):
            pytest.fail(f"the compiler cannot be fetched: {absent}")
        pytest.skip("the compiler cannot be fetched: no registry answers")


def test_the_types_hold(compiler: Path) -> None:
    done = checking.checked(HERE)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("shown.case_no", "shown.case_number"),
        ("mine !== asked", "mine !== 'asked'"),
        ("this.setData({ large })", "this.setData({ large: 1 })"),
        ("wx.setStorageSync(LARGE, large)", "wx.setStorage(LARGE, large)"),
    ],
)
def test_a_wrong_type_is_found(compiler: Path, tmp_path: Path, right: str, wrong: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(compiler / "node_modules")
    page = copy / "pages" / "guides" / "guides.ts"
    text = page.read_text(encoding="utf-8")
    assert right in text
    page.write_text(text.replace(right, wrong), encoding="utf-8")
    done = checking.checked(copy)
    assert done.returncode != 0
    assert "guides.ts" in done.stdout


def test_the_lock_names_hashes_and_no_addresses() -> None:
    text = (HERE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert packages[""]["devDependencies"] == wanted
    assert all(each["integrity"].startswith("sha512-") for name, each in packages.items() if name)
    assert "resolved" not in text
    assert "://" not in text


def interfaces(text: str) -> dict[str, dict[str, str]]:
    """The interfaces of a TypeScript file: fields and their types."""
    found = re.findall(r"^export interface (\w+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    return {
        name: dict(re.findall(r"^  (\w+\??): (.+)$", body, re.MULTILINE)) for name, body in found
    }


def as_typescript(schema: dict[str, Any]) -> str:
    """The type of a field, as a person writes it."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(as_typescript(each) for each in schema["anyOf"])
    if schema["type"] == "array":
        return f"{as_typescript(schema['items'])}[]"
    return {"integer": "number"}.get(schema["type"], schema["type"])


def test_the_types_are_those_of_the_api() -> None:
    api = (HERE / "utils" / "api.ts").read_text(encoding="utf-8")
    described = json.loads((HERE.parent / "docs" / "openapi.json").read_text(encoding="utf-8"))
    schemas = described["components"]["schemas"]
    ours = interfaces(api)
    assert ours.keys() >= {"GuidesShown", "ProgressShown", "Problem"}
    for name, fields in ours.items():
        told = {
            (field if field in schemas[name]["required"] else f"{field}?"): as_typescript(schema)
            for field, schema in schemas[name]["properties"].items()
        }
        assert fields == told, name
    states = api.partition("export type State =")[2].partition("\n\n")[0]
    assert re.findall(r"'(\w+)'", states) == schemas["State"]["enum"]


def test_every_name_in_the_page_is_known_to_its_script() -> None:
    page = HERE / "pages" / "guides"
    markup = (page / "guides.wxml").read_text(encoding="utf-8")
    script = (page / "guides.ts").read_text(encoding="utf-8")
    for verb in re.findall(r'bind\w+="(\w+)"', markup):
        assert re.search(rf"^  (async )?{verb}\(", script, re.MULTILINE), verb
    for name in re.findall(r"\{\{!?(\w+)", markup):
        assert name == "item" or f"    {name}:" in script, name
    for name in re.findall(r"standing\.(\w+)", markup):
        assert f"  {name}:" in script, name
    styles = (page / "guides.wxss").read_text(encoding="utf-8")
    used = {word for each in re.findall(r'class="([^"{]+)', markup) for word in each.split()}
    assert {each for each in used if f".{each}" not in styles} == set()
    labels = re.findall(r'<label[^>]* for="(\w+)"', markup)
    assert labels == re.findall(r'<input id="(\w+)"', markup)


async def on_the_phone(url: str, *steps: tuple[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Load the page on a phone, take some steps, return what it shows after each."""
    told = json.dumps([{"call": call, "value": value} for call, value in steps])
    running = await asyncio.create_subprocess_exec(
        *(str(checking.node()), "--no-warnings", str(TESTS / "phone.ts"), str(HERE), url, told),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, fault = await running.communicate()
    assert running.returncode == 0, fault.decode()
    return [json.loads(line) for line in out.decode().splitlines()]


async def test_somebody_searches_in_large_type(server: str) -> None:
    opened, found, strange, nothing, smaller = await on_the_phone(
        server,
        ("onLoad", {}),
        ("search", {"q": "开饭店"}),
        ("search", {"q": "qqqqzzzz"}),
        ("search", {"q": "  "}),
        ("changeType", {}),
    )
    assert opened["large"] is True
    assert found["items"][0]["name"].startswith("食品经营许可")
    assert found["searchSaid"] == f"找到{len(found['items'])}个事项"
    assert found["searching"] is False
    assert (strange["items"], "没有找到" in strange["searchSaid"]) == ([], True)
    assert (nothing["items"], "请先写下" in nothing["searchSaid"]) == ([], True)
    assert smaller["large"] is False


async def test_somebody_sees_how_their_case_stands(
    world: World, outside: Outside, phone: Phone, server: str
) -> None:
    await planted(world)
    citizen = await signed_in_citizen(phone, outside, "zhang")
    item = (await phone.get("/guides", q="开饭店")).ok()["items"][0]["item_code"]
    case = await filed(citizen, (await phone.get(f"/guides/{item}")).ok(), item)
    front = await officer(phone, world, "qiantai")
    for step in ("pre-review-pass", "receipt", "acceptance"):
        (await front.post(f"/officer/cases/{case['id']}/{step}", {})).ok()
    receipt = {"case_no": f" {case['case_no'].lower()} ", "query_code": case["query_code"]}
    wrong, shown, empty = await on_the_phone(
        server,
        ("askProgress", receipt | {"query_code": "000000"}),
        ("askProgress", receipt),
        ("askProgress", {"case_no": "", "query_code": ""}),
    )
    assert wrong["standing"] is None
    assert "查询码" in wrong["progressSaid"]
    assert shown["standing"]["label"] == "已受理"
    assert shown["standing"]["promisedOn"] == "2026年3月9日"
    assert shown["standing"]["filedOn"] == "2026年3月2日"
    assert (shown["progressSaid"], shown["asking"]) == ("", False)
    assert "请填写办件编号" in empty["progressSaid"]


async def test_without_a_network_the_page_says_so() -> None:
    (said,) = await on_the_phone("http://127.0.0.1:1", ("search", {"q": "开饭店"}))
    assert said["searchSaid"] == "网络不通。请检查手机网络，稍后再试。"
    assert said["searching"] is False
