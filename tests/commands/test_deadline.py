"""``citydesk deadline --batch``: a line in, a line out, whatever the line says."""

import io
import json
import os
import subprocess
import sys
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citydesk import workdays
from citydesk.commands import deadline

START = "2018-10-15T10:00:00+08:00"
CAPPED = ["2018-10-17T10:00:00+08:00", "2018-10-24T10:00:00+08:00", 3]
COMMAND = [sys.executable, "-m", "citydesk", "deadline", "--batch"]


def ask(*lines: bytes, hours: str = "09:00-17:00") -> tuple[int, list[dict[str, Any]]]:
    answers = io.BytesIO()
    calendar = workdays.bundled_calendar(workdays.Hours.parse(hours))
    status = deadline.answer_all(io.BytesIO(b"\n".join(lines)), answers, calendar)
    return status, [json.loads(line) for line in answers.getvalue().splitlines()]


def line(**question: Any) -> bytes:
    return json.dumps({"start": START, "days": 7, **question}).encode()


def run(text: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *words], input=text, capture_output=True, timeout=60)


def test_it_answers_on_the_bundled_calendar_without_a_database() -> None:
    bare = {"PATH": os.environ["PATH"], "CITYDESK_DATABASE_URL": "asyncpg://nobody@127.0.0.1:1/x"}
    done = subprocess.run(
        COMMAND, input=line(pauses=[CAPPED]) + b"\n", capture_output=True, env=bare, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout)
    assert list(answer) == ["instant", "day", "why"]
    assert answer["instant"] == "2018-10-29T10:00:00+08:00"
    assert answer["day"] == "2018-10-29"
    assert "批准3个工作日" in "".join(answer["why"])


