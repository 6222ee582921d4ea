"""Service items, their guides from draft to end, and what regions say of their own."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.base import Record
from models.guides.words import ItemUse as ItemUse
from models.guides.words import KnowledgeLine as KnowledgeLine
from models.guides.words import LineKind as LineKind
from models.guides.words import UnansweredQuestion as UnansweredQuestion
from models.guides.work import BulkJob as BulkJob
from models.guides.work import BulkKind as BulkKind
from models.guides.work import BulkLine as BulkLine
from models.guides.work import GuideReport as GuideReport
from models.guides.work import ReportState as ReportState
from models.guides.work import ToldSituation as ToldSituation


class ItemKind(StrEnum):
    """How much is known of an item."""

    FULL = "full"
    CATALOGUE_ONLY = "catalogue_only"


class ItemState(StrEnum):
    """Whether an item can be had today."""

    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class VersionState(StrEnum):
    """Where a version of a guide stands, from the first draft to the end."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


class LinkKind(StrEnum):
    """How a draft came out of other items."""

    SPLIT_FROM = "split_from"
    MERGED_FROM = "merged_from"


class EntryState(StrEnum):
    """Whether an entry of the basic catalogue may still be carried out."""

    IN_FORCE = "in_force"
    CANCELLED = "cancelled"


class CatalogEntry(Record):
    """One entry of the basic catalogue (基本目录): what authorities may do, whoever does it."""

    catalog_code = fields.CharField(40, unique=True)
    local_catalog_code = fields.CharField(64, default="", db_default="")
    parent_code = fields.CharField(40, null=True)
    name = fields.CharField(300)
    item_type = fields.CharField(8)
    legal_basis: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(default=list)
    exercise_levels: fields.JSONField[list[str]] = fields.JSONField(default=list)
    state = fields.CharEnumField(EntryState, max_length=32)
    version_no = fields.IntField(default=1, db_default=1)
    plan_effective_on = fields.DateField(null=True)
    plan_cancel_on = fields.DateField(null=True)
    central_dept = fields.CharField(120, default="", db_default="")
    has_child = fields.BooleanField(default=False, db_default=False)
    is_handle = fields.BooleanField(default=True, db_default=True)  # false: only a heading
    changed_at = fields.DatetimeField()

    class Meta:
        """Twelve digits at home; the codes of other provinces' catalogues are longer."""

        table = "catalog_entry"


class CatalogEntryEvent(Record):
    """What was changed in the basic catalogue, by whom. Only ever added to."""

    entry: fields.ForeignKeyRelation[CatalogEntry] = fields.ForeignKeyField(
        "models.CatalogEntry",
        related_name="events",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    action = fields.CharField(32)
    before: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    after: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    officer_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    post_id: fields.Field[UUID | None] = fields.UUIDField(null=True)

    class Meta:
        """created_at is the moment it happened."""

        table = "catalog_entry_event"


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
    catalog_code = fields.CharField(40, null=True)
    state = fields.CharEnumField(
        ItemState, max_length=32, default=ItemState.IN_FORCE, db_default=ItemState.IN_FORCE.value
    )
    state_reason = fields.TextField(default="", db_default="")
    state_until = fields.DateField(null=True)  # suspended: the day it is to go on again
    successors: fields.JSONField[list[str] | None] = fields.JSONField(null=True)  # codes
    # How often regions have changed their own words of it: tells a kept text from a stale one.
    region_words = fields.IntField(default=0, db_default=0)
    # How much people come for it, 0 to 100, by the uses of 90 days; null: not weighed yet.
    popularity = fields.SmallIntField(null=True)
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


class VersionLife(Record):
    """Where a version stands (版本流转); its id becomes the version's own at publication.

    The content is here only while it may still change: the editor's paper, right or wrong.
    """

    source = fields.CharField(40)
    code = fields.CharField(80)
    item: fields.ForeignKeyNullableRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem",
        related_name="lives",
        null=True,
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    item_name = fields.CharField(300)
    department = fields.CharField(120)
    organ_code = fields.CharField(64, null=True, db_index=True)
    list_id = fields.CharField(64, null=True)
    main_item = fields.CharField(300, default="", db_default="")
    type_name = fields.CharField(40, default="", db_default="")
    state = fields.CharEnumField(VersionState, max_length=32)
    content: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)
    content_hash = fields.CharField(64)
    row_version = fields.IntField(default=1, db_default=1)
    base_version_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    plan_effective_on = fields.DateField(null=True)
    released = fields.BooleanField(default=False, db_default=False)
    plan_cancel_on = fields.DateField(null=True)
    suspended_until = fields.DateField(null=True)
    reason = fields.TextField(default="", db_default="")
    basis = fields.TextField(default="", db_default="")
    editor_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    reviewer_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    publisher_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    submitted_at = fields.DatetimeField(null=True)
    approved_at = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    changed_at = fields.DatetimeField()

    class Meta:
        """One open draft per item, one version in force: see migrations/0007_catalogue.py."""

        table = "version_life"


