"""Whether a filled form is right: by its schema, and what is wrong in words a citizen reads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from typing_extensions import override

from citydesk.guides.codes import FieldType
from citydesk.guides.content import GuideContent
from citydesk.guides.form_schema import (
    CREDIT_CODE,
    NO,
    RESIDENT_ID,
    SITUATION,
    YES,
    Answer,
    Answers,
    Told,
    form_schema,
)
from citydesk.guides.parts import FormField
from citydesk.guides.situations import met
from citydesk.identity import is_resident_id

MISSING = "必填"
SAID: Mapping[FieldType, str] = {
    FieldType.ID_NO: "身份证号码不对，请核对",
    FieldType.CREDIT_CODE: "统一社会信用代码不对，应为18位，请核对",
    FieldType.MOBILE: "手机号码不对，应为11位数字",
    FieldType.PHONE: "电话号码不对，请核对",
    FieldType.NUMBER: "应为数字",
    FieldType.DATE: "日期不对，例：2026-03-02",
    FieldType.CHOICE: "请从选项中选一个",
    FieldType.CHOICES: "请从选项中选择，不要重复",
    FieldType.BOOLEAN: "请选“是”或“否”",
}
_OTHERWISE = "填写有误，请修改"
_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def is_id_no(text: str) -> bool:
    """Whether a resident ID number is well formed, whichever way its X is written (GB 11643)."""
    return is_resident_id(text.upper())


def is_credit_code(text: str) -> bool:
    """Whether a unified social credit code has 18 characters and its check one (GB 32100)."""
    code = text.upper()
    if len(code) != 18 or set(code) - set(_CODE_CHARACTERS):
        return False
    total = sum(
        _CODE_CHARACTERS.index(each) * weight
        for each, weight in zip(code, _CODE_WEIGHTS, strict=False)
    )
    return _CODE_CHARACTERS[-total % 31] == code[17]


FORMATS = FormatChecker(formats=("date",))
for _name, _check in ((RESIDENT_ID, is_id_no), (CREDIT_CODE, is_credit_code)):

    def _fits(given: object, check: Any = _check) -> bool:
        return not isinstance(given, str) or check(given)

    FORMATS.checks(_name)(_fits)


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with one answer; ``key`` may be one the form does not have."""

    key: str
    label: str
    detail: str

    @property
    def missing(self) -> bool:
        """Whether the answer is only not there yet."""
        return self.detail == MISSING


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """The form of one version of a guide, ready to check what is filled in."""

    fields: tuple[FormField, ...]
    schema: dict[str, Any]
    _validator: Draft202012Validator = field(repr=False, compare=False)

    def faults(self, form: Answers, told: Told | None = None) -> list[FormFault]:
        """List every fault: what is missing, too long, misshapen or unknown, in the form's order.

        ``told``: the answers to the guide's questions, for what is asked in some situations only.
        """
        labels = {each.key: each.label for each in self.fields}
        unknown = [FormFault(key, key, "没有这一项") for key in form if key not in labels]
        wrong: dict[str, str] = {}
        for key, detail in self._details(self.instance(form, told)):
            wrong.setdefault(key, detail)
        return [FormFault(key, labels[key], wrong[key]) for key in labels if key in wrong] + unknown

    def instance(self, form: Answers, told: Told | None = None) -> dict[str, Any]:
        """What the schema is held against: the answers that are asked for, and the situation."""
        found: dict[str, Any] = {
            each.key: form[each.key] for each in self.asked(form, told) if each.key in form
        }
        if told and SITUATION in self.schema["properties"]:
            found[SITUATION] = {key: list(some) for key, some in told.items()}
        return found

    def _details(self, instance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        types = {each.key: each.type for each in self.fields}
        for error in self._validator.iter_errors(instance):
            key = str(error.absolute_path[0]) if error.absolute_path else ""
            if not key:
                yield from (
                    (each, MISSING) for each in error.validator_value if each not in instance
                )
            elif error.validator == "maxLength":
                yield key, f"太长，最多{error.validator_value}个字"
            else:
                yield key, SAID.get(types[key], _OTHERWISE) if key in types else _OTHERWISE

    def asked(self, form: Answers, told: Told | None = None) -> list[FormField]:
        """The questions that apply, given what is answered so far; in order, looking back only."""
        keys = {each.key for each in self.fields}
        answers = {key: tuple(some) for key, some in (told or {}).items() if key not in keys}
        found = []
        for each in self.fields:
            if met(each.when, answers):
                found.append(each)
                if each.key in form:
                    answers[each.key] = _options(form[each.key])
        return found


def _options(answer: Answer) -> tuple[str, ...]:
    """An answer as the options it stands for in conditions."""
    if isinstance(answer, bool):
        return (YES if answer else NO,)
    return (answer,) if isinstance(answer, str) else tuple(answer)


class _Same:
    """A content by its identity: guides in use are the same objects, and cannot be hashed."""

    def __init__(self, content: GuideContent, ident: str) -> None:
        self.content, self.ident = content, ident

    @override
    def __hash__(self) -> int:
        return id(self.content)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Same):
            return False
        return self.content is other.content and self.ident == other.ident


def application_form(content: GuideContent, ident: str = "") -> ApplicationForm:
    """Return the form of a guide; `ident` names the version, for whoever reads the schema."""
    return _compiled(_Same(content, ident))


@lru_cache(maxsize=256)
def _compiled(named: _Same) -> ApplicationForm:
    schema = form_schema(named.content, named.ident)
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    return ApplicationForm(named.content.form_fields, schema, validator)


def normalized(form: Mapping[str, Answer | None]) -> dict[str, Answer]:
    """Return a form without the blanks around its answers, and without what is not answered."""
    return {key: answer for key, given in form.items() if (answer := _plain(given)) is not None}


def _plain(given: Answer | None) -> Answer | None:
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, str):
        return given.strip() or None
    return list(_filled(given)) or None


def _filled(some: Iterable[str]) -> Iterator[str]:
    return (each.strip() for each in some if each.strip())
