"""``citydesk deadline --batch``: by when, a question a line (JSON Lines), without a database.

A line asks ``{"start": ISO 8601 with offset, "days": n, "pauses": [[from, to|null,
approved_days|null], …]}`` and is answered by one line, at once: ``{"instant", "day", "why"}``,
``{"provisional", "why"}`` where no certain date can be told, or ``{"error"}``.
"""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, NoReturn

from citydesk import workdays
from citydesk.commands.complaints import FAILED, complain
from citydesk.kit.clock import in_city

LONGEST_LINE = 1024 * 1024
MOST_PAUSES = 10_000
MOST_DAYS = 100_000
USAGE = 2
_FIELDS = frozenset({"start", "days", "pauses"})
_NEEDED = ("start", "days")


class BadLine(Exception):
    """A line that asks nothing that could be answered; the message says why."""


def deadline(asked: Namespace) -> int:
    """Answer every line of the standard input; status 1 if any was bad."""
    try:
        hours = workdays.Hours.parse(asked.hours)
    except ValueError as wrong:
        complain(f"--hours: {wrong}")
        return USAGE
    try:
        return answer_all(sys.stdin.buffer, sys.stdout.buffer, workdays.bundled_calendar(hours))
    except BrokenPipeError:  # whoever read the answers has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def answer_all(lines: IO[bytes], answers: IO[bytes], calendar: workdays.Calendar) -> int:
    """Answer line by line, each before the next is read; return the status to end with."""
    status = 0
    for line in _lines(lines):
        try:
            answer = answered(line, calendar)
        except BadLine as bad:
            answer, status = {"error": str(bad)}, FAILED
        answers.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        answers.flush()
    return status


def answered(line: bytes | None, calendar: workdays.Calendar) -> dict[str, Any]:
    """Answer one line.

    Raises:
        BadLine: it is not such a question, or its date lies beyond the year 9999.
    """
    limit = _asked(line)
    try:
        due = workdays.deadline(limit, calendar)
        why = [each.text for each in workdays.explained(limit, due, calendar)]
    except workdays.PauseOverlaps:
        raise BadLine("pauses: two of them overlap") from None
    except (OverflowError, ValueError):
        raise BadLine("the date lies beyond what a calendar can hold") from None
    if due.at is None or due.provisional:
        return {"provisional": due.on.isoformat(), "why": why}
    return {"instant": in_city(due.at).isoformat(), "day": due.on.isoformat(), "why": why}


def _lines(source: IO[bytes]) -> Iterator[bytes | None]:
    """Read line by line; None stands for one that is too long to be a question."""
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass
        yield None


def _asked(line: bytes | None) -> workdays.Limit:
    asked = _read(line)
    if not isinstance(asked, dict):
        raise BadLine("not a JSON object")
    if strange := sorted(asked.keys() - _FIELDS):
        raise BadLine(f"unknown field: {_shown(strange[0])}")
    for name in _NEEDED:
        if name not in asked:
            raise BadLine(f"{name}: missing")
    pauses = asked.get("pauses", [])
    if not isinstance(pauses, list) or len(pauses) > MOST_PAUSES:
        raise BadLine(f"pauses: not a list of at most {MOST_PAUSES}")
    return workdays.Limit(
        _instant(asked["start"], "start"),
        workdays.working_days(_days(asked["days"], "days")),
        tuple(_pause(each, f"pauses[{place}]") for place, each in enumerate(pauses)),
    )


def _read(line: bytes | None) -> Any:
    if line is None:
        raise BadLine(f"longer than {LONGEST_LINE} bytes")
    try:
        text = line.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_not_a_number)
    except UnicodeDecodeError:
        raise BadLine("not UTF-8") from None
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadLine("a field stands twice")
    return found


def _not_a_number(word: str) -> NoReturn:
    raise BadLine(f"{word} is not a number")


def _pause(given: Any, name: str) -> workdays.Pause:
    if not isinstance(given, list) or len(given) != 3:
        raise BadLine(f"{name}: not [from, to or null, approved days or null]")
    begun = _instant(given[0], f"{name} from")
    ended = None if given[1] is None else _instant(given[1], f"{name} to")
    approved = None if given[2] is None else _days(given[2], f"{name} approved days")
    try:
        return workdays.Pause(begun, ended, approved)
    except workdays.LimitFaulty:
        raise BadLine(f"{name}: ends before it begins") from None


def _instant(given: Any, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(given)
        if at.tzinfo is None:
            raise BadLine(f"{name}: an instant needs its offset, as in 2018-10-15T10:00:00+08:00")
        in_city(at)
    except (TypeError, ValueError, OverflowError):
        raise BadLine(f"{name}: not an ISO 8601 instant") from None
    return at


def _days(given: Any, name: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given <= MOST_DAYS:
        raise BadLine(f"{name}: not a whole number from 0 to {MOST_DAYS}")
    return given


def _shown(word: str) -> str:
    """Quote a word of the line so that it can stand in any answer."""
    return ascii(word[:40])
