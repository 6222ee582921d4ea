from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from citydesk.guides import difference
from tests.guides.making import a_guide, elements

PAPER = elements()["materials"][0]
OTHER = {**PAPER, "code": "m02", "name": "风筝线"}


def changes(**changed: Any) -> list[tuple[str, Any, Any]]:
    found = difference(elements(), elements(**changed))
    return [(each.element, each.before, each.after) for each in found]


def test_what_differs_is_named_by_its_element_in_the_guides_order() -> None:
    assert changes(promised_visits=2, name="示例风筝许可") == [
        ("name", "示例风筝放飞许可（首次申请）", "示例风筝许可"),
        ("promised_visits", 1, 2),
    ]
    assert changes(promised_limit={**elements()["promised_limit"], "value": 3}) == [
        ("promised_limit.value", 5, 3)
    ]


def test_an_entry_put_in_front_does_not_make_the_others_differ() -> None:
    [(where, before, after)] = changes(materials=[OTHER, PAPER])
    assert (where, before, after["name"]) == ("materials.0", None, "风筝线")
    [gone] = difference(elements(materials=[OTHER, PAPER]), elements())
    assert (gone.element, gone.before["name"], gone.after) == ("materials.0", "风筝线", None)
    [renamed] = difference(elements(), elements(materials=[{**PAPER, "name": "照片"}]))
    assert (renamed.element, renamed.label) == ("materials.0.name", "申请材料第1项·名称")


def test_entries_in_another_order_differ_in_their_order_only() -> None:
    [change] = difference(elements(materials=[PAPER, OTHER]), elements(materials=[OTHER, PAPER]))
    assert (change.element, change.before, change.after) == (
        "materials",
        ["m01", "m02"],
        ["m02", "m01"],
    )


def test_an_element_that_says_the_same_by_default_does_not_differ() -> None:
    assert difference(elements(), a_guide()) == []
    assert difference(a_guide(), elements(mail_in=True))[0].element == "mail_in"


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef")))
def test_nothing_differs_from_itself_and_every_difference_is_seen(
    one: list[str], other: list[str]
) -> None:
    assert difference({"plain_labels": one}, {"plain_labels": one}) == []
    assert bool(difference({"plain_labels": one}, {"plain_labels": other})) == (one != other)
