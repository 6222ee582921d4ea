"""Events written beside the change they announce, waiting to be delivered."""

from typing import Any

from tortoise import fields

from models.base import Record


class OutboxMessage(Record):
    """One event: its name, its facts, when it is due, and how its delivery stands."""

    name = fields.CharField(80)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()
    due_at = fields.DatetimeField()
    leased_until = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0, db_default=0)
    last_error = fields.TextField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    parked_at = fields.DatetimeField(null=True)
    order_key = fields.CharField(64, null=True)  # what is told of one thing keeps its order

    class Meta:
        """Only what still waits is indexed: see migrations/0002_constraints.py."""

        table = "outbox_message"
