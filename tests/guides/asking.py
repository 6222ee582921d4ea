"""A guide with questions: who flies the kite, and what they have, decides what they must bring."""

from typing import Any

from citydesk.guides import GuideContent
from tests.guides.making import a_guide, elements

QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "who",
        "text": "谁来放风筝？",
        "help": "替别人办的，按那个人选。",
        "options": [
            {"key": "self", "label": "我自己"},
            {"key": "group", "label": "学校或单位"},
            {"key": "bird", "label": "其实想养鸟", "stop": "养鸟不用许可，直接养就行。"},
        ],
    },
    {
        "key": "have",
        "text": "手上有哪些？",
        "multiple": True,
        "when": {"who": ["group"]},
        "options": [
            {"key": "letter", "label": "介绍信"},
            {"key": "insurance", "label": "保险单"},
            {"key": "none", "label": "都没有"},
        ],
    },
]
SITUATIONS = [
    {"code": "one", "name": "个人放飞", "when": {"who": ["self"]}},
    {"code": "many", "name": "集体放飞", "note": "老师要在场", "when": {"who": ["group"]}},
]


def an_asking_guide(**changes: Any) -> GuideContent:
    """The kite guide, asking; with these changes."""
    base: dict[str, Any] = elements()["materials"][0]
    group = {"code": "m02", "name": "单位证明", "condition": "集体放飞", "when": {"who": ["group"]}}
    safe = {
        "code": "m03",
        "name": "安全说明",
        "condition": "没有保险",
        "when": {"have": ["none"]},
    }
    materials = [base, {**base, **group}, {**base, **safe}]
    said = {"materials": materials, "questions": QUESTIONS, "situations": SITUATIONS, **changes}
    return a_guide(**said)
