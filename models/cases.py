"""Cases: what was filed, with which papers, and everything that happened to it."""

from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record


class Case(Record):
    """One matter of one applicant. The state is a projection of its events.

    A part of a joint case (协办件) is a case of its own with a parent, at another organ.
    """

    case_no = fields.CharField(22, unique=True)
    query_code_sealed = fields.BinaryField()
    query_code_blind = fields.CharField(64)
    item_version_id = fields.UUIDField()
    item_code = fields.CharField(31)
    item_name = fields.CharField(300)
    organ_id = fields.UUIDField()
    hall_id = fields.UUIDField()
    identity_id = fields.UUIDField()
    account_id = fields.UUIDField(null=True)  # none: begun at a window
    source = fields.CharField(12)
    state = fields.CharField(32)
    form_sealed = fields.BinaryField()
    form_version = fields.IntField(default=0, db_default=0)  # grows with every change of the form
    prefill_sealed = fields.BinaryField(null=True)  # what was proposed, from where, of which day
    situation_sealed = fields.BinaryField(null=True)  # what was answered to the guide's questions
    filed_at = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField(null=True)
    accepted_at = fields.DatetimeField(null=True)
    promised_on = fields.DateField(null=True)
    statutory_on = fields.DateField(null=True)
    provisional = fields.BooleanField(default=False, db_default=False)
    correction_round = fields.SmallIntField(default=0, db_default=0)
    correction_due_on = fields.DateField(null=True)
    decided_at = fields.DatetimeField(null=True)
    outcome = fields.CharField(20, null=True)
    completed_at = fields.DatetimeField(null=True)
    served_at = fields.DatetimeField(null=True)
    immediate = fields.BooleanField(default=False, db_default=False)  # 即办件
    certificate = fields.BooleanField(default=False, db_default=False)  # the result is one
    links = fields.SmallIntField(default=0, db_default=0)  # links of the review, by the guide
    # The promise told on filing, as the hall's region makes it; null: that of the guide's version.
    promised_value = fields.SmallIntField(null=True)
    promised_unit = fields.CharField(16, null=True)
    link = fields.SmallIntField(null=True)  # the one it stands at, from 0
    lapse_on = fields.DateField(null=True)  # last day of what ends the state by itself
    suspended_from = fields.CharField(32, null=True)
    special_no = fields.SmallIntField(default=0, db_default=0)
    special_open = fields.BooleanField(default=False, db_default=False)
    extended_days = fields.SmallIntField(default=0, db_default=0)
    supplement_asked = fields.BooleanField(default=False, db_default=False)
    parent: fields.ForeignKeyNullableRelation["Case"] = fields.ForeignKeyField(
        "models.Case", related_name="parts", null=True, on_delete=fields.RESTRICT, db_index=True
    )
    parent_id: UUID | None
    joint_kind = fields.CharField(16, null=True)
    parts_open = fields.SmallIntField(default=0, db_default=0)
    parts_uncommitted = fields.SmallIntField(default=0, db_default=0)
    committed = fields.BooleanField(default=False, db_default=False)
    deferred_open = fields.BooleanField(default=False, db_default=False)  # 容缺: papers to follow
    deferred_due_on = fields.DateField(null=True)  # and their last day; none once it is past
    agent_identity_id = fields.UUIDField(null=True)  # by a mandate handed over at a window
    harm_found_at = fields.DatetimeField(null=True)  # in a paper, by the virus scan, last
    draft_saved_at = fields.DatetimeField(null=True)
    draft_reminders = fields.SmallIntField(default=0, db_default=0)
    draft_reminded_at = fields.DatetimeField(null=True)
    last_seq = fields.IntField(default=0, db_default=0)

    class Meta:
        """Found by applicant, by the hall that handles it, and by the organ that decides it."""

        table = "service_case"
        indexes = (
            ("identity_id", "created_at"),
            ("hall_id", "state", "filed_at"),
            ("organ_id", "state", "filed_at"),
        )


