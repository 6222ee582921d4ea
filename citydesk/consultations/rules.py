"""Decisions about consultations, by values only."""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from itertools import pairwise
from unicodedata import category, normalize
from uuid import UUID

from citydesk.consultations.refusals import TooManyQuestions, WordsUnfit
from citydesk.consultations.states import Kind
from citydesk.identity import Officer, Role

SHORTEST, LONGEST = 5, 1000
LONGEST_ANSWER = 3000
SHORTEST_REASON, LONGEST_REASON = 2, 500
MOST_A_DAY = 5
STANDS_AFTER = timedelta(days=15)
HEADS = frozenset({Role.DEPARTMENT_HEAD, Role.SUPERVISOR})
ANSWERERS = frozenset({Role.BACK_OFFICE, *HEADS})
_KIND_LETTERS = {Kind.CONSULT: "Z", Kind.COMPLAINT: "T"}
_CODE = "[34679ACDEFGHJKMNPQRTUVWXY]{6}"
_NUMBER = re.compile(f"[ZT][0-9]{{8}}{_CODE}")
_GAP = re.compile(r"\n{3,}")
# A resident identity number or a mobile phone: never in what everybody reads.
_OF_A_PERSON = re.compile(r"(?<![0-9])(?:[0-9]{17}[0-9xX]|[0-9]{15}|1[0-9]{10})(?![0-9])")


def number_of(kind: Kind, day: date, code: str) -> str:
    """Write a number: kind, day and a random code, which tells nobody how many there are."""
    return f"{_KIND_LETTERS[kind]}{day:%Y%m%d}{code}"


def is_number(text: str) -> bool:
    """Whether a text has the shape of a consultation's number."""
    return _NUMBER.fullmatch(text) is not None


def written(
    text: str, *, longest: int = LONGEST, shortest: int = SHORTEST, field: str = "text"
) -> str:
    """Return what somebody wrote as it is kept: no control characters, no wide gaps.

    Raises:
        WordsUnfit: too short to be answered, or too long.
    """
    kept = "".join(
        each
        for each in normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        if each == "\n" or category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    said = _GAP.sub("\n\n", kept).strip()
    if len(said) > longest:
        raise WordsUnfit(
            f"写得太长了，最多{longest}个字，请精简后再提交。",
            [{"field": field, "detail": f"最多{longest}个字"}],
        )
    if sum(each.isalnum() for each in said) < shortest:
        raise WordsUnfit(
            f"写得太短了，看不出是什么事，请至少写{shortest}个字。",
            [{"field": field, "detail": f"至少{shortest}个字"}],
        )
    return said


def reasoned(text: str, *, longest: int = LONGEST_REASON) -> str:
    """Return a reason as it is kept; raises WordsUnfit."""
    return written(text, longest=longest, shortest=SHORTEST_REASON, field="reason")


def answered(text: str) -> str:
    """Return an answer as it is kept; 可以。 is one. Raises WordsUnfit."""
    return written(text, longest=LONGEST_ANSWER, shortest=SHORTEST_REASON)


def check_room(asked_today: int, now: datetime, tomorrow: datetime) -> None:
    """Refuse a sixth question on one day.

    Raises:
        TooManyQuestions: and says until when.
    """
    if asked_today >= MOST_A_DAY:
        raise TooManyQuestions(
            f"今天已经提了{asked_today}个问题，每天最多{MOST_A_DAY}个，请明天再来。"
            "急事请拨打12345。",
            max(1, int((tomorrow - now).total_seconds())),
        )


def may_see(officer: Officer, kind: Kind, organ_id: UUID, handlers: Collection[UUID]) -> bool:
    """Whether an officer may read a consultation.

    A supervisor any; the organ's own back office and head its questions; a complaint the head
    alone, and nobody who had a hand in the case complained of.
    """
    if officer.role is Role.SUPERVISOR:
        return True
    if officer.role not in ANSWERERS or officer.organ_id != organ_id:
        return False
    if kind is Kind.CONSULT:
        return True
    return officer.role is Role.DEPARTMENT_HEAD and officer.officer_id not in handlers


def may_answer(officer: Officer, second_look: bool, answered_by: UUID | None) -> bool:
    """Whether an officer who may see it may also answer: a second time it is somebody else."""
    return not second_look or (officer.role in HEADS and officer.officer_id != answered_by)


def names_a_person(text: str) -> bool:
    """Whether a text holds what looks like an identity number or a mobile phone."""
    return (
        _OF_A_PERSON.search(normalize("NFKC", text).replace(" ", "").replace("-", "")) is not None
    )


def alikeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: pairs of characters they share."""
    left, right = _pairs(one), _pairs(other)
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def _pairs(text: str) -> set[str]:
    plain = [each for each in normalize("NFKC", text).casefold() if each.isalnum()]
    return {first + second for first, second in pairwise(plain)}
