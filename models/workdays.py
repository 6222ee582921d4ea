"""The working calendar, a year at a time, each edition kept."""

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
