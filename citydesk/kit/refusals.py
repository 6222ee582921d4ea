"""The ways the desk says no.

A refusal is expected: it has a sentence for the person (Chinese, what happened and what to do
next) and the facts behind it. Anything else that is raised is a fault of ours.
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A request the desk understood and will not carry out."""

    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class Missing(Refusal):
    """The thing asked for is not there, or not the asker's to see."""

    title = "Not found"


class Conflict(Refusal):
    """The thing asked for clashes with how matters stand."""

    title = "Conflict"


class Forbidden(Refusal):
    """The asker may not do this."""

    title = "Forbidden"


class Invalid(Refusal):
    """What was sent cannot be taken; ``errors`` names each field and what is wrong with it."""

    title = "Invalid"

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail, errors=errors or [])


class TooMany(Refusal):
    """The asker has asked too often; worth another try after so many seconds."""

    title = "Too many requests"

    def __init__(self, detail: str, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class Unidentified(Refusal):
    """We do not know who is asking."""

    title = "Not signed in"
