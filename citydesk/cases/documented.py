"""The table as a page for people and a diagram: ``citydesk generate`` writes ``docs/cases.md``."""

from citydesk.cases.guards import MEANINGS
from citydesk.cases.states import ENDS, Action, Actor, State
from citydesk.cases.table import RULE_VERSION, STEPS, Clock, Effect, Leads, Step, Verb
from citydesk.cases.words import LABELS, TITLES

_HEAD = f"""# The life of a case

Made by `citydesk generate` from
[citydesk/cases/data/machine.csv](../citydesk/cases/data/machine.csv) (rules {RULE_VERSION}):
edit that, not this. Every event is a row that is never changed: who, acting for whom, through
which channel and device, from where to where, the reason (sealed), the article, the version of
the rules. What a case stands at is worked out from its events alone
([projection.py](../citydesk/cases/projection.py)); `citydesk cases` tells them again and compares,
and so does a job of the night.
"""

_CLOCKS = {
    Clock.PRE_REVIEW: "online pre-review, 2 working days: the city's own promise",
    Clock.DECISION: "whether to accept, 5 working days (art. 32); silence is acceptance",
    Clock.CORRECTION: "the applicant's time to correct, as the notice says",
    Clock.PROMISED: "the limit promised by the guide",
    Clock.STATUTORY: "the limit by law (art. 42); extended once, by 10 days at most, 15 when joint",
    Clock.LINK: "one link of the review, where the guide gives it days",
    Clock.SPECIAL: "the approved days of a special procedure (art. 45)",
    Clock.CERTIFICATE: "making the certificate, 3 working days",
    Clock.SERVICE: "serving the decision, 10 working days (art. 44)",
    Clock.DEFERRED: "papers that follow an acceptance (容缺), as the acceptance says",
    Clock.EVERY: "all of them, and nothing passed unnoticed falls any more",
}
_VERBS = {
    Verb.START: "starts",
    Verb.STOP: "stops",
    Verb.PAUSE: "pauses, up to the approved days,",
    Verb.RESUME: "resumes",
    Verb.EXTEND: "extends",
    Verb.BACKDATE: "starts, from the day of receipt,",
}
_WHO = {
    Actor.APPLICANT: "applicant",
    Actor.AGENT: "agent",
    Actor.FRONT_DESK: "front desk",
    Actor.BACK_OFFICE: "back office",
    Actor.EXIT_WINDOW: "exit window",
    Actor.DEPARTMENT_HEAD: "head of the organ",
    Actor.SYSTEM: "time, or another case",
}


def machine_page() -> str:
    """Write the page: states, steps, conditions, clocks, and the diagram."""
    return "\n".join(
        [
            _HEAD,
            "## States\n",
            *_states(),
            "\n## Steps\n",
            *_steps(),
            "\n## Conditions\n",
            *(f"- `{guard.value}`: {text}" for guard, text in MEANINGS.items()),
            "\n## Clocks\n",
            *(f"- `{clock.value}`: {text}" for clock, text in _CLOCKS.items()),
            "\n## Diagram\n",
            *_diagram(),
            "",
        ]
    )


def _states() -> list[str]:
    ends = {state: "an end" if state in ENDS else "" for state in State}
    rows = [f"| `{state.value}` | {LABELS[state]} | {ends[state]} |" for state in State]
    return ["| State | Told as | |", "|---|---|---|", *rows]


def _steps() -> list[str]:
    rows = [
        "| From | What happens | By whom | To | If | Clocks | Reason | Article, mark |",
        "|---|---|---|---|---|---|---|---|",
        "| – | a draft is saved | applicant, agent | `draft` |  |  |  | no event: kept 90 days |",
    ]
    for step in STEPS:
        cells = (
            ", ".join(_begins(step)),
            f"`{step.action.value}` {TITLES[step.action]}",
            _by_whom(step),
            _ends(step),
            ", ".join(f"`{guard.value}`" for guard in step.guards),
            "; ".join(_effect(each) for each in step.effects),
            "needed" if step.reason else "",
            "; ".join(filter(None, (step.legal_basis, step.mark and f"mark: {step.mark}"))),
        )
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _by_whom(step: Step) -> str:
    posts = ", ".join(_WHO[actor] for actor in Actor if actor in step.actors)
    return f"{posts}, for the applicant" if step.behalf else posts


def _begins(step: Step) -> list[str]:
    found = [f"`{state.value}`" for state in State if state in step.from_states]
    return (["–"] if None in step.from_states else []) + found


def _ends(step: Step) -> str:
    if step.to is Leads.SAME:
        return "stays"
    return "back to where it was" if step.to is Leads.BACK else f"`{step.to.value}`"


def _effect(effect: Effect) -> str:
    return f"{_VERBS[effect.verb]} `{effect.clock.value}`"


def _diagram() -> list[str]:
    """The road as Mermaid; the ways out that lead from everywhere are left to the table."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.DRAFT.value}: save"]
    for step in STEPS:
        if step.action in _EVERYWHERE or (isinstance(step.to, Leads) and step.to is Leads.SAME):
            continue
        for state in State:
            if state in step.from_states:
                lines += _arrows(step, state)
        if None in step.from_states and isinstance(step.to, State):
            lines.append(f"    [*] --> {step.to.value}: {step.action.value}")
    lines += [f"    {state.value} --> [*]" for state in ENDS]
    return [*dict.fromkeys(lines), "```"]


_EVERYWHERE = (Action.WITHDRAW, Action.VOID, Action.PART_ENDED)


def _arrows(step: Step, state: State) -> list[str]:
    if isinstance(step.to, State):
        return [f"    {state.value} --> {step.to.value}: {step.action.value}"]
    interrupted = (State.ACCEPTED, State.IN_REVIEW)
    return [f"    {state.value} --> {each.value}: {step.action.value}" for each in interrupted]
