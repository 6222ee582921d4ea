"""Papers that count no more, as officers see them: on the page of the case and over the API."""

from uuid import UUID

from citydesk import cases
from citydesk.world import World
from models.cases import Case
from tests.city import planted
from tests.documents import a_pdf
from tests.people import Outside, Phone
from tests.portal.conftest import Surfer
from tests.portal.desking import Desk, filed_case, sample


async def test_an_officer_sees_what_was_replaced_by_whom_and_what_asked_for_it(
    world: World, surfer: Surfer, phone: Phone, outside: Outside
) -> None:
    officers = await planted(world)
    citizen, guide, case = await filed_case(phone, outside)
    material = guide["content"]["materials"][0]
    desk, at = await sample(world, Desk(surfer), "qiantai"), f"/desk/cases/{case['id']}"
    assert "换下的材料" not in await desk.shown(at)
    await desk.step(case["id"], "pre_pass")
    await desk.step(case["id"], "receive")
    await desk.step(case["id"], "request_correction", reason="平面图请标明后厨位置")
    [first, *_] = (await citizen.get(f"/cases/{case['id']}/papers")).ok()
    new = await citizen.ask(
        "POST",
        f"/cases/{case['id']}/materials/{first['requirement']}",
        data=a_pdf(2),
        name="新平面图.pdf",
        replaces=first["id"],
    )
    path = f"/cases/{case['id']}/materials/{material['code']}"
    extra = (await citizen.ask("POST", path, data=a_pdf(), name="多余.pdf")).ok(201)["id"]
    gone = await citizen.ask("DELETE", f"/cases/{case['id']}/papers/{extra}")
    assert gone.status == 204
    await cases.scan_waiting(world)

    shown = await desk.shown(at)
    for word in ("换下的材料（2）", "申请人换成了“新平面图.pdf”", "申请人撤下了这份"):
        assert word in shown
    assert "原因：需要补正材料（一次性告知）：平面图请标明后厨位置" in shown
    opened = await cases.former_papers(world, await Case.get(id=UUID(case["id"])))
    for each in opened:
        assert each.path is not None
        assert f'href="{each.path}"' in shown
        assert (await surfer.get(each.path)).status == 200

    login = {"login": "qiantai", "password": officers["qiantai"].password}
    officer = phone.signed_in(
        (await phone.post("/officer-sessions", login, key=None)).ok()["access_token"]
    )
    told = (await officer.get(f"/officer/cases/{case['id']}")).ok()["former_papers"]
    assert [(each["id"], each["replaced_by"], each["by"]) for each in told] == [
        (extra, None, "applicant"),
        (first["id"], new.ok(201)["id"], "applicant"),
    ]
    assert all(each["why"].endswith("平面图请标明后厨位置") for each in told)
