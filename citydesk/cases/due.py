"""What a case waits for next, and by which day: what an officer's work list is sorted out by."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from citydesk.cases.machine import State
from citydesk.kit.clock import in_city
from citydesk.workdays import Calendar
from models.cases import Case

PRE_REVIEW_DAYS = 2  # working days; the city's own promise, told to the applicant on filing
ACCEPTANCE_DAYS = 5  # working days (行政许可法 art. 32, after that silence is acceptance)
SERVICE_DAYS = 10  # working days from the decision (行政许可法 art. 44)


@dataclass(frozen=True, slots=True)
class NextDue:
    """The next day that matters; provisional while its calendar is not yet published."""

    what: str
    on: date
    provisional: bool = False


def next_due(case: Case, calendar: Calendar) -> NextDue | None:
    """Return by when the next step is due; None when nothing runs."""
    rule = _RULES.get(State(case.state))
    return rule(case, calendar) if rule else None


def _counted(what: str, since: datetime | None, days: int, calendar: Calendar) -> NextDue | None:
    if since is None:
        return None
    due = calendar.after(in_city(since).date(), days)
    return NextDue(what, due.on, due.provisional)


def _pre_review(case: Case, calendar: Calendar) -> NextDue | None:
    return _counted("预审截止", case.filed_at, PRE_REVIEW_DAYS, calendar)


def _acceptance(case: Case, calendar: Calendar) -> NextDue | None:
    return _counted("受理决定截止", case.received_at, ACCEPTANCE_DAYS, calendar)


def _correction(case: Case, _: Calendar) -> NextDue | None:
    on = case.correction_due_on
    return NextDue("补正截止", on) if on else None


def _promise(case: Case, _: Calendar) -> NextDue | None:
    return NextDue("承诺办结", case.promised_on, case.provisional) if case.promised_on else None


def _service(case: Case, calendar: Calendar) -> NextDue | None:
    return _counted("送达截止", case.decided_at, SERVICE_DAYS, calendar)


_RULES: dict[State, Callable[[Case, Calendar], NextDue | None]] = {
    State.FILED: _pre_review,
    State.RECEIVED: _acceptance,
    State.CORRECTING: _correction,
    State.ACCEPTED: _promise,
    State.IN_REVIEW: _promise,
    State.DECIDED: _promise,
    State.COMPLETED: _service,
}
