"""The form of a guide is one JSON Schema: what it says, and that the desk goes by nothing else."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk import cases, guides
from citydesk.cases import FilingIncomplete, State
from citydesk.guides import Answer, FormFault
from citydesk.guides.actions import samples
from citydesk.guides.form_schema import SITUATION
from citydesk.world import World
from models.cases import Case
from tests.cases.making import FIELDS, FORM, HALL, PDF, Desk, field, kite_guide
from tests.guides.making import CREDIT_CODE, a_guide

QUESTIONS = [
    {
        "key": "flyer",
        "text": "谁来放？",
        "options": [{"key": "self", "label": "本人"}, {"key": "child", "label": "孩子"}],
    }
]
RICH = [
    *FIELDS,
    field("cell", "mobile"),
    field("unit", "credit_code", required=False),
    field("places", "choices", options=["河边", "广场", "公园"]),
    field("night", "boolean"),
    field("lamp", "text", when={"night": ["是"]}),
    field("child", "id_no", when={"flyer": ["child"]}),
    field("bridge", "text", when={"places": ["河边"], "colour": ["红"]}),
]
RIGHT: dict[str, Answer] = {
    **FORM,
    "cell": "10012345678",
    "unit": CREDIT_CODE,
    "places": ["广场"],
    "night": False,
}
GUIDE = a_guide(form_fields=RICH, questions=QUESTIONS)
ASKED = guides.application_form(GUIDE)


def said_of(key: str, text: Answer) -> str:
    """What is wrong with one answer; "" when it will do."""
    faults = ASKED.faults(guides.normalized({**RIGHT, key: text}))
    assert all(fault.key == key for fault in faults), faults
    return faults[0].detail if faults else ""


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("kite", "字" * 40),
        ("id_no", "990000198804120119"),
        ("phone", "10012345678"),
        ("phone", "024-00000101"),
        ("phone", "02400000101"),
        ("since", "2024-02-29"),
        ("colour", "黄"),
        ("length", "-1.5"),
        ("length", ""),
        ("cell", "10000000001"),
        ("unit", CREDIT_CODE.lower()),
        ("unit", ""),
        ("places", ["公园", "广场"]),
    ],
)
def test_a_fitting_answer_will_do(key: str, good: Answer) -> None:
    assert said_of(key, good) == ""


@pytest.mark.parametrize(
    ("key", "bad", "said"),
    [
        ("kite", "字" * 41, "太长，最多40个字"),
        ("kite", "  ", "必填"),
        ("kite", True, "填写有误"),
        ("id_no", "990000198804120110", "身份证号码不对"),
        ("id_no", "99000019880412011", "身份证号码不对"),
        ("id_no", "９９００００１９８８０４１２０１１９", "身份证号码不对"),
        ("phone", "1001234567", "电话号码不对"),
        ("phone", "１００１２３４５６７８", "电话号码不对"),
        ("phone", "10012345678 10012345678", "电话号码不对"),
        ("since", "2026-02-29", "日期不对"),
        ("since", "2026-3-1", "日期不对"),
        ("since", "20260301", "日期不对"),
        ("since", "2026-W09-7", "日期不对"),
        ("colour", "蓝", "请从选项中选一个"),
        ("colour", ["红"], "请从选项中选一个"),
        ("length", "1e5", "应为数字"),
        ("length", "NaN", "应为数字"),
        ("length", "١٢", "应为数字"),
        ("cell", "024-00000101", "手机号码不对"),
        ("unit", "11990000MB00000356", "统一社会信用代码不对"),
        ("unit", "11990000MI00000355", "统一社会信用代码不对"),
        ("places", ["海边"], "请从选项中选择"),
        ("places", ["广场", "广场"], "请从选项中选择"),
        ("places", [], "必填"),
        ("night", "是", "请选“是”或“否”"),
    ],
)
def test_a_misshapen_answer_is_named(key: str, bad: Answer, said: str) -> None:
    assert said_of(key, bad).startswith(said)


def test_what_an_answer_calls_for_is_asked_and_nothing_else() -> None:
    def lacking(told: dict[str, list[str]] | None = None, **more: Answer) -> list[str]:
        return [each.key for each in ASKED.faults({**RIGHT, **more}, told)]

    assert lacking() == []
    assert lacking(night=True) == ["lamp"]
    assert lacking(night=True, lamp="有灯") == []
    assert lacking(told={"flyer": ["child"]}) == ["child"]
    assert lacking(told={"flyer": ["self"]}, child="?") == []
    assert lacking(places=["河边", "广场"]) == ["bridge"]
    assert lacking(places=["河边"], colour="黄") == []
    assert [each.key for each in ASKED.asked({"night": True})][-1] == "lamp"


def test_nobody_sends_the_situation_with_the_form() -> None:
    faults = ASKED.faults({**RIGHT, SITUATION: ["child"]})
    assert [(each.key, each.detail) for each in faults] == [(SITUATION, "没有这一项")]


def test_every_sample_guides_form_is_a_schema_of_2020_12() -> None:
    found = samples()
    assert len(found) > 100
    for content in found:
        schema = guides.application_form(content, "x").schema
        jsonschema_rs.meta.validate(schema)
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert list(schema["properties"])[: len(content.form_fields)] == [
            each.key for each in content.form_fields
        ]
        assert all(each["title"] for each in schema["properties"].values())


def test_a_form_that_depends_on_nothing_there_is_found_by_the_quality_rules() -> None:
    def told(**more: Any) -> list[str]:
        fields = [field("kite", "text"), field("night", "boolean"), field("lamp", "text", **more)]
        found = guides.check(a_guide(form_fields=fields).model_dump(mode="json")).findings
        return [each.element for each in found if each.code == "S1"]

    assert told(when={"night": ["是"]}) == []
    assert told(when={"night": ["也许"]}) == ["form_fields.2.when"]
    assert told(when={"lamp": ["是"]}) == ["form_fields.2.when"]  # it does not look ahead
    assert told(when={"unknown": ["是"]}) == ["form_fields.2.when"]


def test_a_guide_that_says_nothing_new_keeps_its_fingerprint() -> None:
    plain = a_guide().model_dump(mode="json")["form_fields"][0]
    assert set(plain) == {"key", "label", "type", "required", "max_length", "options", "hint"}
    said = a_guide(form_fields=[field("kite", "text", about="unit_name")])
    assert said.model_dump(mode="json")["form_fields"][0]["about"] == "unit_name"


SECOND_OPINION = jsonschema_rs.Draft202012Validator(
    ASKED.schema,
    validate_formats=True,
    formats={
        "citydesk-resident-id": lambda text: _sums_up_to_one(text),
        "citydesk-credit-code": lambda text: text.upper() == CREDIT_CODE,
    },
)


def _sums_up_to_one(number: str) -> bool:
    """GB 11643 as the standard says it: the weights are powers of two modulo 11."""
    values = [10 if each in "Xx" else int(each) for each in number]
    total = sum(value * pow(2, 17 - at, 11) for at, value in enumerate(values))
    return total % 11 == 1


TYPED: dict[str, st.SearchStrategy[Any]] = {
    "kite": st.text(max_size=44),
    "id_no": st.sampled_from(["990000198804120119", "990000198804120110", "99"]),
    "phone": st.from_regex(r"[01][0-9]{2,3}-?[0-9]{6,9}", fullmatch=True),
    "since": st.dates().map(str) | st.sampled_from(["2026-02-30", "20260301", "2026-3-1"]),
    "colour": st.sampled_from(["红", "黄", "蓝"]),
    "length": st.floats(allow_nan=True).map(str) | st.integers().map(str),
    "cell": st.from_regex(r"[12][0-9]{9,11}", fullmatch=True),
    "unit": st.sampled_from([CREDIT_CODE, CREDIT_CODE[:-1] + "0", "?"]),
    "places": st.lists(st.sampled_from(["河边", "广场", "海边"]), max_size=3),
    "night": st.booleans() | st.just("是"),
    "lamp": st.text(max_size=3),
    "child": st.sampled_from(["990000198804120119", "?"]),
    "bridge": st.text(max_size=3),
}
SITUATIONS = st.sampled_from([None, {"flyer": ["child"]}, {"flyer": ["self"]}])


@given(st.fixed_dictionaries({}, optional=TYPED), st.booleans(), SITUATIONS)
def test_a_form_will_do_exactly_when_another_validator_says_it_fits_the_schema(
    typed: dict[str, Answer], from_right: bool, told: dict[str, list[str]] | None
) -> None:
    form = guides.normalized({**(RIGHT if from_right else {}), **typed})
    assert (ASKED.faults(form, told) == []) is SECOND_OPINION.is_valid(ASKED.instance(form, told))


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=60) | st.booleans(), max_size=6))
def test_no_answer_breaks_the_form(form: dict[str, Answer]) -> None:
    for fault in ASKED.faults({**RIGHT, **form}):
        assert isinstance(fault, FormFault)
        assert fault.detail


async def test_the_desk_submits_exactly_what_fits_the_schema(world: World) -> None:
    desk = await Desk.open(world)
    item = await kite_guide(world, form_fields=RICH, questions=QUESTIONS)
    guide = await guides.published(world, item)
    await guides.remember_answers(world, desk.citizen, guide, {"flyer": ["child"]})
    case = await cases.start(world, desk.citizen, item, HALL, {})
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    wrong = {**RIGHT, "night": True, "lamp": "灯", "id_no": "1", "cell": "5"}
    state = await cases.keep_typed(world, desk.citizen, case.id, wrong)
    assert [each.key for each in state.faults] == ["id_no", "cell", "child"]
    with pytest.raises(FilingIncomplete) as refused:
        await cases.submit(world, desk.citizen, case.id)
    named = [each["field"] for each in refused.value.facts["errors"]]
    assert named == ["form.id_no", "form.cell", "form.child"]
    mended = {"id_no": FORM["id_no"], "cell": "10000000001", "child": FORM["id_no"], "night": False}
    state = await cases.keep_typed(world, desk.citizen, case.id, mended)
    assert state.faults == ()
    assert state.answers["lamp"] == "灯"  # kept while the case is a draft
    filed = await cases.submit(world, desk.citizen, case.id)
    assert filed.state == State.FILED
    form = await cases.form_of(world, desk.citizen, await Case.get(id=case.id))
    assert form == {**RIGHT, **mended}  # what is not asked is not handed in
