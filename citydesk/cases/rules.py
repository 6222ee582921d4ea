"""What a filing must hold: decided with values only."""

from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date

from citydesk.cases.refusals import FilingIncomplete
from citydesk.guides import FormFault, GuideContent, Material, Necessity
from citydesk.kit.contents import KINDS

LARGEST_PAPER = 5 * 1024 * 1024
MOST_PAPERS = 30
PAPER_KINDS = KINDS
UNSAFE = "没有通过安全检查，请换一份"


def months_after(start: date, months: int) -> date:
    """Return the same day so many months on, or that month's last day (民法典 art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def check_filing(
    content: GuideContent,
    in_form: Sequence[FormFault],
    handed_in: Sequence[str],
    demanded: Sequence[Material] | None = None,
    *,
    harmful: Collection[str] = (),
) -> None:
    """Refuse an incomplete filing, naming every fault of form and materials at once.

    ``in_form``: what is wrong with the form. ``demanded``: the materials of the applicant's
    situation; without, those everybody must bring. ``harmful``: those in which the virus scan
    found something.

    Raises:
        FilingIncomplete: with the fields (``form.<key>``) and materials (``materials.<code>``).
    """
    always = [each for each in content.materials if each.condition is None]
    wanted = always if demanded is None else demanded
    faults = [_named(each) for each in in_form] + _material_faults(
        content, wanted, handed_in, harmful
    )
    if faults:
        said = "；".join(fault["label"] + fault["detail"] for fault in faults[:5])
        shown = [{"field": fault["field"], "detail": fault["detail"]} for fault in faults]
        raise FilingIncomplete(f"还不能提交：{said}。请补好后再提交。", shown)


def _named(fault: FormFault) -> dict[str, str]:
    return {"field": f"form.{fault.key}", "label": fault.label, "detail": fault.detail}


def _material_faults(
    content: GuideContent,
    wanted: Sequence[Material],
    handed_in: Sequence[str],
    harmful: Collection[str],
) -> list[dict[str, str]]:
    given = set(handed_in)
    missing = {
        each.code
        for each in wanted
        if each.necessity is Necessity.REQUIRED and each.code not in given
    }
    return [
        {
            "field": f"materials.{each.code}",
            "label": f"材料“{each.name}”",
            "detail": UNSAFE if each.code in harmful else "还没有上传",
        }
        for each in content.materials
        if each.code in missing or each.code in harmful
    ]