class VersionEvent(Record):
    """What happened to a version: who, when, from where to where, and why. Only ever added to."""

    version: fields.ForeignKeyRelation[VersionLife] = fields.ForeignKeyField(
        "models.VersionLife",
        related_name="events",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    source = fields.CharField(40)
    code = fields.CharField(80)
    action = fields.CharField(32)
    from_state = fields.CharField(32, null=True)
    to_state = fields.CharField(32)
    officer_id: fields.Field[UUID | None] = fields.UUIDField(null=True)  # null: import or clock
    post_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    reason = fields.TextField(default="", db_default="")
    basis = fields.TextField(default="", db_default="")
    rule_version = fields.CharField(16)
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)

    class Meta:
        """created_at is the moment it happened."""

        table = "version_event"
        indexes = (("source", "code"),)


class ItemLink(Record):
    """A draft that came out of splitting or merging items (拆分、合并)."""

    kind = fields.CharEnumField(LinkKind, max_length=32)
    version: fields.ForeignKeyRelation[VersionLife] = fields.ForeignKeyField(
        "models.VersionLife", related_name="origins", on_delete=fields.OnDelete.RESTRICT
    )
    from_item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem",
        related_name="offspring",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    from_version_id: fields.Field[UUID] = fields.UUIDField()

    class Meta:
        """One draft stems from an item once (this index also serves the foreign key)."""

        table = "item_link"
        unique_together = (("version", "from_item"),)


class RegionGuide(Record):
    """A region carries an item out (认领): the city's guide, with some words of its own."""

    item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem", related_name="regions", on_delete=fields.OnDelete.RESTRICT
    )
    region_code = fields.CharField(12)
    organ_code = fields.CharField(64, null=True)
    overrides: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    row_version = fields.IntField(default=1, db_default=1)
    changed_at = fields.DatetimeField()
    changed_by: fields.Field[UUID | None] = fields.UUIDField(null=True)

    class Meta:
        """Nothing of the standard is copied: an empty override means exactly the city's guide."""

        table = "region_guide"
        unique_together = (("item", "region_code"),)


class RegionGuideEvent(Record):
    """What a region changed of its own guide. Only ever added to."""

    item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem",
        related_name="region_events",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    region_code = fields.CharField(12)
    action = fields.CharField(32)
    before: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    after: fields.JSONField[dict[str, Any]] = fields.JSONField(default=dict)
    officer_id: fields.Field[UUID | None] = fields.UUIDField(null=True)
    post_id: fields.Field[UUID | None] = fields.UUIDField(null=True)

    class Meta:
        """created_at is the moment it happened."""

        table = "region_guide_event"


class GuideDeviation(Record):
    """A region wanted to say something else than the standard; it was refused and noted here."""

    item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem",
        related_name="deviations",
        on_delete=fields.OnDelete.RESTRICT,
        db_index=True,
    )
    region_code = fields.CharField(12)
    path = fields.CharField(120)
    why = fields.TextField()
    wanted = fields.TextField()  # the value as JSON, cut to a bounded length
    officer_id: fields.Field[UUID | None] = fields.UUIDField(null=True)

    class Meta:
        """created_at is the moment of the attempt."""

        table = "guide_deviation"
        indexes = (("created_at",),)


class LinkFinding(Record):
    """An address in a guide, and how it answered when it was asked last."""

    item: fields.ForeignKeyRelation[ServiceItem] = fields.ForeignKeyField(
        "models.ServiceItem", related_name="link_findings", on_delete=fields.OnDelete.RESTRICT
    )
    element = fields.CharField(120)
    url = fields.CharField(500)
    status = fields.IntField(null=True)
    fault = fields.CharField(200, default="", db_default="")  # empty: it answers, and is ours
    checked_at = fields.DatetimeField()

    class Meta:
        """One row per address of an element (this index also serves the foreign key)."""

        table = "link_finding"
        unique_together = (("item", "element", "url"),)


class CatalogueRevision(Model):
    """One row: raised by every transaction that changes what search may find."""

    name = fields.CharField(10, primary_key=True)
    revision = fields.BigIntField()

    class Meta:
        """The only row is named guides."""

        table = "catalogue_revision"


class GuideSourceRecord(Record):
    """The sender's own fields that our guides have no element for, word for word.

    Its id is that of the version they came with, or of the item if it is known by name only.
    They are no part of what is published, and not hashed.
    """

    source = fields.CharField(40)
    code = fields.CharField(80)
    record: fields.JSONField[dict[str, Any]] = fields.JSONField()
    changed_at = fields.DatetimeField()

    class Meta:
        """The newest of an item is the one that is exported."""

        table = "guide_source_record"
        indexes = (("source", "code"),)
