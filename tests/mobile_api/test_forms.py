"""The form over the wire: its schema, saved as typed, proposals, and the receipt."""

from typing import Any

from jsonschema import Draft202012Validator

from citydesk import seed
from citydesk.world import World
from models.cases import Case
from tests.cases.making import FORM, HALL, PDF, field, kite_guide
from tests.journeys.test_restaurant import officer, signed_in_citizen
from tests.people import Outside, Phone

ASKED = [
    field("name", "text", about="applicant_name"),
    field("kite", "text"),
    field("where", "choices", options=["河边", "广场"]),
    field("night", "boolean"),
    field("lamp", "text", when={"night": ["是"]}),
]


async def test_the_form_of_an_item_is_a_schema_anyone_may_read_and_keep(
    world: World, phone: Phone
) -> None:
    item = await kite_guide(world, form_fields=ASKED)
    told = await phone.get(f"/guides/{item}/form")
    schema = told.ok()
    Draft202012Validator.check_schema(schema)
    assert schema["x-citydesk-order"] == ["name", "kite", "where", "night", "lamp"]
    assert schema["properties"]["name"]["x-citydesk-about"] == "applicant_name"
    assert schema["$id"].startswith("urn:citydesk:form:")
    tag = told.headers["ETag"]
    again = await phone.ask("GET", f"/guides/{item}/form", headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    await kite_guide(world, form_fields=ASKED[:2])
    changed = await phone.ask("GET", f"/guides/{item}/form", headers={"If-None-Match": tag})
    assert changed.ok()["x-citydesk-order"] == ["name", "kite"]
    (await phone.get("/guides/none/form")).refused(404, "no-such-guide")


async def test_a_form_is_saved_as_typed_and_its_receipt_can_be_asked_for_again(
    world: World, outside: Outside, phone: Phone
) -> None:
    await seed.plant(world)
    item = await kite_guide(world, form_fields=ASKED)
    zhang = await signed_in_citizen(phone, outside, "zhang")
    begun = (await zhang.post("/cases", {"item_code": item, "hall_code": HALL})).ok(201)
    here = f"/cases/{begun['id']}"
    state: dict[str, Any] = (await zhang.get(f"{here}/form")).ok()
    assert state["form_schema"]["x-citydesk-order"][0] == "name"
    assert state["version"] == 0
    assert state["prefill"] == {
        "name": {
            "value": "张示例",
            "source": "real_name",
            "date": "2026-03-02",
            "text": "来自实名信息，2026年3月2日核验",
            "standing": "offered",
        }
    }
    typed = {"form": {"name": "张示例", "where": ["海边"], "night": True}, "version": 0}
    state = (await zhang.ask("PATCH", f"{here}/form", json=typed)).ok()
    assert state["version"] == 1
    assert state["asked"] == ["name", "kite", "where", "night", "lamp"]
    assert state["prefill"]["name"]["standing"] == "taken"
    assert {each["field"]: each["missing"] for each in state["faults"]} == {
        "form.kite": True,
        "form.where": False,
        "form.lamp": True,
    }
    late = await zhang.ask("PATCH", f"{here}/form", json={"form": {"kite": "龙"}, "version": 0})
    assert late.refused(409, "draft-changed")["version"] == 1
    (await zhang.ask("PUT", f"{here}/form", json={"form": {"kite": True}})).refused(
        422, "filing-incomplete"
    )
    mended = {"form": {"kite": "龙", "where": ["广场"], "lamp": "红"}, "version": 1}
    assert (await zhang.ask("PATCH", f"{here}/form", json=mended)).ok()["faults"] == []

    (await zhang.get(f"{here}/receipt")).refused(409, "not-allowed-now")
    await zhang.ask("POST", f"{here}/materials/m01", data=PDF, name="示例.pdf")
    first = await zhang.post(f"{here}/submission", key="once")
    again = await zhang.post(f"{here}/submission", key="once")
    assert again.ok() == first.ok()
    assert again.headers["Idempotent-Replay"] == "true"
    receipt = first.ok()
    assert (receipt["case_no"], receipt["query_code"]) == (begun["case_no"], begun["query_code"])
    assert receipt["next_due"]["on"] == "2026-03-04"
    assert (await zhang.get(f"{here}/receipt")).ok() == receipt
    (await zhang.post(f"{here}/submission", key="twice")).refused(409, "not-allowed-now")
    assert await Case.all().count() == 1
    front = await officer(phone, world, "qiantai")
    seen = (await front.get(f"/officer/cases/{begun['id']}")).ok()
    assert seen["form"]["where"] == ["广场"]
    assert seen["confirmed"] == {"name": "来自实名信息（2026年3月2日核验），申请人已确认"}
    li = await signed_in_citizen(phone, outside, "li")
    for path in ("form", "receipt"):
        (await li.get(f"{here}/{path}")).refused(404, "no-such-case")
    (await li.ask("PATCH", f"{here}/form", json={"form": FORM})).refused(404, "no-such-case")
