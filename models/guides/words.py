"""What search knows of people: lines staff have added, what it had no answer to, what is opened.

Columns named ``*_sealed`` are encrypted, ``*_blind`` are keyed hashes.
"""

from enum import StrEnum
from typing import Any

from tortoise import fields

from models.base import Record
from models.identity import OfficerAccount, Post


class LineKind(StrEnum):
    """What a line of the staff's knowledge says of a phrase."""

    SYNONYM = "synonym"  # it means these official words
    LABEL = "label"  # people call this one item so
    STOP_PHRASE = "stop_phrase"  # it says nothing
    NOT_OURS = "not_ours"  # it is of a matter no hall handles
    LIFE_EVENT = "life_event"  # it is something that happens in a life, with its items


class KnowledgeLine(Record):
    """One line staff have added to what search knows; taken back, never deleted."""

    kind = fields.CharEnumField(LineKind, max_length=32)
    phrase = fields.CharField(60)
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    item: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
        "models.ServiceItem",
        related_name="lines",
        null=True,
        on_delete=fields.OnDelete.CASCADE,
        db_index=True,
    )
    reason = fields.CharField(200)
    officer: fields.ForeignKeyRelation[OfficerAccount] = fields.ForeignKeyField(
        "models.OfficerAccount",
        related_name="lines",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    post: fields.ForeignKeyRelation[Post] = fields.ForeignKeyField(
        "models.Post", related_name="lines", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    undone_at = fields.DatetimeField(null=True)
    undone_by: fields.ForeignKeyNullableRelation[OfficerAccount] = fields.ForeignKeyField(
        "models.OfficerAccount",
        related_name="lines_undone",
        null=True,
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )

    class Meta:
        """Of a kind, phrase and item one line is in force: see migrations/0011."""

        table = "knowledge_line"


class UnansweredQuestion(Record):
    """Words search had no guide for, as often as they came on one day; kept for 30 days.

    Numbers of persons are masked before the words are sealed. Nothing says who has asked.
    """

    asked_on = fields.DateField()
    channel = fields.CharField(16)
    reason = fields.CharField(16)
    words_sealed = fields.BinaryField()
    words_blind = fields.CharField(64)
    alike_blind = fields.CharField(64)  # the same for words that differ in nothing telling
    times = fields.IntField()
    last_at = fields.DatetimeField()
    put_aside_at = fields.DatetimeField(null=True)

    class Meta:
        """The same words on one day and channel are one row."""

        table = "unanswered_question"
        unique_together = (("words_blind", "asked_on", "channel"),)


class ItemUse(Record):
    """How often a guide was opened on one day, by anybody; who it was is never written down."""

    item: fields.ForeignKeyRelation[Any] = fields.ForeignKeyField(
        "models.ServiceItem", related_name="uses", on_delete=fields.OnDelete.CASCADE
    )
    used_on = fields.DateField(db_index=True)
    times = fields.IntField()

    class Meta:
        """A day of an item is one row."""

        table = "item_use"
        unique_together = (("item", "used_on"),)
