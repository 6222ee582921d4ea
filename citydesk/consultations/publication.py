"""From one person's answer to everybody's: an officer proposes it, somebody else approves it."""

from datetime import datetime
from enum import StrEnum
from unicodedata import normalize
from uuid import UUID

import orjson

from citydesk import guides
from citydesk.consultations import rules
from citydesk.consultations.events import AnswerPublished
from citydesk.consultations.moving import fetched
from citydesk.consultations.refusals import (
    AnswerElsewhere,
    ByTwoPersons,
    NoSuchAnswer,
    NotYoursToAnswer,
    PersonInWords,
)
from citydesk.consultations.states import ConsultationState, Kind
from citydesk.identity import Officer, Role
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.consultations import Consultation, PublicAnswer

PLACE = "public_answer.proposed"
LONGEST_QUESTION, LONGEST_PUBLIC = 400, 3000
DECIDERS = frozenset({Role.DEPARTMENT_HEAD, Role.EDITOR, Role.REVIEWER, Role.SUPERVISOR})
EVERYWHERE = frozenset({Role.REVIEWER, Role.SUPERVISOR})  # posts for the whole city
UNKNOWN = "没有找到这条公开答复，请从列表重新打开。"


class AnswerState(StrEnum):
    """Where a public answer stands."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    PUBLISHED = "published"
    TAKEN_DOWN = "taken_down"


class FaqState(StrEnum):
    """What became of it as a candidate for the common questions of a guide."""

    NONE = "none"
    CANDIDATE = "candidate"
    ADOPTED = "adopted"
    LEFT_OUT = "left_out"


async def propose(
    world: World,
    officer: Officer,
    consultation_id: UUID,
    question: str,
    answer: str,
    *,
    checked: bool = False,
) -> PublicAnswer:
    """Propose to show a question and its answer to everybody, rewritten without persons.

    ``checked``: the officer says that the numbers in it are nobody's (a hall's phone, a law's).
    Identity numbers and mobile phones are refused all the same.

    Raises:
        NoSuchConsultation, WordsUnfit. PersonInWords: it seems to name somebody. AnswerElsewhere:
        not answered yet, a complaint, or proposed already.
    """
    asked = rules.written(question, longest=LONGEST_QUESTION, field="question")
    said = rules.written(answer, longest=LONGEST_PUBLIC, shortest=2, field="answer")
    _check_names_nobody(asked, said, checked=checked)
    async with world.transaction() as tx:
        row = await fetched(officer, consultation_id, to_change=True)
        await _check_publishable(row)
        answer_id = new_id()
        return await PublicAnswer.create(
            id=answer_id,
            created_at=tx.at,
            consultation_id=row.id,
            item_code=row.item_code,
            title=row.title,
            organ_id=row.organ_id,
            state=AnswerState.PROPOSED.value,
            proposed_sealed=world.seals.seal(orjson.dumps([asked, said]), PLACE, answer_id),
            proposed_by=officer.officer_id,
            faq_state=FaqState.NONE.value,
        )


def _check_names_nobody(question: str, answer: str, *, checked: bool) -> None:
    faults = []
    for field, text in (("question", question), ("answer", answer)):
        if rules.names_a_person(text):
            faults.append({"field": field, "detail": "里面有证件号码或手机号码，请删去"})
        elif not checked and guides.masked_words(text) != normalize("NFKC", text):
            detail = "里面有号码或姓名。确认不是个人的，请勾选后再提交"
            faults.append({"field": field, "detail": detail})
    if faults:
        raise PersonInWords("公开的内容不能让人认出是谁，请修改后再提交。", faults)


async def _check_publishable(row: Consultation) -> None:
    if row.kind != Kind.CONSULT or row.state not in (
        ConsultationState.ANSWERED,
        ConsultationState.CLOSED,
    ):
        raise AnswerElsewhere("只有已经答复的咨询可以公开。")
    live = [AnswerState.PROPOSED.value, AnswerState.PUBLISHED.value]
    if await PublicAnswer.exists(consultation_id=row.id, state__in=live):
        raise AnswerElsewhere("这条答复已经提交公开，不用再提交。")


async def approve(world: World, officer: Officer, answer_id: UUID) -> None:
    """Show it to everybody; of an item, it becomes a candidate for the guide's common questions.

    Raises:
        NoSuchAnswer, AnswerElsewhere. ByTwoPersons: the same officer proposed it.
        NotYoursToAnswer: the post does not decide this.
    """
    async with world.transaction() as tx:
        row = await _to_decide(officer, answer_id, AnswerState.PROPOSED)
        if row.proposed_by == officer.officer_id:
            raise ByTwoPersons("公开要由另一个人审核，不能自己提交、自己同意。")
        asked, said = opened(world, row)
        candidate = FaqState.CANDIDATE if row.item_code else FaqState.NONE
        await _decide(
            row,
            AnswerState.PUBLISHED,
            officer,
            tx.at,
            question=asked,
            answer=said,
            faq_state=candidate.value,
        )
        tx.announce(AnswerPublished(row.id))


async def send_back(world: World, officer: Officer, answer_id: UUID, reason: str) -> None:
    """Return it to who proposed it, with a reason; another may be proposed then.

    Raises:
        NoSuchAnswer, AnswerElsewhere, NotYoursToAnswer, WordsUnfit.
    """
    why = rules.reasoned(reason, longest=400)
    async with world.transaction() as tx:
        row = await _to_decide(officer, answer_id, AnswerState.PROPOSED)
        await _decide(row, AnswerState.RETURNED, officer, tx.at, reason=why)


async def take_down(world: World, officer: Officer, answer_id: UUID, reason: str) -> None:
    """Show it to nobody any more: it was wrong, or is out of date. Raises as ``send_back``."""
    why = rules.reasoned(reason, longest=400)
    async with world.transaction() as tx:
        row = await _to_decide(officer, answer_id, AnswerState.PUBLISHED)
        faq = FaqState.NONE if row.faq_state == FaqState.CANDIDATE else FaqState(row.faq_state)
        await _decide(row, AnswerState.TAKEN_DOWN, officer, tx.at, reason=why, faq_state=faq.value)


async def _to_decide(officer: Officer, answer_id: UUID, state: AnswerState) -> PublicAnswer:
    row = await PublicAnswer.select_for_update().get_or_none(id=answer_id)
    if row is None or not may_look(officer, row):
        raise NoSuchAnswer(UNKNOWN)
    if officer.role not in DECIDERS:
        raise NotYoursToAnswer("公开答复由部门负责人、编辑或审核岗位决定。")
    if row.state != state:
        raise AnswerElsewhere("这条答复已经有人处理过。请刷新后再看。")
    return row


async def _decide(
    row: PublicAnswer, state: AnswerState, officer: Officer, at: datetime, **changed: str
) -> None:
    values = {**changed, "state": state.value, "decided_by": officer.officer_id, "decided_at": at}
    for name, value in values.items():
        setattr(row, name, value)
    await row.save(update_fields=sorted(values))


def may_look(officer: Officer, row: PublicAnswer) -> bool:
    """Whether a public answer is this post's business: its own organ's, or the whole city's."""
    return officer.role in EVERYWHERE or officer.organ_id == row.organ_id


def opened(world: World, row: PublicAnswer) -> tuple[str, str]:
    """Return what was proposed: question and answer."""
    asked, said = orjson.loads(world.seals.open_bytes(row.proposed_sealed, PLACE, row.id))
    return asked, said
