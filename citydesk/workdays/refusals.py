"""The ways a calendar is refused."""

from citydesk.kit.refusals import Invalid


class CalendarFaulty(Invalid):
    """A year's calendar file cannot be right."""

    title = "Calendar faulty"
