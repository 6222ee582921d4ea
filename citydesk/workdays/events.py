"""What the working calendar announces."""

from dataclasses import dataclass

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class CalendarPublished(Event):
    """A year's calendar came into force: its first edition, or a changed one.

    Dates counted through this year may move. A notice for one year also swaps the last days of
    the year before (29 December 2018), so a later edition may move dates that were certain.
    """

    year: int
    edition: int
