"""The officers' side of consultations over HTTP: the list, one of them, and each step."""

from citydesk import consultations, organs
from citydesk.consultations import AnswerState, WordsUnfit
from citydesk.kit.refusals import Refusal
from mobile_api.api import Api, Call
from mobile_api.consultation_forms import (
    Answer,
    ConsultationPage,
    ConsultationWhole,
    HandedOn,
    OneConsultation,
    Proposed,
    PublicProposal,
    Referral,
    Transfer,
    Waiting,
    line,
    whole,
)
from mobile_api.consultations import ANSWERERS

api = Api("officers")
AT = "/officer/consultations/{consultation_id}"
STEP: tuple[type[Refusal], ...] = (
    consultations.NoSuchConsultation,
    consultations.NotNow,
    consultations.NotYoursToAnswer,
)


@api("GET", "/officer/consultations", who=ANSWERERS, query=Waiting, out=ConsultationPage)
async def consultation_work_list(call: Call) -> ConsultationPage:
    """What waits for my post, the nearest last day first; complaints only for the head."""
    asked: Waiting = call.query
    page = await consultations.work_list(
        call.world,
        call.officer,
        asked.pile,
        asked.kind,
        cursor=asked.cursor,
        limit=asked.limit,
    )
    return ConsultationPage(items=[line(each) for each in page.items], next_cursor=page.next_cursor)


@api(
    "GET",
    AT,
    who=ANSWERERS,
    path_form=OneConsultation,
    out=ConsultationWhole,
    refusals=(consultations.NoSuchConsultation,),
)
async def desk_consultation(call: Call) -> ConsultationWhole:
    """One consultation with everything that was said; the reading is noted."""
    return await _now(call)


async def _now(call: Call) -> ConsultationWhole:
    found = await consultations.consultation(call.world, call.officer, call.path.consultation_id)
    return whole(found)


@api(
    "POST",
    f"{AT}/taking",
    who=ANSWERERS,
    path_form=OneConsultation,
    out=ConsultationWhole,
    creates=True,
    refusals=STEP,
)
async def take_consultation(call: Call) -> ConsultationWhole:
    """Take it on, so that no colleague writes the same answer."""
    _ = await consultations.take(call.world, call.officer, call.path.consultation_id)
    return await _now(call)


@api(
    "POST",
    f"{AT}/answer",
    who=ANSWERERS,
    path_form=OneConsultation,
    body=Answer,
    out=ConsultationWhole,
    creates=True,
    refusals=(*STEP, WordsUnfit),
)
async def answer_consultation(call: Call) -> ConsultationWhole:
    """Answer; the asker is told at once."""
    at = call.path.consultation_id
    _ = await consultations.answer(call.world, call.officer, at, call.body.text)
    return await _now(call)


@api(
    "POST",
    f"{AT}/transfer",
    who=ANSWERERS,
    path_form=OneConsultation,
    body=Transfer,
    out=HandedOn,
    creates=True,
    refusals=(*STEP, WordsUnfit, consultations.WrongOrgan),
)
async def transfer_consultation(call: Call) -> HandedOn:
    """Hand it to the organ whose business it is; the five days go on."""
    at, form = call.path.consultation_id, call.body
    row = await consultations.transfer(call.world, call.officer, at, form.organ_code, form.reason)
    organ = await organs.organ(call.world, row.organ_id)
    return HandedOn(number=row.number, organ=organ.short_name)


@api(
    "POST",
    f"{AT}/referral",
    who=ANSWERERS,
    path_form=OneConsultation,
    body=Referral,
    out=ConsultationWhole,
    creates=True,
    refusals=(*STEP, WordsUnfit),
)
async def refer_consultation(call: Call) -> ConsultationWhole:
    """Say that the city's desk does not answer this, and where to turn."""
    at = call.path.consultation_id
    _ = await consultations.refer(call.world, call.officer, at, call.body.reason)
    return await _now(call)


@api(
    "POST",
    f"{AT}/publication",
    who=ANSWERERS,
    path_form=OneConsultation,
    body=PublicProposal,
    out=Proposed,
    status=201,
    creates=True,
    refusals=(
        consultations.NoSuchConsultation,
        consultations.AnswerElsewhere,
        consultations.PersonInWords,
        WordsUnfit,
    ),
)
async def propose_public_answer(call: Call) -> Proposed:
    """Propose to show question and answer to everybody; another officer approves it."""
    form: PublicProposal = call.body
    made = await consultations.propose(
        call.world,
        call.officer,
        call.path.consultation_id,
        form.question,
        form.answer,
        checked=form.checked,
    )
    return Proposed(id=made.id, state=AnswerState(made.state))
