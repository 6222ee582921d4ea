"""The national item library's field names (AUDIT_ITEM and its parts), read into ours.

A field goes over only if what it says stays the same. Whatever has no element of ours, or would
lose something on the way, stays in the rest, untouched, and travels with the guide.
"""

import re
from collections.abc import Mapping
from typing import Any

from citydesk.guides.files.taking_out import Rest

# What tells such a record from others: a list may use the names, but says nothing more.
NAMES = frozenset({"task_name", "task_code"})
ELEMENTS = frozenset(
    {"task_type", "project_type", "use_level", "serve_type", "promise_day", "anticipate_day"}
    | {"window", "materials", "qa", "special", "accept_condition", "is_fee", "result_name"}
)

_UNITS = {"1": "working_day", "2": "calendar_day", "3": "hour", "4": "month", "5": "year"}
_CASE_TYPES = {"1": "immediate", "2": "promised", "9": "other"}
_YES_NO = {"0": False, "1": True}
_NECESSITY = {"1": "required", "2": "optional", "3": "deferrable"}
_MATERIAL_TYPES = {"1": "original", "2": "copy"}
_ORIGINS = {
    "申请人自备": "applicant",
    "政府部门核发": "government",
    "中介机构": "intermediary",
    "其他": "other",
}
_ITEM_TYPES = {f"{n:02}": f"{n:02}" for n in (*range(1, 11), 20)} | {
    str(n): f"{n:02}" for n in range(1, 10)
}
_LEVELS = {str(n): str(n) for n in range(1, 8)}
_PHONE = re.compile(r"0\d{2,3}-\d{7,8}(-\d{1,6})?|\d{5}")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\uff0d]+")
_CERTIFICATE = re.compile(r"[证照]$")
_APPROVAL = re.compile(r"(批复|批文|通知书|决定书)$")


def national_elements(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the elements a national record says, and the rest of it.

    Raises:
        Untranslatable: a code is in none of the code sets.
    """
    rest = Rest(record)
    found: dict[str, Any] = {}
    rest.put(found, {"item_code": "task_code", "name": "task_name", **_TEXTS})
    _codes(rest, found)
    _limit(rest, found, "promised_limit", "promise")
    _limit(rest, found, "statutory_limit", "anticipate")
    _lists(rest, found)
    _place(rest, found)
    _phone(rest, found, "complain_phone", "supervise_way")
    if name := rest.text("result_name"):
        found["result"] = {"type": _result_type(name), "name": name}
    return {key: value for key, value in found.items() if value not in (None, [])}, rest.left()


_TEXTS = {
    "local_item_code": "local_item_code",
    "exercise_content": "exe_content",
    "power_division": "power_division",
    "handling_unit": "agent_name",
    "entrusted_by": "entrust_name",
    "quantity_limit": "limit_explain",
    "onsite_reason": "limit_scene_explain",
    "online_url": "apply_url",
}


def _codes(rest: Rest, found: dict[str, Any]) -> None:
    found["item_type"] = rest.code("task_type", _ITEM_TYPES)
    found["case_type"] = rest.code("project_type", _CASE_TYPES)
    found["exercise_level"] = rest.code("use_level", _LEVELS)
    found["has_fee"] = rest.code("is_fee", _YES_NO)
    found["is_schedule"] = rest.code("is_schedule", _YES_NO)
    found["is_online"] = rest.code("is_online", _YES_NO)
    found["promised_visits"] = rest.whole("limit_scene_num")
    for element, name, known in (
        ("addressees", "serve_type", "123456"),
        ("forms", "handle_type", "12349"),
    ):
        codes = str(rest.peek(name) or "").split(",")
        if all(code and code in known for code in codes) and len(set(codes)) == len(codes):
            found[element] = codes
            rest.left().pop(name)


def _limit(rest: Rest, found: dict[str, Any], element: str, name: str) -> None:
    value = rest.whole(f"{name}_day")
    unit = rest.code(f"{name}_type", _UNITS)
    note = rest.text(f"{name}_day_explain")
    limit = {"value": value, "unit": unit, "note": note or None}
    found[element] = {key: said for key, said in limit.items() if said is not None} or None


def _lists(rest: Rest, found: dict[str, Any]) -> None:
    if condition := rest.text("accept_condition"):
        found["acceptance_conditions"] = [condition]
    questions = rest.parts("qa")
    found["faqs"] = [_texts(each, ("question", "answer")) for each in questions]
    rest.keep_parts("qa", questions, "order")
    specials = rest.parts("special")
    found["special_procedures"] = [_special(each) for each in specials]
    rest.keep_parts("special", specials, "order")
    materials = rest.parts("materials")
    found["materials"] = [_material(each, n) for n, each in enumerate(materials, 1)]
    rest.keep_parts("materials", materials, "order")


def _texts(each: Rest, names: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    each.put(found, {name: name for name in names})
    return found


def _special(each: Rest) -> dict[str, Any]:
    """A special procedure (A.7); which one it is stays a code of theirs, if it is not 延长审批."""
    longer = each.peek("special_name") == "1"
    if longer:
        each.left().pop("special_name")
    found: dict[str, Any] = {
        "name": "延长审批" if longer else "特别程序",
        "kind": "1" if longer else "2",
        "max_days": each.whole("special_date"),
        "unit": each.code("special_date_type", _UNITS),
    }
    each.put(found, {"explain": "special_desc"})
    return {key: value for key, value in found.items() if value is not None}


def _material(each: Rest, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {"code": f"m{number:02}"}
    each.put(found, {"name": "material_name"})
    found["type"] = each.code("material_form", _MATERIAL_TYPES)
    found["necessity"] = each.code("is_need", _NECESSITY)
    found["originals"] = each.whole("original_amount")
    found["copies"] = each.whole("copy_amount")
    if each.peek("source_explain") in _ORIGINS:
        found["origin"] = each.code("source_explain", _ORIGINS)
    if each.peek("ordernum") == number:
        each.left().pop("ordernum")
    each.put(found, {"fill_notes": "sign_ask", "source_explain": "source_explain"})
    each.put(found, {"condition": "handle_case", "page_format": "page_format"})
    each.put(found, {"acceptance_standard": "accept_standard", "legal_basis": "by_law"})
    return {key: value for key, value in found.items() if value is not None}


def _place(rest: Rest, found: dict[str, Any]) -> None:
    """Where to go: words only, for their halls are not in our directory; an editor chooses one."""
    windows = rest.parts("window")
    found["places"] = []
    for each in windows:
        place: dict[str, Any] = {}
        each.put(place, {"windows": "window_name", "hours": "transact_time"})
        _phone(each, place, "phone", "window_tel")
        found["places"].append(place)
        if "phone" in place:
            found.setdefault("consult_phone", place["phone"])
    rest.keep_parts("window", windows, "order")


def _phone(rest: Rest, found: dict[str, Any], element: str, name: str) -> None:
    """Take a phone number; one whose dash we had to change also stays as it was written."""
    written = rest.peek(name)
    number = _DASHES.sub("-", written.strip()) if isinstance(written, str) else ""
    if _PHONE.fullmatch(number):
        found[element] = number
        if number == written:
            rest.left().pop(name)


def _result_type(name: str) -> str:
    if _CERTIFICATE.search(name):
        return "certificate"
    return "approval" if _APPROVAL.search(name) else "other"
