"""Forms: only from pages of ours, within bounds, and nothing typed is lost."""

import re

import aiohttp
import pytest

from citydesk.world import World
from portal.forms import Form
from portal.sessions import CSRF_FIELD, VISITOR_COOKIE, csrf_of, local_path
from tests.portal.conftest import Surfer
from tests.portal.notebook import LIMIT


def proof(text: str) -> str:
    found = re.search(rf'name="{CSRF_FIELD}" value="([0-9a-f]{{64}})"', text)
    assert found, text[:500]
    return found.group(1)


async def opened(notebook: Surfer) -> str:
    page = await notebook.get("/note")
    assert page.status == 200
    return proof(page.text)


async def test_a_form_of_ours_is_taken_and_the_next_page_says_so_once(notebook: Surfer) -> None:
    sent = await notebook.post("/note", csrf=await opened(notebook), note=" 买<米> ")
    assert (sent.status, sent.headers["location"]) == (303, "/note")
    page = await notebook.get("/note")
    assert "记下了：买&lt;米&gt;，-1" in page.text
    assert "记下了" not in (await notebook.get("/note")).text


async def test_a_page_with_a_form_is_never_kept(notebook: Surfer) -> None:
    page = await notebook.get("/note")
    assert page.headers["cache-control"] == "no-store"
    assert "etag" not in page.headers


async def test_the_visitors_cookie_is_closed_to_scripts(notebook: Surfer) -> None:
    page = await notebook.get("/note")
    [cookie] = page.headers.getall("set-cookie")
    assert cookie.startswith(f"{VISITOR_COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("given", ["", "0" * 64, "中文", csrf_of("another")])
async def test_a_form_without_its_proof_is_refused(notebook: Surfer, given: str) -> None:
    await opened(notebook)
    sent = await notebook.post("/note", csrf=given, note="x")
    assert sent.status == 403
    assert "页面已过期" in sent.text


async def test_a_proof_without_its_cookie_is_refused(notebook: Surfer) -> None:
    given = await opened(notebook)
    notebook.session.cookie_jar.clear()
    assert (await notebook.post("/note", csrf=given, note="x")).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 303),
        ({}, 303),
    ],
)
async def test_where_a_form_comes_from_is_asked(
    notebook: Surfer, headers: dict[str, str], status: int
) -> None:
    fields = {"csrf": await opened(notebook), "note": "x"}
    sent = await notebook.ask("POST", "/note", data=fields, headers=headers)
    assert sent.status == status


async def test_what_was_typed_stays_when_it_is_refused(notebook: Surfer) -> None:
    sent = await notebook.post(
        "/note",
        csrf=await opened(notebook),
        note="bad",
        colour="蓝",
        size="l",
        long='<b>"长"</b>',
        agree="yes",
        secret="kept by nobody",
    )
    assert sent.status == 422
    assert 'id="f-note" name="note" type="text"' in sent.text
    assert 'value="bad"' in sent.text
    assert '<option value="蓝" selected>' in sent.text
    assert 'value="l" checked' in sent.text
    assert "&lt;b&gt;&#34;长&#34;&lt;/b&gt;</textarea>" in sent.text
    assert 'value="yes" checked' in sent.text
    assert "kept by nobody" not in sent.text
    assert 'role="alert"' in sent.text
    assert '<a href="#f-note">记什么：换一句</a>' in sent.text
    assert 'aria-invalid="true"' in sent.text
    assert 'aria-describedby="f-note-hint f-note-error"' in sent.text


def multipart(csrf: str, size: int) -> aiohttp.FormData:
    data = aiohttp.FormData()
    data.add_field("csrf", csrf)
    data.add_field("paper", b"x" * size, filename="纸.pdf", content_type="application/pdf")
    return data


async def test_a_file_arrives_whole(notebook: Surfer) -> None:
    data = multipart(await opened(notebook), 40_000)
    assert (await notebook.ask("POST", "/note", data=data)).status == 303
    assert "，40000" in (await notebook.get("/note")).text


async def test_a_form_over_its_limit_is_refused_in_plain_words(notebook: Surfer) -> None:
    data = multipart(await opened(notebook), LIMIT + 1)
    sent = await notebook.ask("POST", "/note", data=data)
    assert sent.status == 413
    assert "超过 64 KB" in sent.text


async def test_a_long_form_that_does_not_say_its_length_is_refused_too(notebook: Surfer) -> None:
    async def endless() -> None:
        for _ in range(100):
            yield b"note=" + b"x" * 4096 + b"&"

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = await notebook.ask("POST", "/note", data=endless(), headers=headers)
    assert sent.status == 413


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("", b"a=b"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(300))),
        ("application/x-www-form-urlencoded", b"n" * 400 + b"=1"),
    ],
)
async def test_what_is_no_form_is_a_refusal_not_a_fault(
    notebook: Surfer, kind: str, body: bytes
) -> None:
    sent = await notebook.ask("POST", "/note", data=body, headers={"Content-Type": kind})
    assert sent.status in (400, 403)
    assert "<h1>" in sent.text


async def test_text_no_table_could_hold_is_made_plain(notebook: Surfer) -> None:
    body = f"csrf={await opened(notebook)}&note=a%00b%ED%A0%80c%0D%0Ad".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = await notebook.ask("POST", "/note", data=body, headers=headers)
    assert sent.status in (303, 400)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/trouble", 503, "对方系统暂时没有响应"),
        ("/fault", 500, "系统出错"),
        ("/nowhere", 404, "没有这个页面"),
    ],
)
async def test_trouble_is_told_as_a_page(
    notebook: Surfer, path: str, status: int, says: str
) -> None:
    page = await notebook.get(path)
    assert page.status == status
    assert says in page.text
    assert "a secret of ours" not in page.text
    assert "Traceback" not in page.text
    assert page.headers["cache-control"] == "no-store"
    if status == 503:
        assert page.headers["retry-after"] == "7"


async def test_a_forged_sentence_is_not_shown(notebook: Surfer) -> None:
    notebook.holds("citydesk_said", "5L2g5aW9.0000")
    assert 'role="status"' not in (await notebook.get("/note")).text


@pytest.mark.parametrize(
    "given",
    [
        *("//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)", "/a\nb"),
        *("", None, "evil", "/" + "x" * 600, "/中"),
    ],
)
def test_the_way_back_never_leads_elsewhere(given: str | None) -> None:
    assert local_path(given, "/my") == "/my"


def test_the_way_back_keeps_its_query() -> None:
    assert local_path("/my/cases?x=1#y") == "/my/cases?x=1#y"


def test_a_draft_fills_a_form() -> None:
    form = Form.filled({"a": "1", "b": None, "f-c": 2})
    assert (form.value("a"), form.value("b"), form.fields("f-")) == ("1", "", {"c": "2"})


async def test_a_fault_of_a_page_is_still_a_page_with_our_headers(
    notebook: Surfer, world: World
) -> None:
    page = await notebook.get("/fault")
    assert "default-src 'none'" in page.headers["content-security-policy"]
