"""Regions, organs, service halls and their windows."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields

from models.base import Record


class RegionLevel(StrEnum):
    """Level of a region or of exercising a power (GB/T 39046 A.2)."""

    NATION = "1"
    PROVINCE = "2"
    CITY = "3"
    DISTRICT = "4"
    STREET = "5"
    COMMUNITY = "6"
    GRADED = "7"


class OrganKind(StrEnum):
    """Nature of an authority (GB/T 39046 A.3)."""

    STATUTORY = "1"
    AUTHORISED = "2"
    ENTRUSTED = "3"
    OTHER = "9"


class HallKind(StrEnum):
    """What sort of place a hall is."""

    CENTRE = "centre"
    SUB_CENTRE = "sub_centre"
    STREET = "street"
    COMMUNITY = "community"


class HallMode(StrEnum):
    """How windows take items: each department its own, or any window any item."""

    BY_DEPARTMENT = "by_department"
    COMPREHENSIVE = "comprehensive"


class WindowRole(StrEnum):
    """What a window is for; who sits at a front desk does not review there."""

    CONSULT = "consult"
    FRONT_DESK = "front_desk"
    EXIT_WINDOW = "exit_window"
    BACK_OFFICE_DESK = "back_office_desk"
    PRIORITY = "priority"


class Region(Record):
    """A region by its 12-digit statistical code, as it was from one date to another.

    valid_from empty: since before our list begins; valid_to empty: in force. A region that was
    merged keeps its row for the cases of its time.
    """

    code = fields.CharField(12)
    parent_code = fields.CharField(12, null=True)
    level = fields.CharEnumField(RegionLevel, max_length=32)
    name = fields.CharField(80)
    valid_from = fields.DateField(null=True)
    valid_to = fields.DateField(null=True)

    class Meta:
        """One row in force per code: see migrations/0002_constraints.py."""

        table = "region"


class Organ(Record):
    """An authority or a public utility: two trees, administrative and professional."""

    code = fields.CharField(32, unique=True)
    credit_code = fields.CharField(18, unique=True)
    name = fields.CharField(120)
    short_name = fields.CharField(40)
    region_code = fields.CharField(12)
    kind = fields.CharEnumField(OrganKind, max_length=32)
    position = fields.IntField()
    parent: fields.ForeignKeyNullableRelation["Organ"] = fields.ForeignKeyField(
        "models.Organ",
        related_name="children",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )
    supervising_organ: fields.ForeignKeyNullableRelation["Organ"] = fields.ForeignKeyField(
        "models.Organ",
        related_name="supervised",
        null=True,
        on_delete=fields.RESTRICT,
        db_index=True,
    )

    class Meta:
        """Shown in the order of position."""

        table = "organ"


class ServiceHall(Record):
    """A place where citizens are served; mode is in force since mode_since."""

    code = fields.CharField(32, unique=True)
    name = fields.CharField(120)
    level = fields.CharEnumField(RegionLevel, max_length=32)
    kind = fields.CharEnumField(HallKind, max_length=32)
    region_code = fields.CharField(12, db_index=True)
    organ: fields.ForeignKeyRelation[Organ] = fields.ForeignKeyField(
        "models.Organ", related_name="halls", on_delete=fields.RESTRICT, db_index=True
    )
    organ_id: UUID
    address = fields.CharField(200)
    latitude = fields.FloatField(null=True)  # degrees, WGS 84; both or neither
    longitude = fields.FloatField(null=True)
    phone = fields.CharField(20)
    opens = fields.CharField(5)
    closes = fields.CharField(5)
    hours = fields.CharField(120)
    mode = fields.CharEnumField(HallMode, max_length=32)
    mode_since = fields.DateField()
    zones: fields.JSONField[list[str]] = fields.JSONField()
    position = fields.IntField()

    class Meta:
        """Shown in the order of position."""

        table = "service_hall"


class ServiceWindow(Record):
    """One window or desk of a hall and the role of whoever sits there."""

    hall: fields.ForeignKeyRelation[ServiceHall] = fields.ForeignKeyField(
        "models.ServiceHall", related_name="windows", on_delete=fields.RESTRICT
    )
    code = fields.CharField(16)
    name = fields.CharField(80)
    role = fields.CharEnumField(WindowRole, max_length=32)
    is_open = fields.BooleanField(default=True, db_default=True)  # closed ones are not told

    class Meta:
        """A code stands once in a hall (this index also serves the foreign key)."""

        table = "service_window"
        unique_together = (("hall", "code"),)
