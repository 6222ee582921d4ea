"""The first story, through the real doors: a citizen opens a restaurant."""

from datetime import timedelta
from typing import Any

import aiohttp

from citydesk.kit.clock import SetClock
from citydesk.world import World
from tasks import outbox
from tests.city import planted
from tests.documents import a_pdf
from tests.people import Outside, Phone

PDF = a_pdf()


async def drained(world: World) -> None:
    """Let the worker do what is due."""
    while await outbox.drain(world):
        pass


async def signed_in_citizen(phone: Phone, outside: Outside, who: str) -> Phone:
    """Sign in by the mini program and prove the real name at the provincial provider."""
    code = (await outside.control("POST", f"people/{who}/login_code"))["code"]
    tokens = (await phone.post("/sessions/mini-program", {"code": code}, key=None)).ok()
    citizen = phone.signed_in(tokens["access_token"])
    begun = (await citizen.post("/identity/verifications", {}, key=None)).ok()
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as browser,
        browser.get(begun["authorize_url"] + f"&login_hint={who}", allow_redirects=True) as page,
    ):
        assert page.status == 200, await page.text()
        handed_back = await page.json()
    (await citizen.post("/identity/verifications/finish", handed_back, key=None)).ok(200)
    return citizen


async def officer(phone: Phone, world: World, login: str) -> Phone:
    """Sign a sample officer in."""
    found = (await planted(world))[login]
    told = await phone.post(
        "/officer-sessions", {"login": login, "password": found.password}, key=None
    )
    return phone.signed_in(told.ok()["access_token"])


async def test_a_citizen_opens_a_restaurant(
    world: World, outside: Outside, phone: Phone, clock: SetClock
) -> None:
    await planted(world)
    who = "zhang"
    await outside.control("POST", f"people/{who}/follow")
    await drained(world)

    answer = await outside.says(who, "开饭店")
    assert answer.startswith("【食品经营许可")
    for word in ("要带什么", "在哪办", "多久", "费用", "bizmsgmenu"):
        assert word in answer

    citizen = await signed_in_citizen(phone, outside, who)
    found = (await phone.get("/guides", q="开饭店")).ok()["items"][0]
    guide = (await phone.get(f"/guides/{found['item_code']}")).ok()

    tomorrow = clock.today() + timedelta(days=1)
    slots = (await phone.get("/halls/shenhe/slots", on=tomorrow.isoformat())).ok()
    morning = slots[0]
    booked = (
        await citizen.post(
            "/appointments", {"slot_id": morning["id"], "item_code": found["item_code"]}
        )
    ).ok(201)
    assert booked["hall_name"] == "沈河区政务服务中心"
    await drained(world)

    case = await filed(citizen, guide, found["item_code"])
    front = await officer(phone, world, "qiantai")
    back = await officer(phone, world, "houtai")
    exit_window = await officer(phone, world, "chujian")
    at = f"/officer/cases/{case['id']}"

    waiting = (await front.get("/officer/cases")).ok()["items"]
    assert [each["case_no"] for each in waiting] == [case["case_no"]]
    (await front.post(f"{at}/pre-review-pass", {})).ok()
    (await front.post(f"{at}/receipt", {})).ok()
    told = await front.post(f"{at}/correction-notice", {"reason": "平面图请标明后厨位置"})
    assert told.ok()["state"] == "correcting"
    await drained(world)

    await hand_in(citizen, case["id"], guide["content"]["materials"][0]["code"])
    (await citizen.post(f"/cases/{case['id']}/correction")).ok()
    accepted = (await front.post(f"{at}/acceptance", {})).ok()
    assert accepted["promised_on"] == "2026-03-09"  # Monday + 5 working days
    (await back.post(f"{at}/review", {})).ok()
    (await back.post(f"{at}/decision", {"outcome": "granted"})).ok()
    (await back.post(f"{at}/completion", {})).ok()
    await drained(world)

    timeline = await outside.says(who, "进度")
    for word in (case["case_no"], "已办结", "一次性告知", "2026年3月9日", "出件窗口"):
        assert word in timeline, timeline
    await outside.control("POST", "people/li/follow")
    assert case["case_no"] not in await outside.says("li", "进度")
    by_code = await outside.says("li", f"进度 {case['case_no']} {case['query_code']}")
    assert "已办结" in by_code
    assert "一次性告知" not in by_code

    served = (await exit_window.post(f"{at}/service", {})).ok()
    assert served["state"] == "served"
    await drained(world)

    pushes = [each for each in await outside.on_phone(who) if each["kind"] == "template"]
    said = "\n".join(str(each) for each in pushes)
    phrases = [
        each["fields"].get("phrase3") or each["fields"].get("thing3") or each["fields"]["thing2"]
        for each in pushes
    ]
    assert phrases[1:] == [  # the first tells of the booking; each step in its order
        *("已提交", "预审通过", "已收件", "请在3月17日前补正材料"),
        *("已受理，承诺3月9日前办结", "准予许可", "已办结", "已送达"),
    ], said
    assert case["case_no"] in said
    assert "补正" in said


async def filed(citizen: Phone, guide: dict[str, Any], item_code: str) -> dict[str, Any]:
    """File the case with its form and every required paper."""
    form = {each["key"]: answer_to(each) for each in guide["content"]["form_fields"]}
    case: dict[str, Any] = (
        await citizen.post("/cases", {"item_code": item_code, "hall_code": "shenhe", "form": form})
    ).ok(201)
    for material in guide["content"]["materials"]:
        if material["necessity"] == "required":
            await hand_in(citizen, case["id"], material["code"])
    assert (await citizen.post(f"/cases/{case['id']}/submission")).ok()["state"] == "filed"
    return case


async def hand_in(citizen: Phone, case_id: str, requirement: str) -> None:
    told = await citizen.ask(
        "POST", f"/cases/{case_id}/materials/{requirement}", data=PDF, name="示例.pdf"
    )
    told.ok(201)


def answer_to(field: dict[str, Any]) -> str:
    """A fitting answer to one question of a form."""
    answers = {
        "id_no": "990000198804120119",
        "phone": "10012345678",
        "date": "2026-03-01",
        "number": "60",
        "credit_code": "11990000MB00000355",
    }
    if field["type"] == "choice":
        return str(field["options"][0])
    return answers.get(field["type"], "示例")
