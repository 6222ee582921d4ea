"""When the elements of a guide contradict each other: the rules a machine can check.

Numbers Q1–Q7 are those of the domain model (from the national quality rules for service guides).
Values in, sentences out; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from citydesk.guides.content import GuideContent, Limit

# In hours, for comparing a promise with the law. A working day counts as the day it takes at least.
_HOURS = {"hour": 1, "working_day": 24, "calendar_day": 24, "month": 24 * 30, "year": 24 * 365}


def faults(guide: GuideContent) -> list[str]:
    """Every contradiction in a guide, each starting with the element at fault; empty when sound."""
    return [*_time(guide), *_money(guide), *_visits(guide), *_contacts(guide), *_lists(guide)]


def longer(promised: Limit, statutory: Limit) -> bool:
    """Whether a promise is later than the law allows; unlike day kinds are not compared."""
    kinds = {promised.unit, statutory.unit}
    if kinds == {"working_day", "calendar_day"}:
        return False
    return promised.value * _HOURS[promised.unit] > statutory.value * _HOURS[statutory.unit]


def _time(guide: GuideContent) -> Iterator[str]:
    immediate = guide.case_type == "immediate"
    if immediate != (guide.promised_limit.value == 0):
        yield "promised_limit: an immediate item promises 0, a promised item more than 0 (Q1, Q2)"
    if guide.statutory_limit.value == 0:
        if not guide.statutory_limit.note:
            yield "statutory_limit: 0 needs a note that explains it (Q3)"
    elif longer(guide.promised_limit, guide.statutory_limit):
        yield "promised_limit: longer than the statutory limit (Q3)"


def _money(guide: GuideContent) -> Iterator[str]:
    if guide.has_fee != bool(guide.fees):
        yield "fees: listed exactly when has_fee is true (Q7)"
    if guide.online_pay and not guide.has_fee:
        yield "online_pay: nothing to pay (Q7)"


def _visits(guide: GuideContent) -> Iterator[str]:
    if (guide.promised_visits > 0) != bool(guide.onsite_reason):
        yield "onsite_reason: given exactly when promised_visits is above 0 (Q5)"
    if guide.online_depth == "4" and guide.promised_visits > 0:
        yield "promised_visits: 0 at online depth 4 (Q6)"
    if guide.is_online != bool({"2", "3"} & set(guide.forms)):
        yield "is_online: true exactly when forms hold 2 (computer) or 3 (mobile)"


def _contacts(guide: GuideContent) -> Iterator[str]:
    if guide.consult_phone == guide.complain_phone:
        yield "complain_phone: the same as consult_phone (Q8)"


def _lists(guide: GuideContent) -> Iterator[str]:
    named: tuple[tuple[str, Sequence[str]], ...] = (
        ("plain_labels", guide.plain_labels),
        ("addressees", guide.addressees),
        ("themes", guide.themes),
        ("forms", guide.forms),
        ("materials.code", [material.code for material in guide.materials]),
        ("materials.name", [material.name for material in guide.materials]),
        ("form_fields.key", [field.key for field in guide.form_fields]),
        ("places.hall", [place.hall for place in guide.places]),
    )
    for where, values in named:
        if len(set(values)) != len(values):
            yield f"{where}: listed twice"
