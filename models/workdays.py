"""The working calendar, a year at a time, each edition kept."""

from typing import Any

from tortoise import fields

from models.base import Record


class CalendarYear(Record):
    """One edition of one year's calendar; the latest edition of a year is in force."""

    year = fields.SmallIntField()
    version = fields.SmallIntField()
    source = fields.CharField(200)
    published_on = fields.DateField(null=True)
    digest = fields.CharField(64)

    class Meta:
        """Editions of a year are numbered 1, 2, 3…"""

        table = "calendar_year"
        unique_together = (("year", "version"),)


class CalendarDay(Record):
    """A day that is not like its weekday: holiday, makeup_workday (调休) or local_closure."""

    calendar_year: fields.ForeignKeyRelation[CalendarYear] = fields.ForeignKeyField(
        "models.CalendarYear", related_name="days", on_delete=fields.CASCADE
    )
    date = fields.DateField()
    kind = fields.CharField(32)
    name = fields.CharField(32)

    class Meta:
        """A day stands once in an edition (this index also serves the foreign key)."""

        table = "calendar_day"
        unique_together = (("calendar_year", "date"),)


class BusinessTimer(Record):
    """A deadline kept for a subject: its budget, what was added, its pauses, when it falls due.

    ``fire_at`` is when the budget is used up, pauses known so far included; NULL when stopped or
    held by an open pause without approved days. Whether it is overdue is never stored.
    """

    subject_kind = fields.CharField(20)
    subject_id = fields.UUIDField()
    kind = fields.CharField(32)
    no = fields.SmallIntField(default=0, db_default=0)
    organ_id = fields.UUIDField(null=True)
    anchor_at = fields.DatetimeField()
    calendar = fields.CharField(16)
    calendar_version = fields.IntField()
    budget_value = fields.IntField()
    budget_unit = fields.CharField(16)
    extensions: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    suspensions: fields.JSONField[list[dict[str, Any]]] = fields.JSONField()
    consumed_seconds = fields.BigIntField(default=0, db_default=0)
    running_since = fields.DatetimeField(null=True)
    fire_at = fields.DatetimeField(null=True)
    due_on = fields.DateField()
    provisional = fields.BooleanField()
    next_rung_at = fields.DatetimeField(null=True)
    next_rung_key = fields.CharField(16, null=True)
    stopped_at = fields.DatetimeField(null=True)
    voided = fields.BooleanField(default=False, db_default=False)
    superseded_by = fields.UUIDField(null=True)

    class Meta:
        """Found by subject; one live timer of a kind: see migrations/0012_clocks.py."""

        table = "business_timer"
        indexes = (("subject_kind", "subject_id"),)


class TimerRung(Record):
    """A rung that a timer has passed: claimed once, in the transaction of everything it causes."""

    timer: fields.ForeignKeyRelation[BusinessTimer] = fields.ForeignKeyField(
        "models.BusinessTimer", related_name="rungs", on_delete=fields.RESTRICT, db_index=False
    )
    rung_key = fields.CharField(16)
    passed_at = fields.DatetimeField()
    detected_late = fields.BooleanField()

    class Meta:
        """A rung is passed once (this index also serves the foreign key)."""

        table = "timer_rung"
        unique_together = (("timer", "rung_key"),)


class RungRule(Record):
    """A threshold: so many days over its budget, a timer of this kind passes this rung.

    Counted by the instant or by the day. Dated: a timer follows the ladder in force on the day it
    began, which is all rows of its kind with the latest ``valid_from`` up to that day.
    """

    timer_kind = fields.CharField(32)
    rung_key = fields.CharField(16)
    counted_by = fields.CharField(8)
    over_days = fields.SmallIntField()
    valid_from = fields.DateField()
    version = fields.CharField(16)

    class Meta:
        """A rung stands once in a ladder."""

        table = "rung_rule"
        unique_together = (("timer_kind", "valid_from", "rung_key"),)
