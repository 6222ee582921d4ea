"""How long a matter may take: the budgets a guide sets, and those the law sets."""

from citydesk import guides
from citydesk.cases.table import Clock
from citydesk.guides import GuideContent, Limit, LimitUnit
from citydesk.workdays import Budget, Unit, working_days
from citydesk.world import World
from models.cases import Case

PRE_REVIEW_DAYS = 2  # working days; the city's own promise, told to the applicant on filing
DECISION_DAYS = 5  # working days (行政许可法 art. 32, after that silence is acceptance)
SERVICE_DAYS = 10  # working days from the decision (行政许可法 art. 44)
CERTIFICATE_DAYS = 3  # working days from completion (model 4.3)
JOINT_DAYS = 45  # working days for unified and joint handling (行政许可法 art. 42)
LONGEST_EXTENSION = 10  # working days, once, by the head of the organ (行政许可法 art. 42)
LONGEST_JOINT_EXTENSION = 15
# What stands around the review in a guide's process: not links of it.
_AROUND = ("申请", "收件", "接件", "受理", "决定", "办结", "制证", "发证", "送达", "领取")
_UNITS = {
    LimitUnit.WORKING_DAY: Unit.WORKING_DAY,
    LimitUnit.CALENDAR_DAY: Unit.CALENDAR_DAY,
    LimitUnit.HOUR: Unit.HOUR,
    LimitUnit.MONTH: Unit.MONTH,
    LimitUnit.YEAR: Unit.YEAR,
}

FIXED = {
    Clock.PRE_REVIEW: working_days(PRE_REVIEW_DAYS),
    Clock.DECISION: working_days(DECISION_DAYS),
    Clock.SERVICE: working_days(SERVICE_DAYS),
    Clock.CERTIFICATE: working_days(CERTIFICATE_DAYS),
}


async def handling_terms(world: World, case: Case) -> dict[Clock, Budget]:
    """Return the promised and the statutory budget of a case, by its guide.

    The promise is the one told on filing: that of the hall's region, where it promises less.
    """
    guide = await guides.version(world, case.item_version_id)
    if case.promised_value is None or case.promised_unit is None:  # filed before it was kept
        return budgets_of(guide.content)
    told = Budget(case.promised_value, _UNITS[LimitUnit(case.promised_unit)])
    return budgets_of(guide.content, told)


def budgets_of(content: GuideContent, told: Budget | None = None) -> dict[Clock, Budget]:
    """Return both limits; where the law sets none, the promise is the limit.

    ``told``: what was promised on filing, where that is not the standard.
    """
    promised = told or _budget(content.promised_limit)
    statutory = _budget(content.statutory_limit) if content.statutory_limit.value else promised
    return {Clock.PROMISED: promised, Clock.STATUTORY: statutory}


def _budget(limit: Limit) -> Budget:
    return Budget(limit.value, _UNITS[limit.unit])


def review_links(content: GuideContent) -> list[tuple[str, int]]:
    """Return the links of the review a guide describes: name, and days at most (0: no limit)."""
    every = [(each.name, each.days) for each in content.process_links]
    return [each for each in every if not each[0].startswith(_AROUND)] or every


def closing_days(content: GuideContent) -> int:
    """Return the days at most from the decision to the completion, by the guide; 0: no limit."""
    return next((each.days for each in content.process_links if each.name.startswith("办结")), 0)
