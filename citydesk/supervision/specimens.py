"""What a rehearsal writes into a form and hands in: well formed, plainly nobody's."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from io import BytesIO

from pypdf import PdfWriter

from citydesk.guides import Answer, FieldType, FormField

# Invented: the region 990000 does not exist, telephones of the tests begin with 100.
SPECIMENS = {
    FieldType.ID_NO: "990000199001010113",
    FieldType.PHONE: "10000000001",
    FieldType.NUMBER: "1",
    FieldType.ADDRESS: "示例路1号",
    FieldType.MOBILE: "10000000001",
    FieldType.CREDIT_CODE: "11990000MB00000355",
}
WORD = "示例"


def answers(fields: Iterable[FormField], today: date) -> dict[str, Answer]:
    """Answer every question of a form, the optional ones too."""
    return {field.key: _answer(field, today) for field in fields}


def _answer(field: FormField, today: date) -> Answer:
    if field.type is FieldType.CHOICE:
        return field.options[0]
    if field.type is FieldType.CHOICES:
        return [field.options[0]]
    if field.type is FieldType.BOOLEAN:
        return True
    if field.type is FieldType.DATE:
        return today.isoformat()
    return SPECIMENS.get(field.type, WORD)[: field.max_length]


@cache
def paper() -> bytes:
    """Return an empty page as PDF: a paper that every check of papers takes."""
    written = BytesIO()
    with PdfWriter() as writer:
        writer.add_blank_page(595, 842)
        writer.write(written)
    return written.getvalue()
