"""Consultations over HTTP: asking, one's own, the officers' side, and what everybody may read."""

from uuid import UUID

from citydesk import cases, consultations, guides, organs
from citydesk.consultations import Matter, PublicShown
from citydesk.identity import Role
from mobile_api.api import ANYONE, CITIZEN, Api, Call, officers
from mobile_api.consultation_forms import (
    ConsultationPage,
    ConsultationWhole,
    FollowUp,
    NewConsultation,
    OneConsultation,
    Paging,
    PublicAnswerPage,
    PublicAnswerShown,
    PublicQuery,
    Rating,
    line,
    whole,
)

api = Api("consultations")
ANSWERERS = officers(Role.BACK_OFFICE, Role.DEPARTMENT_HEAD, Role.SUPERVISOR)


async def _now(call: Call, consultation_id: UUID) -> ConsultationWhole:
    assert call.asker is not None
    return whole(await consultations.consultation(call.world, call.asker, consultation_id))


@api(
    "POST",
    "/consultations",
    who=CITIZEN,
    body=NewConsultation,
    out=ConsultationWhole,
    status=201,
    creates=True,
    refusals=(
        consultations.WordsUnfit,
        consultations.TooManyQuestions,
        guides.NoSuchGuide,
        cases.NoSuchCase,
        organs.NoSuchHall,
    ),
)
async def ask_consultation(call: Call) -> ConsultationWhole:
    """Ask or complain; answered within five working days. No real name is asked for."""
    form: NewConsultation = call.body
    matter = Matter(form.item_code, form.case_id, form.hall_code)
    row = await consultations.ask(call.world, call.citizen, form.kind, form.text, matter)
    return await _now(call, row.id)


@api("GET", "/consultations", who=CITIZEN, query=Paging, out=ConsultationPage)
async def my_consultations(call: Call) -> ConsultationPage:
    """My questions and complaints, newest first."""
    page = await consultations.my_consultations(
        call.world, call.citizen, call.query.cursor, call.query.limit
    )
    return ConsultationPage(items=[line(each) for each in page.items], next_cursor=page.next_cursor)


@api(
    "GET",
    "/consultations/{consultation_id}",
    who=CITIZEN,
    path_form=OneConsultation,
    out=ConsultationWhole,
    refusals=(consultations.NoSuchConsultation,),
)
async def read_consultation(call: Call) -> ConsultationWhole:
    """One of mine: what was said, how it stands, by when and why that day."""
    return await _now(call, call.path.consultation_id)


@api(
    "POST",
    "/consultations/{consultation_id}/follow-up",
    who=CITIZEN,
    path_form=OneConsultation,
    body=FollowUp,
    out=ConsultationWhole,
    creates=True,
    refusals=(
        consultations.NoSuchConsultation,
        consultations.NotNow,
        consultations.WordsUnfit,
    ),
)
async def follow_up(call: Call) -> ConsultationWhole:
    """Ask back, once."""
    at = call.path.consultation_id
    _ = await consultations.follow_up(call.world, call.citizen, at, call.body.text)
    return await _now(call, at)


@api(
    "POST",
    "/consultations/{consultation_id}/rating",
    who=CITIZEN,
    path_form=OneConsultation,
    body=Rating,
    out=ConsultationWhole,
    creates=True,
    refusals=(
        consultations.NoSuchConsultation,
        consultations.NotNow,
        consultations.WordsUnfit,
    ),
)
async def rate_answer(call: Call) -> ConsultationWhole:
    """Say whether the answer helped; not the first time: somebody else answers once more."""
    at, form = call.path.consultation_id, call.body
    _ = await consultations.rate(call.world, call.citizen, at, form.satisfied, form.reason)
    return await _now(call, at)


@api(
    "POST",
    "/consultations/{consultation_id}/withdrawal",
    who=CITIZEN,
    path_form=OneConsultation,
    out=ConsultationWhole,
    creates=True,
    refusals=(consultations.NoSuchConsultation, consultations.NotNow),
)
async def withdraw_consultation(call: Call) -> ConsultationWhole:
    """Take it back before it is answered."""
    at = call.path.consultation_id
    _ = await consultations.withdraw(call.world, call.citizen, at)
    return await _now(call, at)


@api("GET", "/public-answers", who=ANYONE, query=PublicQuery, out=PublicAnswerPage)
async def list_public_answers(call: Call) -> PublicAnswerPage:
    """What others asked and were answered, without persons; the newest first."""
    asked: PublicQuery = call.query
    page = await consultations.public_answers(
        call.world, item_code=asked.item_code, words=asked.q, cursor=asked.cursor, limit=asked.limit
    )
    return PublicAnswerPage(
        items=[_public(each) for each in page.items], next_cursor=page.next_cursor
    )


def _public(one: PublicShown) -> PublicAnswerShown:
    return PublicAnswerShown.model_validate(one, from_attributes=True)
