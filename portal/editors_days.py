"""Days as the editors type them."""

from datetime import date

from citydesk.kit.refusals import Invalid
from portal.forms import Form


def day_of(form: Form, name: str) -> date | None:
    """Return the day typed into a field, None for nothing; raises Invalid for no day."""
    text = form.value(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong = [{"field": name, "detail": "日期不对，例：2026-03-02"}]
        raise Invalid("日期填写有误，请修改后再提交。", wrong) from None
