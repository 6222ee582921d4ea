"""Why a date is what it is: the same Chinese sentences in chat, app, portal and at the window."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from citydesk.kit.clock import full_day, in_city
from citydesk.workdays.budgets import WORKING, Budget
from citydesk.workdays.deadlines import Deadline, Kind, Limit, Stretch, day_seconds
from citydesk.workdays.rules import Calendar

MOST_NAMED = 6  # days off and made-up days named in one sentence; more are only counted
LONGEST_NAMED = 400  # days; beyond that nobody reads single days
_A_DAY = timedelta(days=1)
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Segment:
    """One sentence of the explanation, and the stretch of time (UTC) it speaks of.

    ``kind``: began, ran, paused, held, due, provisional. ``seconds`` as in the trace.
    """

    kind: str
    start_at: datetime | None
    end_at: datetime | None
    seconds: int
    text: str


def explained(limit: Limit, due: Deadline, calendar: Calendar) -> tuple[Segment, ...]:
    """Explain a deadline from its beginning to its last day."""
    return (
        _beginning(limit),
        *(_stretch(each, limit.budget, calendar) for each in due.trace if _worth_saying(each)),
        *_end(due, limit),
    )


def day_words(day: date) -> str:
    """Return a date as people say it: 2018年10月29日（星期一）."""
    return f"{full_day(day)}（星期{_WEEKDAYS[day.weekday()]}）"


def _worth_saying(each: Stretch) -> bool:
    return each.kind is not Kind.RAN or each.seconds > 0


def _beginning(limit: Limit) -> Segment:
    said = f"{_moment(limit.anchor_at, year=True)}起算，期限{limit.budget.words}，首日不计"
    if limit.extra:
        more = Budget(limit.extra, limit.budget.unit).words
        said += f"；经批准延长{more}，共{limit.whole_budget.words}"
    return Segment("began", limit.anchor_at, None, 0, f"{said}。")


def _stretch(each: Stretch, budget: Budget, calendar: Calendar) -> Segment:
    said = _SAYING[each.kind](each, budget, calendar)
    return Segment(each.kind.value, each.start_at, each.end_at, each.seconds, said)


def _ran(each: Stretch, budget: Budget, calendar: Calendar) -> str:
    exceptions = "".join(_exceptions(each, calendar)) if budget.unit in WORKING else ""
    return f"{_between(each)}计时{_amount(each.seconds, budget, calendar)}{exceptions}。"


def _paused(each: Stretch, budget: Budget, calendar: Calendar) -> str:
    pause, why = each.pause, ""
    if pause is not None and pause.reason:
        why = f"因{pause.reason}"
    said = f"{_between(each)}{why}暂停计时，扣除{_amount(each.seconds, budget, calendar)}"
    if pause is None or not each.capped:
        return f"{said}。"
    still = "尚未结束" if pause.to_at is None else f"到{_moment(pause.to_at)}才结束"
    return f"{said}；批准{pause.approved_days}个工作日，暂停{still}，超出部分照常计时。"


def _held(each: Stretch, budget: Budget, calendar: Calendar) -> str:
    why = f"因{each.pause.reason}" if each.pause is not None and each.pause.reason else ""
    return f"{_moment(each.start_at)}起{why}暂停计时，尚未结束，没有批准天数；恢复后再算到期时间。"


_SAYING = {Kind.RAN: _ran, Kind.PAUSED: _paused, Kind.HELD: _held}


def _end(due: Deadline, limit: Limit) -> Iterator[Segment]:
    if due.at is None:
        yield Segment("due", None, None, 0, f"最后一天不早于{day_words(due.on)}。")
        return
    yield Segment(
        "due", due.at, None, 0, f"{_used_up(due.at, limit)}最后一天是{day_words(due.on)}。"
    )
    if due.provisional:
        said = (
            "经过的年份有国务院尚未公布（或未收录）节假日安排的，先按周一至周五计算，日期为暂定。"
        )
        yield Segment("provisional", None, None, 0, said)


def _used_up(at: datetime, limit: Limit) -> str:
    """Say when the last hour is used; of natural days the last one counts whole."""
    if not limit.whole_budget.value:
        return f"{_moment(at, year=True)}当时即到期；"
    return f"{_moment(at, year=True)}期限用完；" if limit.budget.unit in WORKING else ""


def _between(each: Stretch) -> str:
    if each.end_at is None:
        return f"{_moment(each.start_at)}起"
    return f"{_moment(each.start_at)}至{_moment(each.end_at)}，"


def _moment(at: datetime, *, year: bool = False) -> str:
    wall = in_city(at)
    day = f"{wall.month}月{wall.day}日{wall.hour:02}:{wall.minute:02}"
    return f"{wall.year}年{day}" if year or wall.month == 1 else day


def _amount(seconds: int, budget: Budget, calendar: Calendar) -> str:
    days, rest = divmod(seconds, day_seconds(budget, calendar))
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    rest = 0 if seconds >= 60 else rest  # people count in minutes; ``Segment.seconds`` is exact
    day = "个工作日" if budget.unit in WORKING else "天"
    parts = ((days, day), (hours, "小时"), (minutes, "分钟"), (rest, "秒"))
    return "".join(f"{count}{word}" for count, word in parts if count) or f"0{day}"


def _exceptions(each: Stretch, calendar: Calendar) -> Iterator[str]:
    """Name the public holidays that did not count and the made-up days that did."""
    if each.end_at is None:
        return
    first, last = in_city(each.start_at).date(), in_city(each.end_at).date()
    if last - first > LONGEST_NAMED * _A_DAY:
        return
    days = [first + count * _A_DAY for count in range((last - first).days + 1)]
    off = [day for day in days if day in calendar.holidays and not calendar.works(day)]
    on = [day for day in days if day in calendar.made_up]
    if off:
        yield f"，放假不计（{_named(off)}）"
    if on:
        yield f"，调休上班照计（{_named(on)}）"


def _named(days: list[date]) -> str:
    """Join days as people say them: 10月1日至7日、12月30日."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == _A_DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    said = "、".join(_run(run[0], run[-1]) for run in runs[:MOST_NAMED])
    return f"{said}等共{len(days)}天" if len(runs) > MOST_NAMED else said


def _run(first: date, last: date) -> str:
    begins = f"{first.month}月{first.day}日"
    if first == last:
        return begins
    if first.month == last.month:
        return f"{begins}至{last.day}日"
    return f"{begins}至{last.month}月{last.day}日"
