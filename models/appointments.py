"""What halls offer, the slots made of it, and the appointments that hold places in them."""

from tortoise import fields

from models.base import Record


class Availability(Record):
    """A hall's standing offer: on these weekdays, from–to, so many places per slot."""

    hall_id = fields.UUIDField(db_index=True)
    weekdays = fields.CharField(7)
    opens_at = fields.CharField(5)
    closes_at = fields.CharField(5)
    slot_minutes = fields.SmallIntField()
    places = fields.SmallIntField()
    bookable_days = fields.SmallIntField()
    valid_from = fields.DateField()
    valid_to = fields.DateField(null=True)

    class Meta:
        """Hours are on the city's wall clocks; weekdays are digits, 1 is Monday."""

        table = "availability"
        unique_together = (("hall_id", "opens_at", "valid_from"),)


class Slot(Record):
    """A stretch of time in one hall, with room for so many people."""

    hall_id = fields.UUIDField()
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    places = fields.SmallIntField()
    booked = fields.SmallIntField(default=0, db_default=0)

    class Meta:
        """A hall has one slot at a time."""

        table = "slot"
        unique_together = (("hall_id", "starts_at"),)


class Appointment(Record):
    """One citizen's place in one slot, for one matter."""

    code = fields.CharField(8, unique=True)
    slot: fields.ForeignKeyRelation[Slot] = fields.ForeignKeyField(
        "models.Slot", related_name="appointments", on_delete=fields.RESTRICT, db_index=True
    )
    hall_id = fields.UUIDField()
    identity_id = fields.UUIDField()
    account_id = fields.UUIDField()
    channel = fields.CharField(12)
    item_code = fields.CharField(31)
    item_name = fields.CharField(300)
    on = fields.DateField()
    state = fields.CharField(16)
    checked_in_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        """Found by citizen; one live booking per citizen, item and day (0002_constraints)."""

        table = "appointment"
        indexes = (("identity_id", "created_at"),)
