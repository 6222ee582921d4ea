"""The applicant's form over HTTP: what is asked and proposed, saved as typed; and the receipt."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from citydesk import cases
from citydesk.cases import FilledForm, Receipt, Source, Standing
from mobile_api.api import CITIZEN, Api, Call
from mobile_api.cases.asked import Answer, Key, OneCase
from mobile_api.cases.shown import NextDueShown, ReceiptShown, due_shown, summary
from mobile_api.guide_forms import FormSchema
from mobile_api.reading import Strict

api = Api("cases")
MINE = (cases.NoSuchCase, cases.NotAllowedNow)
Typed = Annotated[dict[Key, Answer | None], Field(max_length=60)]


class TypedForm(Strict):
    """Some answers as they are typed; null takes one out. ``version``: the one last seen."""

    form: Typed
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class FormFaultShown(BaseModel):
    """What is wrong with an answer so far; ``missing``: it is only not there yet."""

    field: str
    detail: str
    missing: bool


class ProposalShown(BaseModel):
    """An answer proposed, from where and of which day; ``text`` is the sentence to show beside it.

    `standing`: offered (not answered yet: show it in the field), taken, replaced, cleared.
    """

    value: Answer
    source: Source
    date: date
    text: str
    standing: Standing


class FormState(BaseModel):
    """How a form stands; send ``version`` with the next change."""

    version: int
    saved_at: datetime | None
    answers: dict[str, Answer]
    asked: Annotated[list[str], Field(description="现在要填的问题，按顺序")]
    faults: list[FormFaultShown]
    prefill: dict[str, ProposalShown]
    situation: dict[str, list[str]]


class FormShown(FormState):
    """A form with the schema of the version the case is pinned to."""

    form_schema: FormSchema


@api(
    "GET",
    "/cases/{case_id}/form",
    who=CITIZEN,
    path_form=OneCase,
    out=FormShown,
    refusals=(cases.NoSuchCase,),
)
async def read_case_form(call: Call) -> FormShown:
    """The form of my case: what is asked and answered, and what is proposed, with its source."""
    found = await cases.filled_form(call.world, call.citizen, call.path.case_id)
    return FormShown(**_state(found), form_schema=FormSchema(found.schema))


@api(
    "PATCH",
    "/cases/{case_id}/form",
    who=CITIZEN,
    path_form=OneCase,
    body=TypedForm,
    out=FormState,
    refusals=(*MINE, cases.FilingIncomplete, cases.DraftChanged),
)
async def keep_typed_form(call: Call) -> FormState:
    """Keep some answers just as they are typed, right or wrong; what is wrong is told.

    With a version that is not the latest, nothing is written over: 409 draft-changed, read again.
    """
    body: TypedForm = call.body
    return FormState(
        **_state(
            await cases.keep_typed(
                call.world, call.citizen, call.path.case_id, body.form, body.version
            )
        )
    )


@api(
    "GET",
    "/cases/{case_id}/receipt",
    who=CITIZEN,
    path_form=OneCase,
    out=ReceiptShown,
    refusals=MINE,
)
async def read_receipt(call: Call) -> ReceiptShown:
    """The receipt of my case: number, query code, what happens next and by when."""
    return receipt_shown(await cases.receipt(call.world, call.citizen, call.path.case_id))


def receipt_shown(receipt: Receipt) -> ReceiptShown:
    """Show a receipt."""
    due: NextDueShown | None = due_shown(receipt.next_due)
    return ReceiptShown(
        **{**summary(receipt.case), "next_step": receipt.next_step},
        query_code=receipt.query_code,
        hall_name=receipt.hall_name,
        next_due=due,
    )


def _state(found: FilledForm) -> dict[str, Any]:
    return {
        "version": found.version,
        "saved_at": found.saved_at,
        "answers": found.answers,
        "asked": [each.key for each in found.asked],
        "faults": [
            FormFaultShown(field=f"form.{each.key}", detail=each.detail, missing=each.missing)
            for each in found.faults
        ],
        "prefill": {
            key: ProposalShown(
                value=each.value,
                source=each.source,
                date=each.on,
                text=each.said,
                standing=each.standing,
            )
            for key, each in found.proposals.items()
        },
        "situation": {key: list(some) for key, some in found.told.items()},
    }
