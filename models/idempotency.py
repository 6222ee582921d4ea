"""Answers already given to requests that carried an Idempotency-Key."""

from tortoise import fields

from models.base import Record


class KeyedAnswer(Record):
    """The answer one caller got for one key on one route, kept for 24 hours."""

    caller = fields.CharField(80)
    route = fields.CharField(120)
    key = fields.CharField(128)
    fingerprint = fields.CharField(64)
    status = fields.SmallIntField()
    body_sealed = fields.BinaryField()
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        """A key belongs to one caller and one route."""

        table = "keyed_answer"
        unique_together = (("caller", "route", "key"),)
