"""A form drawn from its JSON Schema: one box a question, and what was typed into it read back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from citydesk.guides import Answer, FieldMeaning, FieldType
from portal.forms import Form

FIELD = "form-"
YES, NO = "true", "false"
OF_YES_NO = ((YES, "是"), (NO, "否"))
MOST_RADIOS = 3
TYPE, ORDER, WHEN, ABOUT = (
    f"x-citydesk-{word}" for word in ("type", "order", "shown-when", "about")
)
KINDS = {
    FieldType.CHOICE: "choice",
    FieldType.CHOICES: "ticks",
    FieldType.BOOLEAN: "radios",
    FieldType.TEXTAREA: "textarea",
    FieldType.PHONE: "tel",
    FieldType.MOBILE: "tel",
    FieldType.DATE: "date",
    FieldType.NUMBER: "number",
}
USUAL_HINTS = {
    FieldType.ID_NO: "18位身份证号码",
    FieldType.DATE: "例：2026-03-02",
    FieldType.CREDIT_CODE: "18位，在营业执照上",
    FieldType.CHOICES: "可以选多项",
}
LENGTHS = {FieldType.ID_NO: 18, FieldType.CREDIT_CODE: 18, FieldType.DATE: 10}
AUTOCOMPLETE = {
    FieldMeaning.APPLICANT_NAME: "name",
    FieldMeaning.APPLICANT_PHONE: "tel",
    FieldMeaning.APPLICANT_ADDRESS: "street-address",
    FieldMeaning.UNIT_NAME: "organization",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One question as the page asks it; ``when``: for the script, what makes it appear."""

    name: str
    label: str
    kind: str
    required: bool
    hint: str = ""
    note: str = ""
    options: tuple[tuple[str, str], ...] = ()
    maxlength: int = 200
    autocomplete: str = "off"
    when: str = ""
    asked: bool = True


def boxes_of(
    schema: Mapping[str, Any],
    asked: Collection[str],
    form: Form,
    notes: Mapping[str, str] | None = None,
) -> list[Box]:
    """Return the boxes of a form: those asked now, and those another answer on the page may ask.

    ``notes``: a sentence under a box, such as where its answer comes from.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    found = []
    for key in schema[ORDER]:
        depends = {each for each in properties[key].get(WHEN, {}) if each in schema[ORDER]}
        if key in asked or depends:
            required = key in schema["required"] or _required_then(schema, key)
            found.append(_box(key, properties, form, required, key in asked, notes or {}))
    return found


def _required_then(schema: Mapping[str, Any], key: str) -> bool:
    return any(key in each["then"]["required"] for each in schema.get("allOf", ()))


def _box(
    key: str,
    properties: Mapping[str, Mapping[str, Any]],
    form: Form,
    required: bool,
    asked: bool,
    notes: Mapping[str, str],
) -> Box:
    said = properties[key]
    of = FieldType(said[TYPE])
    about = said.get(ABOUT)
    hint = said.get("description", "") or USUAL_HINTS.get(of, "")
    if not asked:
        hint = f"{_when_in_words(said[WHEN], properties)}才要填。{hint}"
    return Box(
        name=FIELD + key,
        label=said["title"],
        kind=_kind(of, form.value(FIELD + key)),
        required=required,
        hint=hint,
        note=notes.get(key, ""),
        options=_options(of, said),
        maxlength=said.get("maxLength", LENGTHS.get(of, 200)),
        autocomplete=AUTOCOMPLETE.get(FieldMeaning(about), "off") if about else "off",
        when=_when(said.get(WHEN, {}), properties),
        asked=asked,
    )


def _kind(of: FieldType, typed: str) -> str:
    """How a question is asked; a day that is none is shown as it was typed, as text."""
    if of is FieldType.DATE and typed:
        try:
            date.fromisoformat(typed)
        except ValueError:
            return "text"
    return KINDS.get(of, "text")


def _options(of: FieldType, said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    if of is FieldType.BOOLEAN:
        return OF_YES_NO
    offered = said["items"]["oneOf"] if of is FieldType.CHOICES else said.get("oneOf", ())
    return tuple((each["const"], each["title"]) for each in offered)


def _when(when: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> str:
    """The conditions on other boxes of the page, as JSON for the script; "" for none."""
    by_word = {word: value for value, word in OF_YES_NO}
    on_page = {
        FIELD + key: [by_word.get(each, each) for each in some]
        if _yes_no(properties[key])
        else some
        for key, some in when.items()
        if key in properties
    }
    return orjson.dumps(on_page).decode() if on_page else ""


def _yes_no(said: Mapping[str, Any]) -> bool:
    return bool(said[TYPE] == FieldType.BOOLEAN)


def _when_in_words(when: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> str:
    return "并且".join(
        f"“{properties[key]['title']}”选{'或'.join(some)}时"
        for key, some in when.items()
        if key in properties
    )


def typed_answers(schema: Mapping[str, Any], form: Form) -> dict[str, Answer | None]:
    """Read what was typed into the boxes a page has shown; None for one left empty."""
    found: dict[str, Answer | None] = {}
    for key in schema[ORDER]:
        if FIELD + key in form.values:
            of = FieldType(schema["properties"][key][TYPE])
            found[key] = _answer(of, form, FIELD + key)
    return found


def _answer(of: FieldType, form: Form, name: str) -> Answer | None:
    if of is FieldType.CHOICES:
        return [each for each in form.all(name) if each] or None
    text = form.value(name)
    if of is FieldType.BOOLEAN:
        return {YES: True, NO: False}.get(text)
    return text or None


def shown_answers(answers: Mapping[str, Answer]) -> Form:
    """Return a page's form with these answers in its boxes."""
    return Form({FIELD + key: _texts(answer) for key, answer in answers.items()})


def _texts(answer: Answer) -> list[str]:
    if isinstance(answer, bool):
        return [YES if answer else NO]
    return [answer] if isinstance(answer, str) else list(answer)


def in_words(answer: Answer | None) -> str:
    """An answer as people read it."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return "是" if answer else "否"
    return answer if isinstance(answer, str) else "、".join(answer)
