"""咨询投诉 on the pages: asked once however often it is pressed, kept when refused, seen by few."""

import re
from typing import Any

import pytest

from citydesk import consultations, seed
from citydesk.consultations import Kind
from citydesk.world import World
from models.consultations import Consultation
from tests.journeys.test_restaurant import signed_in_citizen
from tests.people import Outside, Phone
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, sample
from tests.portal.phone import named, proof, signs_in

NEW = "/my/consultations/new"
QUESTION = "健康证要空腹去办吗？我叫王小明，电话10012345678。"


async def asked(surfer: Surfer, path: str = NEW, **typed: Any) -> Any:
    """Fill the form in and press the button; the page's own marks go with it."""
    page = await surfer.get(path)
    assert page.status == 200, page.headers.get("location")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    return hidden, await surfer.post(NEW, **{**hidden, "kind": "consult", **typed})


async def test_a_page_asks_once_and_keeps_what_was_refused(
    world: World, surfer: Surfer, outside: Outside
) -> None:
    await seed.plant(world)
    assert (await signs_in(surfer, outside, "zhang")).status == 303  # no real name
    _, short = await asked(surfer, text="急")
    assert short.status == 422
    assert "太短" in short.text
    assert ">\n急</textarea>" in short.text
    hidden, told = await asked(surfer, text=QUESTION)
    again = await surfer.post(NEW, **{**hidden, "kind": "consult", "text": QUESTION})
    assert told.headers["location"] == again.headers["location"]
    assert await Consultation.all().count() == 1
    page = await surfer.get(told.headers["location"])
    assert "10012345678" in page.text  # one's own words, whole
    listed = await surfer.get("/my/consultations")
    assert "10012345678" not in listed.text
    assert "王小明" not in listed.text
    _, wrong = await asked(surfer, kind="praise", text=QUESTION)
    assert wrong.status == 422
    for path in ("?item=nothing", "?hall=nothing", "?case=nothing", "?case=" + "0" * 32):
        assert (await surfer.get(NEW + path)).status == 404, path
    for _ in range(4):
        _, last = await asked(surfer, text=QUESTION)
        assert last.status == 303
    _, sixth = await asked(surfer, text=QUESTION)
    assert sixth.status == 429
    assert "请明天再来" in sixth.text

    await surfer.get(told.headers["location"])
    sent = {"csrf": proof(await surfer.get(told.headers["location"])), "act": "follow_up"}
    early = await surfer.post(told.headers["location"], **sent, follow_up="还想再问一件事")
    assert early.status == 409
    gone = await surfer.post(told.headers["location"], csrf=sent["csrf"], act="withdraw")
    assert gone.status == 303
    assert "已撤回" in (await surfer.get(told.headers["location"])).text
    assert (await surfer.get("/my/consultations/nothing")).status == 404


