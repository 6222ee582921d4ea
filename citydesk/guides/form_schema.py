"""The form of a guide as one JSON Schema (2020-12): what is asked, in which order, how checked.

The portal draws its page from it, apps get it by the API, and the desk checks a filing by nothing
else. An answer is a text, except for several choices (a list of texts) and yes or no (a boolean);
numbers stay texts, as typed, so that 12.50 does not become 12.5.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from citydesk.guides.codes import FieldMeaning, FieldType
from citydesk.guides.content import GuideContent
from citydesk.guides.parts import FormField

Answer = str | bool | list[str]
Answers = Mapping[str, Answer]
Told = Mapping[str, Sequence[str]]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPE, MEANING, ORDER, WHEN = (
    f"x-citydesk-{word}" for word in ("type", "about", "order", "shown-when")
)
SITUATION = "_situation"  # where the answers to the guide's questions stand; no field is called so
YES, NO = "是", "否"  # how a condition names the two answers to a yes-or-no question
RESIDENT_ID, CREDIT_CODE = "citydesk-resident-id", "citydesk-credit-code"

_CODE = "0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy"
SHAPES: Mapping[FieldType, Mapping[str, str]] = {
    FieldType.ID_NO: {"pattern": "^[0-9]{17}[0-9Xx]$", "format": RESIDENT_ID},
    FieldType.CREDIT_CODE: {
        "pattern": f"^[{_CODE}]{{2}}[0-9]{{6}}[{_CODE}]{{10}}$",
        "format": CREDIT_CODE,
    },
    FieldType.MOBILE: {"pattern": "^1[0-9]{10}$"},
    FieldType.PHONE: {"pattern": "^(1[0-9]{10}|0[0-9]{2,3}-?[0-9]{7,8})$"},
    FieldType.DATE: {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "format": "date"},
    FieldType.NUMBER: {"pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$"},
}
_UNBOUNDED = (FieldType.CHOICE, FieldType.DATE)
# What the fields of guides from before `about` was there are known to mean.
_KNOWN: Mapping[tuple[str, FieldType], tuple[str, FieldMeaning]] = {
    ("applicant_name", FieldType.TEXT): ("姓名", FieldMeaning.APPLICANT_NAME),
    ("id_no", FieldType.ID_NO): ("身份证", FieldMeaning.APPLICANT_ID_NO),
    ("contact_phone", FieldType.PHONE): ("电话", FieldMeaning.APPLICANT_PHONE),
    ("live_address", FieldType.ADDRESS): ("住址", FieldMeaning.APPLICANT_ADDRESS),
    ("unit_name", FieldType.TEXT): ("单位名称", FieldMeaning.UNIT_NAME),
    ("company_name", FieldType.TEXT): ("企业名称", FieldMeaning.UNIT_NAME),
    ("credit_code", FieldType.TEXT): ("信用代码", FieldMeaning.UNIT_CREDIT_CODE),
    ("credit_code", FieldType.CREDIT_CODE): ("信用代码", FieldMeaning.UNIT_CREDIT_CODE),
    ("legal_person", FieldType.TEXT): ("法定代表人", FieldMeaning.UNIT_HEAD),
    ("premises_address", FieldType.ADDRESS): ("经营", FieldMeaning.UNIT_ADDRESS),
}


def meaning_of(field: FormField) -> FieldMeaning | None:
    """Return what an answer is: as the editor says, or as the field's key and label show."""
    if field.about is not None:
        return field.about
    word, meaning = _KNOWN.get((field.key, field.type), ("", None))
    return meaning if meaning is not None and word in field.label else None


def form_schema(content: GuideContent, ident: str = "") -> dict[str, Any]:
    """Return the schema of a guide's form; `ident` names the version it belongs to."""
    fields = content.form_fields
    properties = {each.key: _property(each) for each in fields}
    always = [each.key for each in fields if each.required and not each.when]
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        **({"$id": f"urn:citydesk:form:{ident}"} if ident else {}),
        "title": content.name,
        "type": "object",
        "properties": properties,
        "required": always,
        "additionalProperties": False,
        ORDER: [each.key for each in fields],
    }
    conditional = [each for each in fields if each.required and each.when]
    if conditional:
        known = {each.key: each for each in fields}
        schema["allOf"] = [
            {"if": _condition(each, known), "then": {"required": [each.key]}}
            for each in conditional
        ]
    if content.questions:
        schema["properties"] = {**properties, SITUATION: _situation(content)}
    return schema


def _property(field: FormField) -> dict[str, Any]:
    """One question: its words, its type, and what an answer must be like."""
    said: dict[str, Any] = {"title": field.label, TYPE: field.type.value}
    if field.hint:
        said["description"] = field.hint
    if (meaning := meaning_of(field)) is not None:
        said[MEANING] = meaning.value
    if field.when:
        said[WHEN] = {key: list(options) for key, options in field.when.items()}
    if field.type is FieldType.BOOLEAN:
        return {**said, "type": "boolean"}
    options = [{"const": each, "title": each} for each in field.options]
    if field.type is FieldType.CHOICES:
        items = {"type": "string", "oneOf": options}
        return {**said, "type": "array", "items": items, "minItems": 1, "uniqueItems": True}
    said |= {"type": "string", "minLength": 1}
    if field.type not in _UNBOUNDED:
        said["maxLength"] = field.max_length
    if options:
        said["oneOf"] = options
    return {**said, **SHAPES.get(field.type, {})}


def _condition(field: FormField, known: Mapping[str, FormField]) -> dict[str, Any]:
    """When a field is asked, as a schema that the answers before it fulfil."""
    own = {key: options for key, options in field.when.items() if key in known}
    told = {key: options for key, options in field.when.items() if key not in known}
    properties: dict[str, Any] = {key: _one_of(known[key], options) for key, options in own.items()}
    required = list(own)
    if told:
        contain = {key: {"contains": {"enum": list(options)}} for key, options in told.items()}
        properties[SITUATION] = {"properties": contain, "required": list(told)}
        required.append(SITUATION)
    return {"properties": properties, "required": required}


def _one_of(field: FormField, options: Sequence[str]) -> dict[str, Any]:
    if field.type is FieldType.BOOLEAN:
        return {"enum": [each == YES for each in options if each in (YES, NO)]}
    if field.type is FieldType.CHOICES:
        return {"contains": {"enum": list(options)}}
    return {"enum": list(options)}


def _situation(content: GuideContent) -> dict[str, Any]:
    """Where the answers to the guide's questions stand when a form is checked by itself."""
    return {
        "title": "办理情形",
        "description": "事先回答的情形问题：问题代号和所选项的代号，由系统填入",
        "type": "object",
        "properties": {
            each.key: {
                "title": each.text,
                "type": "array",
                "items": {
                    "oneOf": [
                        {"const": option.key, "title": option.label} for option in each.options
                    ]
                },
            }
            for each in content.questions
        },
    }
