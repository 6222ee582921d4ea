"""What a push says, decided with values only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from citydesk.kit.clock import full_day, in_city
from models.notifications import NotificationState

# WeChat drops a repeat of a client_msg_id for ten minutes. The last repeat must be with them
# before that, so a minute is kept back for a slow call and a clock that is off.
REPEAT_WITHIN = timedelta(minutes=9)

_BLANK = re.compile(r"\{([a-z_]+)\}")

# Every word a template may use; the tellings fill those that apply to their occasion.
WORDS = frozenset(
    {"item_name", "case_no", "at", "promise", "promised_on", "promised_date", "due_on", "due_date"}
    | {"hall_name", "code", "starts_at", "outcome", "ended", "statutory_on"}
)


class NothingToSay(Exception):
    """A template asks for a word that this occasion does not have."""


@dataclass(frozen=True, slots=True)
class ToTell:
    """One person to tell of one event: the words for the template, and the page it opens."""

    event_id: UUID
    identity_id: UUID
    words: Mapping[str, str]
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template in force: WeChat's id of it, and what each of its fields says."""

    key: str
    template_id: str
    fields_said: Mapping[str, str]


def words_used(fields_said: Mapping[str, str]) -> set[str]:
    """Return the words that a template's fields ask for."""
    return {word for text in fields_said.values() for word in _BLANK.findall(text)}


def said(template: Template, words: Mapping[str, str]) -> dict[str, str]:
    """Fill a template's fields.

    Raises:
        NothingToSay: naming the word that is missing.
    """
    missing = sorted(word for word in words_used(template.fields_said) if not words.get(word))
    if missing:
        raise NothingToSay(f"{template.key}: no word for {', '.join(missing)}")
    return {
        field: _BLANK.sub(lambda blank: words[blank.group(1)], text)
        for field, text in template.fields_said.items()
    }


def day(on: date) -> str:
    """Show a date the way a sentence takes it: 3月9日."""
    return f"{on.month}月{on.day}日"


def moment(at: datetime) -> str:
    """Show an instant on Beijing's clocks: 2026年3月2日 09:00."""
    local = in_city(at)
    return f"{full_day(local.date())} {local:%H:%M}"


def may_repeat(sending_since: datetime, now: datetime) -> bool:
    """Whether WeChat would still drop a repeat of a push first tried then."""
    return now - sending_since < REPEAT_WITHIN


def outcome(status: str) -> NotificationState:
    """Read WeChat's report of a push: success, failed:user block, failed: system failed."""
    word = status.strip().lower()
    if word == "success":
        return NotificationState.DELIVERED
    if "user block" in word:
        return NotificationState.FAILED_PERMANENT
    return NotificationState.FAILED_TECHNICAL
