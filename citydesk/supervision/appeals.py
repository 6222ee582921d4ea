"""Appeals of cards (申诉): the head of the organ says why a card should not stand; another decides.

Model 4.3: by the unit, in writing, within a time; decided by somebody outside the unit, with a
reply: revoked, dismissed (打回), or passed up (上报) to another supervisor, who decides for good.
Every step is a row that is never changed; a revoked card counts no longer and stays to be seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from citydesk import organs, workdays
from citydesk.identity import Officer, Role
from citydesk.kit import sql
from citydesk.kit.clock import in_city
from citydesk.kit.ids import new_id
from citydesk.supervision.card_events import AppealAnswered, CardAppealed
from citydesk.supervision.refusals import (
    AlreadyDecided,
    AppealLate,
    NoReasonGiven,
    NoSuchSupervised,
    NotForYou,
)
from citydesk.supervision.shown_cards import ShownCard, cards_by_id
from citydesk.world import World
from models.supervision import Card, CardStep

APPEAL_DAYS = 10  # working days from the card
ANSWER_DAYS = 5  # working days from the appeal
LONGEST_TEXT = 1000
TEXT = "card_step.text"
REVOKED_CARD = "C"
MOST_SHOWN = 100


class Answer(StrEnum):
    """What a supervisor does about an appeal."""

    REVOKED = "revoked"
    DISMISSED = "dismissed"
    ESCALATED = "escalated"


APPEALED = "appealed"
STEP_WORDS = {
    APPEALED: "部门申诉",
    Answer.REVOKED: "撤销卡片",
    Answer.DISMISSED: "打回申诉，维持卡片",
    Answer.ESCALATED: "上报，由另一位监管人员决定",
}
WAITING = (APPEALED, Answer.ESCALATED)


@dataclass(frozen=True, slots=True)
class AppealStep:
    """One step of an appeal: what, when, by whose login, with which words."""

    words: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Appeal:
    """The appeal of one card: its steps, whether it waits for an answer, and until which day."""

    card: ShownCard
    organ: str
    steps: tuple[AppealStep, ...]
    waits: bool
    escalated: bool
    answer_by: date | None


async def appeal_card(world: World, head: Officer, card_id: UUID, text: str) -> None:
    """Appeal against a card of one's own organ, once, within ten working days.

    Raises:
        NotForYou: not the head of an organ. NoSuchSupervised: no such card of this organ.
        AlreadyDecided: appealed before, or revoked. AppealLate. NoReasonGiven.
    """
    if head.role is not Role.DEPARTMENT_HEAD:
        raise NotForYou("申诉由部门负责人提出。")
    said = _text(text)
    async with world.transaction() as tx:
        card = await _locked(card_id)
        if card is None or card.organ_id is None or card.organ_id != head.organ_id:
            raise NoSuchSupervised("没有找到这张卡片，请从“红黄牌”里重新选择。")
        if card.state == REVOKED_CARD or await CardStep.exists(card_id=card_id):
            raise AlreadyDecided("这张卡片已经申诉过，或者已经撤销，请看处理结果。")
        if world.clock.today() > await appeal_until(world, card.created_at):
            raise AppealLate(f"申诉要在卡片生成后{APPEAL_DAYS}个工作日内提出，现在已经超过。")
        await _note(world, card_id, 1, APPEALED, head, said)
        tx.announce(CardAppealed(card_id))


async def answer_appeal(
    world: World, supervisor: Officer, card_id: UUID, answer: Answer, text: str
) -> None:
    """Revoke the card, dismiss the appeal, or pass it up; always with a reply.

    Raises:
        NotForYou: not a supervisor, one of the organ itself, or the one who passed it up.
        NoSuchSupervised, AlreadyDecided, NoReasonGiven.
    """
    if supervisor.role is not Role.SUPERVISOR:
        raise NotForYou("申诉由效能监管人员处理。")
    said = _text(text)
    async with world.transaction() as tx:
        card = await _locked(card_id)
        steps = await CardStep.filter(card_id=card_id).order_by("seq") if card else []
        if card is None or not steps:
            raise NoSuchSupervised("没有找到这份申诉，请刷新页面。")
        if supervisor.organ_id is not None and supervisor.organ_id == card.organ_id:
            raise NotForYou("本部门的申诉要由部门以外的人处理。")
        last = steps[-1]
        if last.action not in WAITING:
            raise AlreadyDecided("这份申诉已经处理过了，请刷新页面。")
        if last.action == Answer.ESCALATED and answer is Answer.ESCALATED:
            raise AlreadyDecided("已经上报过一次，请作出决定。")
        if last.action == Answer.ESCALATED and last.officer_id == supervisor.officer_id:
            raise NotForYou("您已上报，请由另一位监管人员决定。")
        await _note(world, card_id, last.seq + 1, answer.value, supervisor, said)
        if answer is Answer.REVOKED:
            card.state = REVOKED_CARD
            await card.save(update_fields=["state"])
        tx.announce(AppealAnswered(card_id, answer.value))


async def appeal_until(world: World, fallen_at: datetime) -> date:
    """Return the last day on which a card may be appealed."""
    calendar = await workdays.calendar(world)
    return calendar.after(in_city(fallen_at).date(), APPEAL_DAYS).on


async def appeals_of(world: World, card_ids: Sequence[UUID]) -> dict[UUID, Appeal]:
    """Return the appeals of some cards, by card; a card nobody appealed is left out."""
    steps = await CardStep.filter(card_id__in=list(card_ids)).order_by("card_id", "seq")
    by_card: dict[UUID, list[CardStep]] = {}
    for step in steps:
        by_card.setdefault(step.card_id, []).append(step)
    logins = await _logins([each.officer_id for each in steps])
    cards = {each.id: each for each in await cards_by_id(world, list(by_card))}
    return {
        card_id: await _appeal(world, cards[card_id], found, logins)
        for card_id, found in by_card.items()
    }


async def open_appeals(world: World) -> list[Appeal]:
    """Return the appeals that wait for an answer, the longest waiting first."""
    rows = await sql.rows(_OPEN, list(WAITING), MOST_SHOWN)
    found = await appeals_of(world, [row["card_id"] for row in rows])
    return [found[row["card_id"]] for row in rows]


_OPEN = """
    SELECT card_id FROM (
        SELECT DISTINCT ON (card_id) card_id, action, id FROM card_step
        ORDER BY card_id, seq DESC
    ) AS last
    WHERE action = ANY ($1::text[]) ORDER BY id LIMIT $2
