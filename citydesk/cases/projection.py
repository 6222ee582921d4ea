"""What a case stands at, worked out from what happened to it: values in, values out.

A step changes the stored row by ``changes`` and in no other way, so that the events told again
from the first give the same row; ``rebuilding`` compares the two.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from citydesk.cases.states import ENDS, Action, JointKind, Outcome, State

LEGACY = "2026.1"  # rules before the table was whole: a recount told the promised date only

_NOTHING_DEFERRED: Mapping[str, Any] = {"deferred_open": False, "deferred_due_on": None}
_SETTLED = frozenset({State.DECIDED, State.WITHDRAWN, State.VOIDED})

Columns = Mapping[str, Any]

INITIAL: Columns = MappingProxyType(
    {
        "state": State.DRAFT.value,
        "filed_at": None,
        "received_at": None,
        "accepted_at": None,
        "promised_on": None,
        "statutory_on": None,
        "provisional": False,
        "correction_round": 0,
        "correction_due_on": None,
        "decided_at": None,
        "outcome": None,
        "completed_at": None,
        "served_at": None,
        "link": None,
        "lapse_on": None,
        "suspended_from": None,
        "special_no": 0,
        "special_open": False,
        "extended_days": 0,
        "supplement_asked": False,
        "joint_kind": None,
        "parts_open": 0,
        "parts_uncommitted": 0,
        "committed": False,
        "deferred_open": False,
        "deferred_due_on": None,
    }
)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of a case, as it counts."""

    action: Action
    from_state: str | None
    to_state: str
    at: datetime
    facts: Mapping[str, Any]
    rule_version: str


def changes(before: Columns, event: Happened) -> dict[str, Any]:
    """Return the columns an event changes, and to what."""
    found: dict[str, Any] = {"state": event.to_state}
    for name in ("promised_on", "statutory_on"):
        if name in event.facts:
            found[name] = _day(event.facts[name])
    if "provisional" in event.facts:
        found["provisional"] = event.facts["provisional"]
    if "lapse_on" in event.facts:
        found["lapse_on"] = _day(event.facts["lapse_on"])
    elif event.from_state != event.to_state:
        found["lapse_on"] = None
    if "deferred_due_on" in event.facts:
        found["deferred_due_on"] = _day(event.facts["deferred_due_on"])
    if event.to_state in ENDS:
        found |= _NOTHING_DEFERRED
    if event.to_state in _SETTLED and event.rule_version != LEGACY:
        found["provisional"] = False  # the date no longer matters: nothing will count it again
    if own := _OWN.get(event.action):
        found |= own(before, event)
    return found


def replayed(events: Iterable[Happened]) -> tuple[dict[str, Any], frozenset[str]]:
    """Tell the events again from the first; return the row and what they cannot tell of it."""
    row, untold = dict(INITIAL), set[str]()
    for event in events:
        row |= changes(row, event)
        if event.rule_version == LEGACY and event.action is Action.RECOUNT:
            untold |= {"statutory_on", "provisional"}
    return row, frozenset(untold)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _at(name: str) -> Callable[[Columns, Happened], dict[str, Any]]:
    return lambda _, event: {name: event.at}


def _requested(before: Columns, event: Happened) -> dict[str, Any]:
    return {
        "correction_round": before["correction_round"] + 1,
        "correction_due_on": _day(event.facts.get("due_on")),
    }


def _corrected(_: Columns, event: Happened) -> dict[str, Any]:
    return {"received_at": event.at, "correction_due_on": None}


def _received(_: Columns, event: Happened) -> dict[str, Any]:
    begun = {"filed_at": event.at} if event.from_state == State.DRAFT else {}
    return {"received_at": event.at, **begun}


def _accepted(_: Columns, event: Happened) -> dict[str, Any]:
    return {"accepted_at": event.at, "deferred_open": bool(event.facts.get("deferred"))}