async def test_the_desk_answers_hands_on_and_makes_public(
    world: World, surfer: Surfer, outside: Outside, phone: Phone
) -> None:
    await named(world, surfer, outside)
    code = (await phone.get("/guides", q="开饭店")).ok()["items"][0]["item_code"]
    _, told = await asked(surfer, f"{NEW}?item={code}", text=QUESTION)
    _, accused = await asked(surfer, f"{NEW}?item={code}", kind="complaint", text="窗口态度很差呀")
    at = told.headers["location"].removeprefix("/my")
    against = accused.headers["location"].removeprefix("/my")

    desk = await sample(world, Desk(surfer), "houtai")
    listed = await desk.shown("/desk/consultations")
    assert "健康证要空腹" in listed
    assert "10012345678" not in listed
    assert "态度很差" not in listed
    assert (await surfer.get("/desk" + against)).status == 404
    number = (await Consultation.get(kind=Kind.CONSULT)).number
    found = await surfer.get(f"/desk/consultations?q={number.lower()}")
    assert found.headers["location"] == "/desk" + at
    assert (await surfer.get("/desk/consultations?q=Z20260302ABCDEF")).status == 404
    page = await desk.shown("/desk" + at)
    assert "10012345678" in page
    assert "办事指南：要点" in page
    quoted = await desk.shown(f"/desk{at}?quote=papers")
    assert (
        "要带的材料：" in quoted.partition('<textarea id="f-answer"')[2].partition("</textarea>")[0]
    )
    none = await desk.send("/desk" + at, act="answer", answer="")
    assert none.status == 422
    moved = await desk.send("/desk" + at, act="transfer", organ_code="", transfer="不归我们管这个")
    assert moved.status == 422
    assert "不归我们管这个" in moved.text
    assert (await desk.send("/desk" + at, act="take")).status == 303
    assert (await desk.send("/desk" + at, act="answer", answer="不用空腹。")).status == 303
    twice = await desk.send("/desk" + at, act="propose", answer="另一个答复")
    assert twice.status == 422
    named_in = await desk.send(
        "/desk" + at, act="propose", question=QUESTION, public_answer="不用空腹。"
    )
    assert named_in.status == 422
    assert "手机号码" in named_in.text
    fine = {"question": "健康证要空腹去办吗", "public_answer": "不用空腹。"}
    assert (await desk.send("/desk" + at, act="propose", **fine)).status == 303
    await desk.out()

    desk = await sample(world, desk, "fuzeren")
    assert "态度很差" in await desk.shown("/desk/consultations?kind=complaint")
    seen = await desk.shown("/desk" + against)
    assert "投诉人信息保密" in seen
    assert "张" not in seen.partition("<main")[2].partition("</main>")[0].replace("张示例", "")
    listed = await desk.shown("/desk/public-answers")
    answer = re.search(r'href="(/desk/public-answers/[0-9a-f-]{36})"', listed)
    assert answer is not None
    short = await desk.send(answer[1], act="send_back", send_back="")
    assert short.status == 422
    assert (await desk.send(answer[1], act="approve")).status == 303
    assert (await desk.send(answer[1], act="approve")).status == 409
    assert (await desk.send(answer[1], act="adopt")).status == 403
    await desk.out()
    assert "不用空腹。" in (await surfer.get(f"/consultations?item={code}&q=空腹")).text

    desk = await sample(world, desk, "bianji")
    assert "健康证" in await desk.shown("/desk/public-answers?tab=candidates")
    taken = await desk.send(answer[1], act="adopt")
    assert taken.headers["location"].startswith("/editors/drafts/")
    assert (await surfer.get("/desk/consultations")).status == 403
    await desk.out()

    desk = await sample(world, desk, "jiandu")
    row = await Consultation.get(kind=Kind.COMPLAINT)
    gone = await desk.send(
        "/desk" + against, act="transfer", organ_code="gongan", transfer="请公安局看看这件事"
    )
    assert gone.status == 303
    refused = await desk.send("/desk" + against, act="refer", refer="请到法院诉讼服务中心")
    assert refused.status == 303
    await row.refresh_from_db()
    assert row.state == "referred"


@pytest.mark.usefixtures("server")
async def test_the_api_asks_reads_and_answers(world: World, outside: Outside, phone: Phone) -> None:
    await seed.plant(world)
    citizen = await signed_in_citizen(phone, outside, "zhang")
    (await citizen.post("/consultations", {"kind": "praise", "text": QUESTION})).refused(
        422, "invalid"
    )
    (await citizen.post("/consultations", {"kind": "consult", "text": "？？？？？？"})).refused(
        422, "words-unfit"
    )
    made = await citizen.post("/consultations", {"kind": "consult", "text": QUESTION}, key="one")
    again = await citizen.post("/consultations", {"kind": "consult", "text": QUESTION}, key="one")
    assert made.ok(201) == again.ok(201)
    at = f"/consultations/{made.json['id']}"
    assert made.json["allowed_actions"] == ["withdraw"]
    assert made.json["why"]
    row = await Consultation.get()
    office = next(each for each in await seed.plant(world) if each.login == "jiandu")
    told = await phone.post(
        "/officer-sessions", {"login": office.login, "password": office.password}, key=None
    )
    supervisor = phone.signed_in(told.ok()["access_token"])
    [line] = (await supervisor.get("/officer/consultations")).ok()["items"]
    assert "10012345678" not in str(line)
    for step, body, good in (
        ("taking", None, 200),
        ("answer", {"text": "不用空腹。"}, 200),
        ("publication", {"question": "健康证要空腹办吗", "answer": "不用空腹。"}, 201),
    ):
        (await supervisor.post(f"/officer{at}/{step}", body)).ok(good)
    assert (await citizen.get(at)).ok()["said"][-1]["text"] == "不用空腹。"
    (await citizen.post(f"{at}/rating", {"satisfied": False})).refused(422, "words-unfit")
    again_asked = (
        await citizen.post(f"{at}/rating", {"satisfied": False, "reason": "没有说清楚"})
    ).ok()
    assert again_asked["state"] == "submitted"
    (await supervisor.post(f"/officer{at}/answer", {"text": "不用空腹。"})).refused(
        403, "not-yours-to-answer"
    )
    assert (await phone.get("/public-answers", q="空腹")).ok()["items"] == []
    assert (await citizen.get("/consultations")).ok()["items"][0]["number"] == row.number
    assert consultations.is_number(row.number)
