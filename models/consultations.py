"""Consultations: questions and complaints, what was said about them, what became public."""

from typing import Any

from tortoise import fields

from models.base import Record


class Consultation(Record):
    """One question or complaint of one person. What was said stands sealed in its events."""

    number = fields.CharField(20, unique=True)
    once = fields.CharField(64, null=True, unique=True)  # the same asking, sent again
    kind = fields.CharField(12)
    about = fields.CharField(12)
    title = fields.CharField(300)  # the item's, the hall's name: nothing the citizen typed
    item_code = fields.CharField(80, null=True)
    case_id = fields.UUIDField(null=True)
    hall_id = fields.UUIDField(null=True)
    organ_id = fields.UUIDField()
    account_id = fields.UUIDField(db_index=True)
    identity_id = fields.UUIDField(null=True, db_index=True)
    channel = fields.CharField(12)
    state = fields.CharField(16)
    asked_at = fields.DatetimeField()  # of the round under way
    due_on = fields.DateField(null=True)
    answered_at = fields.DatetimeField(null=True)
    answered_by = fields.UUIDField(null=True)  # the officer, of the last answer
    round = fields.SmallIntField(default=0, db_default=0)
    followed_up = fields.BooleanField(default=False, db_default=False)
    second_look = fields.BooleanField(default=False, db_default=False)
    satisfied = fields.BooleanField(null=True)
    last_seq = fields.IntField(default=0, db_default=0)

    class Meta:
        """Found by who asked, and by the organ that answers, the nearest deadline first."""

        table = "consultation"
        indexes = (("organ_id", "state", "due_on"), ("state", "due_on"))


class ConsultationEvent(Record):
    """One thing that happened to a consultation; never changed, never removed."""

    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation", related_name="events", on_delete=fields.RESTRICT, db_index=False
    )
    seq = fields.IntField()
    action = fields.CharField(24)
    actor_kind = fields.CharField(12)
    actor_id = fields.UUIDField(null=True)
    post_id = fields.UUIDField(null=True)
    channel = fields.CharField(12)
    device = fields.CharField(80, null=True)
    from_state = fields.CharField(16, null=True)
    to_state = fields.CharField(16)
    text_sealed = fields.BinaryField(null=True)  # question, answer or reason, as written
    rule_version = fields.CharField(16)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()

    class Meta:
        """Events of a consultation are numbered without gaps."""

        table = "consultation_event"
        unique_together = (("consultation", "seq"),)


class PublicAnswer(Record):
    """A question and its answer, rewritten without persons, proposed to be shown to everybody.

    Sealed until another officer has found nothing personal in it; then it stands in the open.
    """

    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation",
        related_name="public_answers",
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    item_code = fields.CharField(80, null=True, db_index=True)
    title = fields.CharField(300)
    organ_id = fields.UUIDField()
    state = fields.CharField(12)
    proposed_sealed = fields.BinaryField()
    question = fields.CharField(400, default="", db_default="")
    answer = fields.TextField(default="", db_default="")
    proposed_by = fields.UUIDField()
    decided_by = fields.UUIDField(null=True)
    decided_at = fields.DatetimeField(null=True)
    reason = fields.CharField(400, default="", db_default="")  # why it came back, or was taken down
    faq_state = fields.CharField(12)
    faq_by = fields.UUIDField(null=True)
    faq_at = fields.DatetimeField(null=True)
    faq_version_id = fields.UUIDField(null=True)  # the draft of the guide it was taken into

    class Meta:
        """Looked through by organ, and shown the newest first."""

        table = "public_answer"
        indexes = (("state", "decided_at"), ("organ_id", "state"))