def test_counting_loads_no_database_and_no_web() -> None:
    heavy = "tortoise asyncpg aiohttp pydantic orjson redis arq starlette"
    code = (
        "import sys, citydesk.commands.deadline\n"
        f"print([each for each in '{heavy}'.split() if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.stdout == b"[]\n"


def test_each_line_is_answered_before_the_next_is_read() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talking:
        assert talking.stdin is not None
        assert talking.stdout is not None
        for days in (1, 2, 3):
            talking.stdin.write(line(days=days) + b"\n")
            talking.stdin.flush()
            assert json.loads(talking.stdout.readline())["day"] == f"2018-10-{15 + days}"
        talking.stdin.close()
        assert talking.wait(60) == 0


def test_a_bad_line_is_told_in_its_place_and_the_rest_goes_on() -> None:
    done = run(b"\n".join([line(), b"nonsense", line(days=1)]) + b"\n")
    assert done.returncode == 1
    assert done.stderr == b""
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first["day"] == "2018-10-24"
    assert list(second) == ["error"]
    assert third["day"] == "2018-10-16"


def test_the_hours_of_a_city_that_rests_at_noon() -> None:
    status, [answer] = ask(line(days=1), hours="09:00-12:00,13:00-17:00")
    assert (status, answer["instant"]) == (0, "2018-10-16T10:00:00+08:00")
    _, [answer] = ask(line(start="2018-10-15T13:00:00+08:00"), hours="09:00-12:00,13:00-17:00")
    assert answer["instant"] == "2018-10-24T12:00:00+08:00", "the first instant it is used up"


@pytest.mark.parametrize("hours", ["", "9-5", "17:00-09:00", "09:00-12:00,11:00-17:00", "a", "24"])
def test_hours_that_cannot_be_are_a_wrong_use(hours: str) -> None:
    done = run(b"", f"--hours={hours}")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr


def test_whoever_stops_reading_is_no_fault() -> None:
    with subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as talking:
        assert talking.stdin is not None
        assert talking.stdout is not None
        assert talking.stderr is not None
        talking.stdout.close()
        talking.stdin.write(line() + b"\n")
        talking.stdin.close()
        assert talking.stderr.read() == b""


def test_beyond_the_calendar_a_date_is_provisional_and_says_so() -> None:
    _, answers = ask(
        line(start="2031-03-03T10:00:00+08:00", days=5),
        line(pauses=[["2018-10-17T10:00:00+08:00", None, None]]),
    )
    assert [answer["provisional"] for answer in answers] == ["2031-03-10", "2018-10-24"]
    assert "暂定" in answers[0]["why"][-1]
    assert "尚未结束" in "".join(answers[1]["why"])


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"{}" * 2,
        b"\xff\xfe",
        b"\x00",
        b'{"start": "\\ud800", "days": 1}',
        b'{"\\ud800": 1}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        line(days=None),
        line(days=True),
        line(days=-1),
        line(days=1.5),
        line(days=10**6),
        line(days="7"),
        b'{"start": "2018-10-15T10:00:00+08:00", "days": ' + b"9" * 5000 + b"}",
        b'{"start": "2018-10-15T10:00:00+08:00", "days": NaN}',
        b'{"start": "2018-10-15T10:00:00+08:00", "days": Infinity}',
        b'{"start": "2018-10-15T10:00:00+08:00", "days": 1, "days": 2}',
        line(start=None),
        line(start=7),
        line(start="2018-10-15"),
        line(start="2018-10-15T10:00:00"),
        line(start="yesterday"),
        line(start="2018-02-30T10:00:00+08:00"),
        line(start="0001-01-01T00:00:00+14:00"),
        line(start="9999-12-31T23:59:59-12:00"),
        line(start="9999-12-01T00:00:00+08:00", days=90),
        line(pauses=None),
        line(pauses={}),
        line(pauses=[None]),
        line(pauses=[[]]),
        line(pauses=[CAPPED[:2]]),
        line(pauses=[[*CAPPED, 1]]),
        line(pauses=[[CAPPED[1], CAPPED[0], 3]]),
        line(pauses=[[None, CAPPED[1], 3]]),
        line(pauses=[[CAPPED[0], CAPPED[1], -3]]),
        line(pauses=[[CAPPED[0], CAPPED[1], "3"]]),
        line(pauses=[[CAPPED[0], "2018-10-24T10:00:00", 3]]),
        line(pauses=[CAPPED, CAPPED]),
        line(pauses=[[CAPPED[0], None, 1], ["2018-12-01T10:00:00+08:00", None, 1]]),
        line(pause=[CAPPED]),
        b'{"days": 7}',
        b'{"start": "2018-10-15T10:00:00+08:00"}',
        b'"' + b"x" * (2 * 1024 * 1024) + b'"',
    ],
)
def test_a_line_that_asks_nothing_sensible_is_an_error(bad: bytes) -> None:
    status, answers = ask(bad, line(days=0))
    assert status == 1
    assert [list(answer) for answer in answers] == [["error"], ["instant", "day", "why"]]


ISO = st.datetimes().map(lambda at: at.isoformat() + "+08:00")
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ISO,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NEARLY = st.fixed_dictionaries(
    {
        "start": ISO | ANYTHING,
        "days": st.integers(0, 2000) | ANYTHING,
        "pauses": st.lists(
            st.tuples(ISO, ISO | st.none(), st.integers(0, 9) | st.none()) | ANYTHING, max_size=3
        ),
    }
)
LINES = st.binary(max_size=80).filter(lambda raw: b"\n" not in raw) | (NEARLY | ANYTHING).map(
    lambda value: json.dumps(value).encode()
)


@settings(deadline=None, max_examples=150)
@given(st.lists(LINES, min_size=1, max_size=4))
def test_no_line_whatever_breaks_it(lines: list[bytes]) -> None:
    status, answers = ask(*lines, line())
    assert len(answers) == len(lines) + 1
    assert "instant" in answers[-1]
    assert status == int(any("error" in answer for answer in answers))
    for answer in answers:
        shape = set(answer)
        assert shape in ({"instant", "day", "why"}, {"provisional", "why"}, {"error"})
        if "instant" in answer:
            at = datetime.fromisoformat(answer["instant"])
            assert 2018 <= at.year <= date.fromisoformat(answer["day"]).year <= 2026
            assert answer["instant"].endswith("+08:00")
