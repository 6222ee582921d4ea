"""Published notices (便民告知单): a name, the papers in words, how it goes, and by when.

Their authors wrote sentences, not elements. A sentence goes over whole; only a limit that is
written in the usual way also becomes a number.
"""

import re
from collections.abc import Mapping
from typing import Any

from citydesk.guides.files.taking_out import Rest

NAMES = frozenset({"slug", "name"})

_LIMIT = re.compile(r"(?P<unit>[^\d于]*?)于?(?P<days>\d{1,3})个工作日内(?P<what>.{1,60})")
_ONLY_IF = re.compile(r"（(?P<condition>限[^（）]+)）")
_MODES: Mapping[str, Mapping[str, Any]] = {
    "全程网办": {"forms": ["1", "2"], "is_online": True, "online_depth": "4", "promised_visits": 0},
    "在线预审": {"forms": ["1", "2"], "is_online": True, "online_depth": "3"},
}


def notice_elements(record: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the elements a notice says, and the rest of it.

    Raises:
        Untranslatable: it lists something other than sentences.
    """
    rest = Rest(record)
    found: dict[str, Any] = {}
    rest.put(found, {"item_code": "slug", "name": "name", "handling_unit": "accepting_org"})
    if theme := rest.text("category"):
        found["themes"] = [theme]
    if rest.peek("on_the_spot") is True:
        found |= {"case_type": "immediate", "promised_limit": {"value": 0, "unit": "working_day"}}
        rest.left().pop("on_the_spot")
    elif rest.peek("on_the_spot") is False:
        found["case_type"] = "promised"
        rest.left().pop("on_the_spot")
    if rest.peek("handling_mode") in _MODES:
        found |= _MODES[rest.left().pop("handling_mode")]
    materials = rest.sentences("materials")
    found["materials"] = [_material(words, n) for n, words in enumerate(materials, 1)]
    unit = found.get("handling_unit")
    steps = [_step(words, unit) for words in rest.sentences("time_limits")]
    steps += [{"name": "办理", "explain": words} for words in rest.sentences("flow")]
    found["process_links"] = [{"unit": unit, **step} if unit else step for step in steps]
    return {key: value for key, value in found.items() if value != []}, rest.left()


def _material(words: str, number: int) -> dict[str, Any]:
    material: dict[str, Any] = {"code": f"m{number:02}", "name": words, "necessity": "required"}
    if only := _ONLY_IF.search(words):
        material |= {"necessity": "optional", "condition": only["condition"]}
    return material


def _step(words: str, unit: str | None) -> dict[str, Any]:
    """A step with its days; the sentence stays, because it may say more than the number."""
    if (limit := _LIMIT.fullmatch(words)) is None:
        return {"name": "时限", "explain": words}
    step: dict[str, Any] = {"name": limit["what"], "days": int(limit["days"]), "explain": words}
    return {**step, "unit": limit["unit"] or unit} if limit["unit"] or unit else step