class CaseEvent(Record):
    """One thing that happened to a case; never changed, never removed."""

    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="events", on_delete=fields.RESTRICT, db_index=False
    )
    seq = fields.IntField()
    action = fields.CharField(32)
    actor_kind = fields.CharField(12)
    actor_id = fields.UUIDField(null=True)
    post_id = fields.UUIDField(null=True)
    acting_for = fields.UUIDField(null=True)
    channel = fields.CharField(12)
    device = fields.CharField(80, null=True)
    from_state = fields.CharField(32, null=True)
    to_state = fields.CharField(32)
    reason = fields.TextField(null=True)  # as written before 2026.2; since then sealed
    reason_sealed = fields.BinaryField(null=True)
    legal_basis = fields.TextField(null=True)
    rule_version = fields.CharField(16)
    mark = fields.CharField(80, null=True)  # what supervision is shown
    facts: fields.JSONField[dict[str, Any]] = fields.JSONField()

    class Meta:
        """Events of a case are numbered without gaps."""

        table = "case_event"
        unique_together = (("case", "seq"),)


class StoredFile(Record):
    """The contents of one paper, sealed; known by its SHA-256."""

    public_name = fields.CharField(32, unique=True)
    identity_id = fields.UUIDField(db_index=True)
    state = fields.CharField(12, default="waiting", db_default="waiting")  # of the virus scan
    sha256 = fields.CharField(64)
    size_bytes = fields.IntField()
    media_type = fields.CharField(40)
    pages = fields.SmallIntField(null=True)
    content_sealed = fields.BinaryField(null=True)  # none: it lies in parts
    scan_at = fields.DatetimeField(null=True)  # when to try next; none: nothing to do
    scanned_at = fields.DatetimeField(null=True)
    finding = fields.CharField(120, null=True)  # what the scanner calls it

    class Meta:
        """Bytes of people's papers."""

        table = "stored_file"


class StoredFilePart(Record):
    """One part of a file that came in parts, sealed by itself."""

    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "models.StoredFile", related_name="parts", on_delete=fields.CASCADE, db_index=False
    )
    starts_at_byte = fields.IntField()
    size_bytes = fields.IntField()
    content_sealed = fields.BinaryField()

    class Meta:
        """Parts follow each other without gaps."""

        table = "stored_file_part"
        unique_together = (("file", "starts_at_byte"),)


class PaperUpload(Record):
    """A paper on its way in: how much of it is here, and until when it is waited for."""

    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="uploads", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: UUID
    identity_id = fields.UUIDField(db_index=True)
    requirement = fields.CharField(64)
    name_sealed = fields.BinaryField()
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "models.StoredFile", related_name="uploads", on_delete=fields.RESTRICT, unique=True
    )
    file_id: UUID
    received_bytes = fields.IntField(default=0, db_default=0)
    replaces = fields.UUIDField(null=True)
    expires_at = fields.DatetimeField(db_index=True)

    class Meta:
        """Open uploads only: it goes when the paper is handed in, given up or too late."""

        table = "paper_upload"


class CaseMaterial(Record):
    """One paper handed in with a case for one requirement of its guide."""

    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField(
        "models.Case", related_name="materials", on_delete=fields.RESTRICT, db_index=True
    )
    case_id: UUID
    requirement = fields.CharField(64)
    file: fields.ForeignKeyRelation[StoredFile] = fields.ForeignKeyField(
        "models.StoredFile", related_name="uses", on_delete=fields.RESTRICT, db_index=True
    )
    name_sealed = fields.BinaryField()
    handed_in_round = fields.SmallIntField()
    replaced_at = fields.DatetimeField(null=True)
    replaced_by = fields.UUIDField(null=True)  # the paper that stands in; none: taken back
    set_aside_by = fields.CharField(12, null=True)  # applicant or agent

    class Meta:
        """A requirement may be met by several papers; a replaced one is kept."""

        table = "case_material"


class CodeTrial(Record):
    """Wrong query codes tried by one asker, or on one case, and the lock they led to."""

    subject = fields.CharField(120, unique=True)
    wrong = fields.SmallIntField(default=0, db_default=0)
    since = fields.DatetimeField()
    locked_until = fields.DatetimeField(null=True)

    class Meta:
        """One row a subject."""

        table = "code_trial"
