"""What supervision decides with values only."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citydesk.guides import Material
from citydesk.supervision import Fate, Reduction, Share, measures
from citydesk.supervision.measures import Demand, Target
from models.supervision import Ability, Channel, Offer, ProbeOutcome
from tests.guides.making import a_guide

TRUE = (3, "0a1b2c3d")


def material(code: str = "m01", name: str = "申请书", **more: Any) -> Material:
    told = {
        "code": code,
        "name": name,
        "type": "original",
        "form": "paper",
        "necessity": "required",
        "origin": "applicant",
        **more,
    }
    return Material.model_validate(told)


def offers(channel: Channel, **changes: Any) -> tuple[str, str]:
    """The four abilities of a channel as letters (L live, - not offered, . not yet), and why."""
    row = next(each for each in measures.matrix(a_guide(**changes)) if each.channel is channel)
    letters = {Offer.LIVE: "L", Offer.NOT_OFFERED: "-", Offer.NOT_YET: "."}
    return "".join(letters[row.offers[each]] for each in Ability), row.reason_if_not


def test_a_matrix_has_a_row_for_every_channel_and_a_reason_for_every_gap() -> None:
    rows = measures.matrix(a_guide())
    assert [row.channel for row in rows] == list(Channel)
    for row in rows:
        assert (set(row.offers.values()) == {Offer.LIVE}) == (row.reason_if_not == "")


def test_what_is_offered_follows_the_guide() -> None:
    whole = {"promised_visits": 0, "onsite_reason": "", "online_depth": "4"}
    assert offers(Channel.APP, **whole) == ("LLLL", "")
    assert offers(Channel.CHAT) == ("LLL-", "要到现场才能办完：领取证书。")
    assert offers(Channel.PORTAL, is_schedule=False, **whole)[0] == "-LLL"
    window_only = {"is_online": False, "online_depth": "1", "forms": ["1"]}
    assert offers(Channel.MINI_PROGRAM, **window_only) == ("LL--", measures.NOT_ONLINE)
    assert offers(Channel.TERMINAL)[0] == "...."
    assert offers(Channel.HALL_SCREEN)[0] == "...."
    assert offers(Channel.WINDOW)[0] == ".L.L"


counts = st.integers(0, 500)


@given(counts, counts, counts, st.data())
def test_an_exception_explains_a_rate_and_never_raises_it(
    passed: int, failed: int, untested: int, data: st.DataObject
) -> None:
    excepted = data.draw(st.integers(0, failed + untested))
    due = passed + failed + untested
    share = Share(due, passed, failed, untested, excepted)
    plain = Share(due, passed, failed, untested, 0)
    assert share.permille == plain.permille
    if due == 0:
        assert share.permille is None
        return
    assert share.permille is not None
    exact = Fraction(passed, due)
    assert Fraction(share.permille, 1000) <= exact < Fraction(share.permille + 1, 1000)
    without = share.permille_without_exceptions
    assert (without is None) == (due == excepted)
    assert without is None or without >= share.permille


def test_the_target_in_force_is_the_last_one_due_or_the_first_to_come() -> None:
    first, second = Target(700, date(2018, 12, 31), ""), Target(900, date(2019, 12, 31), "")
    targets = [second, first]
    assert measures.target_in_force(targets, date(2018, 6, 1)) is first
    assert measures.target_in_force(targets, date(2018, 12, 31)) is first
    assert measures.target_in_force(targets, date(2026, 3, 2)) is second
    assert measures.target_in_force([], date(2026, 3, 2)) is None


@pytest.mark.parametrize(
    ("served", "outcome"),
    [
        ([TRUE], ProbeOutcome.SAME),
        ([TRUE, (None, TRUE[1])], ProbeOutcome.SAME),
        ([(2, "ffffffff")], ProbeOutcome.OTHER_VERSION),
        ([TRUE, (2, "ffffffff")], ProbeOutcome.OTHER_VERSION),
        ([(3, "ffffffff")], ProbeOutcome.OTHER_VERSION),  # the right number on another text
        ([(2, TRUE[1])], ProbeOutcome.OTHER_VERSION),
        ([], ProbeOutcome.NO_VERSION),
    ],
)
def test_a_channel_agrees_only_when_all_it_shows_is_true(
    served: list[tuple[int | None, str]], outcome: ProbeOutcome
) -> None:
    assert measures.compared(TRUE, served, answered=True) is outcome
    assert measures.compared(TRUE, served, answered=False) is ProbeOutcome.NO_ANSWER


def test_what_became_of_a_material() -> None:
    then = {code: f"材料{code}" for code in ("a", "b", "c", "d", "e", "f", "g")}
    now = [
        material("a", "材料a"),
        material("b", "材料b", satisfiable_by=["certificate:business_license"]),
        material("c", "材料c", satisfiable_by=["exchange:residence"]),
        material("d", "材料d", satisfiable_by=["commitment"]),
        material("e", "材料e", necessity="optional"),
        material("x", "材 料 f"),  # renumbered, the same by its name
        material("y", "新要的材料"),
        material("z", "新添但可不交", necessity="optional"),
    ]
    assert measures.fates(Demand("i", then, now, 0)) == {
        "a": Fate.DEMANDED,
        "b": Fate.BY_CERTIFICATE,
        "c": Fate.BY_EXCHANGE,
        "d": Fate.BY_COMMITMENT,
        "e": Fate.OPTIONAL,
        "f": Fate.DEMANDED,
        "g": Fate.ABOLISHED,
        "y": Fate.ADDED,
    }


def test_the_reduction_is_counted_by_item_and_by_volume() -> None:
    busy = Demand("busy", {"a": "甲", "b": "乙"}, [material("a", "甲")], 90)  # half saved
    rare = Demand("rare", {"a": "甲", "b": "乙"}, [material("a", "甲"), material("b", "乙")], 10)
    assert measures.reduction([busy, rare]) == Reduction(4, 3, 200, 110)
    assert measures.reduction([busy, rare]).permille == 250
    assert measures.reduction([busy, rare]).permille_by_volume == 450
    assert measures.reduction([Demand("none", {"a": "甲"}, [], 0)]).permille_by_volume is None
    worse = Demand("worse", {"a": "甲"}, [material("a", "甲"), material("b", "乙")], 1)
    assert measures.reduction([worse]).permille == -1000


fates = st.lists(st.booleans(), min_size=1, max_size=20)


@given(st.lists(st.tuples(fates, st.integers(0, 1000)), min_size=1, max_size=10))
def test_saving_one_more_material_never_lowers_the_reduction(
    items: list[tuple[list[bool], int]],
) -> None:
    def demands(saved_too: int | None) -> list[Demand]:
        found = []
        for number, (kept, cases) in enumerate(items):
            then = {str(at): f"材料{at}" for at in range(len(kept))}
            now = [material(str(at), f"材料{at}") for at, stays in enumerate(kept) if stays]
            found.append(Demand("i", then, now[1:] if number == saved_too else now, cases))
        return found

    before, after = measures.reduction(demands(None)), measures.reduction(demands(0))
    assert (after.permille or 0) >= (before.permille or 0)
    assert after.still_by_volume <= before.still_by_volume