def _deferred_lapsed(_: Columns, event: Happened) -> dict[str, Any]:
    """The day is past; once decided, the papers are still owed and may still come."""
    return {"deferred_due_on": None, "deferred_open": event.to_state not in ENDS}


def _silence(_: Columns, event: Happened) -> dict[str, Any]:
    return {"accepted_at": datetime.fromisoformat(event.facts["accepted_at"])}


def _linked(_: Columns, event: Happened) -> dict[str, Any]:
    return {"link": event.facts.get("link")}


def _interrupted(before: Columns, event: Happened) -> dict[str, Any]:
    return {
        "suspended_from": event.from_state,
        "special_no": before["special_no"] + 1,
        "special_open": True,
    }


def _ended(_: Columns, __: Happened) -> dict[str, Any]:
    return {"suspended_from": None, "special_open": False}


def _capped(_: Columns, __: Happened) -> dict[str, Any]:
    return {"suspended_from": None}


def _extended(before: Columns, event: Happened) -> dict[str, Any]:
    return {"extended_days": before["extended_days"] + event.facts["days"]}


def _joined(before: Columns, event: Happened) -> dict[str, Any]:
    parts, kind = len(event.facts["parts"]), event.facts["kind"]
    waits = parts if kind == JointKind.PREREQUISITE else 0
    return {
        "joint_kind": kind,
        "parts_open": before["parts_open"] + parts,
        "parts_uncommitted": before["parts_uncommitted"] + waits,
    }


def _opened(_: Columns, event: Happened) -> dict[str, Any]:
    return {"accepted_at": event.at, "filed_at": event.at, "joint_kind": event.facts["kind"]}


def _part_committed(before: Columns, _: Happened) -> dict[str, Any]:
    return {"parts_uncommitted": before["parts_uncommitted"] - 1}


def _part_decided(before: Columns, event: Happened) -> dict[str, Any]:
    waited = 1 if event.facts.get("was_uncommitted") else 0
    return {
        "parts_open": before["parts_open"] - 1,
        "parts_uncommitted": before["parts_uncommitted"] - waited,
    }


def _decided(_: Columns, event: Happened) -> dict[str, Any]:
    outcome = Outcome(event.facts["outcome"])
    moot = _NOTHING_DEFERRED if outcome is Outcome.REFUSED else {}
    return {
        "decided_at": event.at,
        "outcome": outcome.value,
        "supplement_asked": False,
        **moot,
    }


_OWN: Mapping[Action, Callable[[Columns, Happened], dict[str, Any]]] = {
    Action.SUBMIT: _at("filed_at"),
    Action.RESUBMIT: _at("filed_at"),
    Action.RECEIVE: _received,
    Action.REQUEST_CORRECTION: _requested,
    Action.CORRECT: _corrected,
    Action.ACCEPT: _accepted,
    Action.HAND_IN_DEFERRED: lambda _, __: dict(_NOTHING_DEFERRED),
    Action.DEFERRED_LAPSED: _deferred_lapsed,
    Action.ACCEPT_BY_SILENCE: _silence,
    Action.START_REVIEW: _linked,
    Action.PASS_LINK: _linked,
    Action.RETURN_LINK: _linked,
    Action.REQUEST_SUPPLEMENT: lambda _, __: {"supplement_asked": True},
    Action.SUPPLEMENT: lambda _, __: {"supplement_asked": False},
    Action.START_SPECIAL: _interrupted,
    Action.END_SPECIAL: _ended,
    Action.SPECIAL_LAPSED: _capped,
    Action.EXTEND: _extended,
    Action.START_JOINT: _joined,
    Action.OPEN_PART: _opened,
    Action.COMMIT: lambda _, __: {"committed": True},
    Action.PART_COMMITTED: _part_committed,
    Action.PART_DECIDED: _part_decided,
    Action.DECIDE: _decided,
    Action.COMPLETE: _at("completed_at"),
    Action.SERVE: _at("served_at"),
    Action.WITHDRAW: lambda _, __: {"correction_due_on": None},
}
