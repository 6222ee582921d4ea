"""The ways a calendar or a clock is refused."""

from citydesk.kit.refusals import Conflict, Invalid


class CalendarFaulty(Invalid):
    """A year's calendar file cannot be right."""

    title = "Calendar faulty"


class LimitFaulty(Invalid):
    """A limit or a pause cannot be right."""

    title = "Limit faulty"


class PauseOverlaps(Conflict):
    """A clock cannot be paused while it is paused."""

    title = "Pauses overlap"


class NoSuchTimer(Conflict):
    """No such clock runs for the subject."""

    title = "No such timer"