"""


async def _appeal(
    world: World, card: ShownCard, steps: Sequence[CardStep], logins: Mapping[UUID, str]
) -> Appeal:
    calendar = await workdays.calendar(world)
    waits = steps[-1].action in WAITING
    asked_on = in_city(steps[0].created_at).date()
    named = (await organs.organ(world, card.organ_id)).short_name if card.organ_id else ""
    return Appeal(
        card=card,
        organ=named,
        steps=tuple(
            AppealStep(
                STEP_WORDS[each.action],
                each.created_at,
                logins.get(each.officer_id, "（已离岗）"),
                world.seals.open(each.text_sealed, TEXT, each.id),
            )
            for each in steps
        ),
        waits=waits,
        escalated=steps[-1].action == Answer.ESCALATED,
        answer_by=calendar.after(asked_on, ANSWER_DAYS).on if waits else None,
    )


async def _locked(card_id: UUID) -> Card | None:
    return await Card.select_for_update().get_or_none(id=card_id)


async def _logins(officer_ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await sql.rows(
        "SELECT id, login FROM officer WHERE id = ANY ($1::uuid[])", list(officer_ids)
    )
    return {row["id"]: row["login"] for row in rows}


async def _note(
    world: World, card_id: UUID, seq: int, action: str, officer: Officer, text: str
) -> None:
    step_id = new_id()
    _ = await CardStep.create(
        id=step_id,
        created_at=world.clock.now(),
        card_id=card_id,
        seq=seq,
        action=action,
        officer_id=officer.officer_id,
        post_id=officer.post_id,
        text_sealed=world.seals.seal(text, TEXT, step_id),
    )


def _text(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST_TEXT:
        detail = "必填" if not said else f"最多{LONGEST_TEXT}个字"
        raise NoReasonGiven("请写明理由。", [{"field": "text", "detail": detail}])
    return said
