"""The elements of a guide in the words people read: codes in, plain Chinese out."""

from collections.abc import Mapping
from typing import Any

from citydesk import guides
from citydesk.guides import Guidance, GuideContent, Limit, LimitUnit, Material, Necessity
from models.organs import ServiceHall

UNITS = {
    LimitUnit.WORKING_DAY: "个工作日",
    LimitUnit.CALENDAR_DAY: "天",
    LimitUnit.HOUR: "小时",
    LimitUnit.MONTH: "个月",
    LimitUnit.YEAR: "年",
}
NECESSITY = {
    Necessity.REQUIRED: ("必须带", "blue"),
    Necessity.DEFERRABLE: ("可以后补", "warn"),
    Necessity.OPTIONAL: ("有的话带", "plain"),
}
ORDER = list(NECESSITY)
ORIGINS = {
    "applicant": "自己准备",
    "government": "政府部门核发",
    "intermediary": "中介机构出具",
    "other": "其他来源",
}
PAPER_FORMS = {"paper": "纸质", "electronic": "电子", "both": "纸质、电子都行"}
FORMS = {"1": "到窗口", "2": "电脑上", "3": "手机上", "4": "邮寄", "9": "其他方式"}
ADDRESSEES = {
    "1": "个人",
    "2": "企业",
    "3": "事业单位",
    "4": "社会组织",
    "5": "行政机关",
    "6": "其他组织",
}
SCOPES = {
    "national": "全国任何一个办理点都能办",
    "cross_province": "签约省份之间可以异地办",
    "province": "全省通办",
    "city": "全市任何一个办理点都能办",
    "district": "在经营或居住的区县办",
    "none": "只能在指定地点办",
}
ITEM_TYPES = {
    "01": "行政许可",
    "02": "行政处罚",
    "03": "行政强制",
    "04": "行政征收",
    "05": "行政给付",
    "06": "行政检查",
    "07": "行政确认",
    "08": "行政奖励",
    "09": "行政裁决",
    "10": "其他行政权力",
    "20": "公共服务",
}


def limit(given: Limit) -> str:
    """Say a time limit: 5 个工作日, or 当场办结."""
    return f"{given.value}{UNITS[given.unit]}" if given.value else "当场办结"


def visits(content: GuideContent) -> str:
    """Say how often one must come."""
    return f"最多跑{content.promised_visits}次" if content.promised_visits else "一次都不用跑"


def price(content: GuideContent) -> str:
    """Say in two words what it costs."""
    return "收费" if content.has_fee else "不收费"


def copies(material: Material) -> str:
    """Say how many of a paper: 原件1份，复印件2份."""
    counted = (("原件", material.originals), ("复印件", material.copies))
    said = "，".join(f"{word}{number}份" for word, number in counted if number)
    return said or PAPER_FORMS[material.form]


def materials(content: GuideContent, situation: Guidance | None = None) -> list[Material]:
    """The papers, what must be brought first; of one situation, only what it calls for.

    What every application must have is there in any case: without it none can be submitted.
    """
    wanted = situation.materials if situation else content.materials
    always = [each for each in content.materials if each.necessity is Necessity.REQUIRED]
    wanted = (*wanted, *(e for e in always if not e.condition and e not in wanted))
    return sorted(wanted, key=lambda each: ORDER.index(each.necessity))


def element(path: str) -> str:
    """Say which element of a guide is meant."""
    return guides.name_of(path)


def places(content: GuideContent, halls: Mapping[str, ServiceHall]) -> list[tuple[Any, str]]:
    """The halls where it is handled, each with its windows; one no longer there is left out."""
    return [(halls[place.hall], place.windows) for place in content.places if place.hall in halls]
