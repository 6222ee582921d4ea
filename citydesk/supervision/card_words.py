"""What a card says: decided with values only."""

from datetime import datetime
from enum import StrEnum

from citydesk.kit.clock import in_city
from citydesk.workdays import TimerKind


class Level(StrEnum):
    """How grave a card is."""

    WARNING = "warning"
    YELLOW = "yellow"
    RED = "red"

    @property
    def rank(self) -> int:
        """Graver ones rank higher; of a subject's cards only the gravest counts."""
        return list(Level).index(self)


ISSUED = "Y"
LEVEL_WORDS = {Level.WARNING: "预警", Level.YELLOW: "黄牌", Level.RED: "红牌"}
TIMER_WORDS = {
    TimerKind.PRE_REVIEW: "预审",
    TimerKind.CORRECTION_DECISION: "受理决定",
    TimerKind.CORRECTION: "补正",
    TimerKind.PROMISED: "承诺办结",
    TimerKind.STATUTORY: "法定办结",
    TimerKind.SPECIAL: "特别程序",
    TimerKind.LINK: "环节办理",
    TimerKind.CERTIFICATE: "证照制作",
    TimerKind.SERVICE: "送达",
    TimerKind.CONSULT: "咨询答复",
    TimerKind.COMPLAINT: "投诉答复",
    TimerKind.DEFERRED_MATERIAL: "容缺材料后补",
}


def level_of(rung_key: str) -> Level | None:
    """Return the level of a rung's card; None for a rung that is no card."""
    return Level(rung_key) if rung_key in set(Level) else None


def description(
    level: Level, kind: TimerKind, passed_at: datetime, *, over: bool, late: bool
) -> str:
    """Say in one sentence what fell, when, and that it was noticed late if it was."""
    wall = in_city(passed_at)
    state = "时限已用完" if over else "将到期"
    when = f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M:%S}"
    said = f"{TIMER_WORDS[kind]}{state}，{when}生成{LEVEL_WORDS[level]}"
    return f"{said}（系统恢复后补记）。" if late else f"{said}。"


def coming_words(level: Level, kind: TimerKind, at: datetime) -> str:
    """Say which card comes next, and from when, for whoever can still prevent it."""
    wall = in_city(at)
    when = f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M}"
    return f"{when}后仍未办理，{TIMER_WORDS[kind]}将生成{LEVEL_WORDS[level]}。"


def rule_words(level: Level, over_days: int, version: str) -> str:
    """Say by which threshold a card falls: used days, rounded up, against the limit."""
    if over_days <= 0:
        when = f"剩余不足{1 - over_days}个工作日"
    elif over_days == 1:
        when = "期限用完后"
    else:
        when = f"超过期限{over_days - 1}个工作日后"
    return f"规则（{version}版）：{when}生成{LEVEL_WORDS[level]}。"
