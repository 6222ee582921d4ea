"""What a filing must hold: decided with values only."""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date

from citydesk.cases.refusals import FilingIncomplete, PaperRefused
from citydesk.guides import FieldType, FormField, GuideContent, Material, Necessity
from citydesk.identity import is_resident_id

LARGEST_PAPER = 5 * 1024 * 1024
MOST_PAPERS = 30
# The kinds of paper we take, by how their bytes begin; the sender's own word counts for nothing.
SIGNATURES = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
PAPER_KINDS = tuple(SIGNATURES.values())
_PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


def months_after(start: date, months: int) -> date:
    """Return the same day so many months on, or that month's last day (民法典 art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def check_filing(
    content: GuideContent,
    form: Mapping[str, str],
    handed_in: Sequence[str],
    demanded: Sequence[Material] | None = None,
) -> None:
    """Refuse an incomplete filing, naming every fault of form and materials at once.

    ``demanded``: the materials of the applicant's situation; without, those everybody must bring.

    Raises:
        FilingIncomplete: with the fields (``form.<key>``) and materials (``materials.<code>``).
    """
    always = [each for each in content.materials if each.condition is None]
    wanted = always if demanded is None else demanded
    faults = [*form_faults(content.form_fields, form), *_material_faults(wanted, handed_in)]
    if faults:
        said = "；".join(fault["label"] + fault["detail"] for fault in faults[:5])
        shown = [{"field": fault["field"], "detail": fault["detail"]} for fault in faults]
        raise FilingIncomplete(f"还不能提交：{said}。请补好后再提交。", shown)


def form_faults(fields: Sequence[FormField], form: Mapping[str, str]) -> list[dict[str, str]]:
    """List every fault of a form: what is missing, too long, misshapen or unknown."""
    found = [
        {"field": f"form.{field.key}", "label": field.label, "detail": detail}
        for field in fields
        if (detail := _fault(field, form.get(field.key, "").strip()))
    ]
    known = {field.key for field in fields}
    return found + [
        {"field": f"form.{key}", "label": key, "detail": "没有这一项"}
        for key in form
        if key not in known
    ]


def _fault(field: FormField, text: str) -> str:
    if not text:
        return "必填" if field.required else ""
    if len(text) > field.max_length:
        return f"太长，最多{field.max_length}个字"
    match field.type:
        case FieldType.ID_NO if not is_id_no(text):
            return "身份证号码不对，请核对"
        case FieldType.PHONE if not _PHONE.fullmatch(text):
            return "电话号码不对，请核对"
        case FieldType.NUMBER if not _NUMBER.fullmatch(text):
            return "应为数字"
        case FieldType.DATE if not _is_date(text):
            return "日期不对，例：2026-03-02"
        case FieldType.CHOICE if text not in field.options:
            return "请从选项中选一个"
    return ""


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_id_no(text: str) -> bool:
    """Whether a resident ID number is well formed, whichever way its X is written."""
    return is_resident_id(text.upper())


def _material_faults(wanted: Sequence[Material], handed_in: Sequence[str]) -> list[dict[str, str]]:
    given = set(handed_in)
    return [
        {
            "field": f"materials.{material.code}",
            "label": f"材料“{material.name}”",
            "detail": "还没有上传",
        }
        for material in wanted
        if material.necessity is Necessity.REQUIRED and material.code not in given
    ]


def media_type_of(content: bytes) -> str:
    """Tell a paper's kind by its bytes.

    Raises:
        PaperRefused: empty, over 5 MB, or none of PDF, PNG, JPEG.
    """
    if not content or len(content) > LARGEST_PAPER:
        raise PaperRefused(
            "文件是空的或超过5MB，请换一个文件。", [{"field": "file", "detail": "大小不符"}]
        )
    for start, kind in SIGNATURES.items():
        if content.startswith(start):
            return kind
    raise PaperRefused(
        "只能上传 PDF、PNG 或 JPG 文件，请换一个文件。", [{"field": "file", "detail": "类型不符"}]
    )
