"""The table of ``data/machine.csv``, read and checked when the program starts.

One line a way from state to state: who takes it, on which conditions, what it does to which clock,
whether it needs a reason, on which article it rests, and what supervision is shown of it.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from io import StringIO

from citydesk.cases.guards import Guard
from citydesk.cases.states import Action, Actor, State

RULE_VERSION = "2026.3"


class Clock(StrEnum):
    """The limits that run while a case lives (model 4.3), by the name of their timers."""

    PRE_REVIEW = "pre_review"
    DECISION = "correction_decision"
    CORRECTION = "correction"
    PROMISED = "promised"
    STATUTORY = "statutory"
    LINK = "link"
    SPECIAL = "special"
    CERTIFICATE = "certificate"
    SERVICE = "service"
    DEFERRED = "deferred_material"
    EVERY = "every"


class Verb(StrEnum):
    """What a step does to a clock; ``backdate`` starts it on the day of receipt."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    BACKDATE = "backdate"


class Leads(StrEnum):
    """Where a line leads when no state is written: nowhere, or to where it was interrupted."""

    SAME = "(same)"
    BACK = "(back)"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step does to one clock."""

    verb: Verb
    clock: Clock


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table. ``from_states`` holds None where a case begins.

    ``queued``: a case that stands at the start of the line waits on that post's work list.
    ``behalf``: an officer does it for the applicant, who stands at the window.
    ``mark``: what supervision is shown when the step is taken.
    """

    action: Action
    from_states: frozenset[State | None]
    to: State | Leads
    actors: frozenset[Actor]
    guards: tuple[Guard, ...]
    effects: tuple[Effect, ...]
    reason: bool
    queued: bool
    behalf: bool
    legal_basis: str | None
    mark: str | None

    def leads_to(self, state: State | None, interrupted: State | None) -> State:
        """Return the state after this step, from here."""
        if isinstance(self.to, State):
            return self.to
        found = state if self.to is Leads.SAME else interrupted
        if found is None:
            raise LookupError(f"{self.action}: no state to lead to")
        return found


def _effect(text: str) -> Effect:
    verb, _, clock = text.strip().partition(" ")
    return Effect(Verb(verb), Clock(clock))


def _step(row: dict[str, str]) -> Step:
    needs = set(row["needs"].split())
    if unknown := needs - {"reason", "unqueued", "behalf"}:
        raise ValueError(f"machine.csv: {row['event']} needs {unknown}")
    to = row["to"]
    return Step(
        action=Action(row["event"]),
        from_states=frozenset(None if word == "-" else State(word) for word in row["from"].split()),
        to=Leads(to) if to.startswith("(") else State(to),
        actors=frozenset(Actor(word) for word in row["who"].split()),
        guards=tuple(Guard(word) for word in row["if"].split()),
        effects=tuple(_effect(text) for text in row["clocks"].split(";") if text),
        reason="reason" in needs,
        queued="unqueued" not in needs,
        behalf="behalf" in needs,
        legal_basis=row["legal_basis"] or None,
        mark=row["mark"] or None,
    )


def _read() -> tuple[Step, ...]:
    text = files("citydesk.cases").joinpath("data/machine.csv").read_text("utf-8")
    return tuple(_step(row) for row in csv.DictReader(StringIO(text)))


STEPS = _read()
