"""Service items, the guides published for them, and the count of publications."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.base import Record


class ItemKind(StrEnum):
    """How much is known of an item."""

    FULL = "full"
    CATALOGUE_ONLY = "catalogue_only"


class ServiceItem(Record):
    """One matter a citizen may bring to the city, from one source, known by its code there."""

    source = fields.CharField(40)
    code = fields.CharField(80)
    list_id = fields.CharField(64, null=True)  # the row's own number in an imported list
    kind = fields.CharEnumField(ItemKind, max_length=32)
    name = fields.CharField(300)
    main_item = fields.CharField(300, default="", db_default="")
    department = fields.CharField(120)
    type_name = fields.CharField(40, default="", db_default="")
    organ_code = fields.CharField(64, null=True)
    region_code = fields.CharField(12, null=True)  # null: the whole city
    current_version_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    changed_at = fields.DatetimeField()

    class Meta:
        """A code names one item of its source; of full guides, one item altogether."""

        table = "service_item"
        unique_together = (("source", "code"),)


class ServiceItemVersion(Record):
    """A guide as it was published. Never updated or deleted: a trigger sees to it."""

    item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem", related_name="versions", on_delete=fields.OnDelete.RESTRICT
    )
    version_no = fields.IntField()
    content: fields.JSONField[dict[str, Any]] = fields.JSONField()
    content_hash = fields.CharField(64)  # SHA-256 of the canonical JSON, hexadecimal
    published_at = fields.DatetimeField()

    class Meta:
        """Versions of an item are numbered from 1; this also serves as the index on the item."""

        table = "service_item_version"
        unique_together = (("item", "version_no"),)


class CatalogueRevision(Model):
    """One row: raised by every transaction that changes what search may find."""

    name = fields.CharField(10, primary_key=True)
    revision = fields.BigIntField()

    class Meta:
        """The only row is named guides."""

        table = "catalogue_revision"
