"""A small sound guide, and how a test changes the part it is about."""

from typing import Any

from citydesk.guides import GuideContent

CREDIT_CODE = "11990000MB00000355"


def code(number: int = 1) -> str:
    """An item code no sample guide has."""
    return f"{CREDIT_CODE}3{990000000000 + number}"


def elements(**changes: Any) -> dict[str, Any]:
    """Everything a guide says, as a data file would hold it."""
    return {
        "item_code": code(),
        "name": "示例风筝放飞许可（首次申请）",
        "plain_labels": ["放风筝"],
        "item_type": "01",
        "case_type": "promised",
        "flow_mode": "reviewed",
        "completion_mode": "certificate",
        "authority": "shijianju",
        "exercise_level": "3",
        "addressees": ["1", "2"],
        "themes": ["文化体育"],
        "themes_person": ["文化体育"],
        "themes_corp": ["文体教育"],
        "legal_basis": [{"law": "《示例条例》", "article": "第一条", "text": "示例。"}],
        "statutory_limit": {"value": 20, "unit": "working_day", "note": ""},
        "promised_limit": {"value": 5, "unit": "working_day", "note": ""},
        "acceptance_conditions": ["风筝完好"],
        "quantity_limit": "",
        "materials": [
            {
                "code": "m01",
                "name": "风筝照片",
                "type": "electronic",
                "form": "both",
                "necessity": "required",
                "origin": "applicant",
                "originals": 1,
                "copies": 0,
                "fill_notes": "",
                "acceptance_standard": "清楚",
                "condition": None,
                "satisfiable_by": [],
            }
        ],
        "form_fields": [
            {
                "key": "kite",
                "label": "风筝名称",
                "type": "text",
                "required": True,
                "max_length": 40,
                "options": [],
                "hint": "",
            }
        ],
        "process_links": [
            {"name": name, "unit": "综合窗口", "days": 1}
            for name in ("受理", "审核", "审批", "办结", "送达")
        ],
        "has_fee": False,
        "fees": [],
        "online_pay": False,
        "forms": ["1", "3"],
        "is_online": True,
        "online_depth": "3",
        "is_schedule": True,
        "delivery": ["window"],
        "promised_visits": 1,
        "onsite_reason": "领取证书",
        "places": [{"hall": "shenhe", "windows": "综合受理窗口"}],
        "handling_scope": "city",
        "consult_phone": "024-00000101",
        "complain_phone": "024-00000102",
        "rights": "",
        "remedies": "",
        "result": {
            "type": "certificate",
            "name": "风筝放飞证",
            "sample": {"name": "风筝放飞证（样本）", "href": f"/guides/{code()}/papers/result"},
        },
        "faqs": [{"question": "下雨能放吗？", "answer": "不能。"}],
        "sample": True,
        **changes,
    }


def a_guide(**changes: Any) -> GuideContent:
    """A guide that keeps every rule unless the changes break one.

    A promise of 0 makes it an immediate item, and the other way round, unless said otherwise.
    """
    if changes.get("case_type") == "immediate":
        changes = {"flow_mode": "immediate", **changes}
    return GuideContent.model_validate(elements(**changes))
