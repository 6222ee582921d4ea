"""Pushes to citizens: the templates they follow, what was told to whom, and how it ended."""

from enum import StrEnum

from tortoise import fields

from models.base import Record


class NotificationState(StrEnum):
    """How far a push has come; ``unknown``: it left, and nobody can say whether it arrived."""

    CREATED = "created"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    NO_RECIPIENT = "no_recipient"
    FAILED_PERMANENT = "failed_permanent"
    FAILED_TECHNICAL = "failed_technical"


class MessageTemplate(Record):
    """What is said on an occasion, in which WeChat template, from which day on."""

    key = fields.CharField(40)
    template_id = fields.CharField(64)
    fields_said: fields.JSONField[dict[str, str]] = fields.JSONField()
    in_force_from = fields.DateField()

    class Meta:
        """Of an occasion's rows the newest that has begun is in force."""

        table = "message_template"
        unique_together = (("key", "in_force_from"),)


class Notification(Record):
    """One push: one event, one person, once. Holds no name and no number of a person.

    The row's id in hex is the client_msg_id by which WeChat drops a repeat within ten minutes.
    """

    event_id = fields.UUIDField()
    identity_id = fields.UUIDField(db_index=True)
    template_key = fields.CharField(40)
    template_id = fields.CharField(64)
    fields_said: fields.JSONField[dict[str, str]] = fields.JSONField()
    path = fields.CharField(200, null=True)
    state = fields.CharEnumField(NotificationState, max_length=32)
    tries = fields.IntField()
    uncertain = fields.BooleanField(default=False, db_default=False)
    recipient_blind = fields.CharField(64, null=True)
    msgid = fields.CharField(32, null=True)
    reason = fields.CharField(300, null=True)
    sending_since = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        """One row an event and person; found by WeChat's number (0002_constraints)."""

        table = "notification"
        unique_together = (("event_id", "identity_id"),)


class PushResult(Record):
    """What WeChat reported of one push (TEMPLATESENDJOBFINISH), which may come before our note."""

    msgid = fields.CharField(32, unique=True)
    status = fields.CharField(64)
    state = fields.CharEnumField(NotificationState, max_length=32)
    recipient_blind = fields.CharField(64, null=True, db_index=True)

    class Meta:
        """Kept for 30 days."""

        table = "push_result"
