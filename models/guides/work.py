"""Work on many guides at once, faults officers report, and the situations citizens have told us."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.base import Record


class BulkKind(StrEnum):
    """What is done to many drafts at once, or with one file."""

    SUBMIT = "submit"
    APPROVE = "approve"
    RELEASE = "release"
    DISCARD = "discard"
    LOOK_OVER = "look_over"
    IMPORT = "import"


class ReportState(StrEnum):
    """Where a reported fault stands."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class BulkJob(Record):
    """One order to do the same to many guides, and the post it was given in."""

    kind = fields.CharEnumField(BulkKind, max_length=32)
    officer_id = fields.UUIDField()
    post_id = fields.UUIDField()
    remark = fields.CharField(400, default="", db_default="")
    effective_on = fields.DateField(null=True)
    skip_faulty = fields.BooleanField(default=False, db_default=False)
    source = fields.CharField(40, default="", db_default="")
    file_name = fields.CharField(200, default="", db_default="")
    file = fields.BinaryField(null=True)  # handed on to the import, emptied by the next file
    total = fields.IntField(default=0, db_default=0)  # rows of a file: known while it is read
    outcome: fields.JSONField[dict[str, Any] | None] = fields.JSONField(null=True)  # of a file
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        """Shown to whoever gave it, newest first."""

        table = "bulk_job"
        indexes = (("officer_id", "created_at"),)


class BulkLine(Record):
    """One draft of an order: what became of it."""

    job: fields.ForeignKeyRelation[BulkJob] = fields.ForeignKeyField(
        "models.BulkJob", related_name="lines", on_delete=fields.OnDelete.RESTRICT
    )
    position = fields.IntField()
    version_id = fields.UUIDField()
    row_version = fields.IntField()
    name = fields.CharField(300)
    done = fields.BooleanField(default=False, db_default=False)
    refusal = fields.TextField(default="", db_default="")

    class Meta:
        """Each line has its place (this also serves as the index on the job)."""

        table = "bulk_line"
        unique_together = (("job", "position"),)


class GuideReport(Record):
    """A fault an officer has found in a guide, and what the editors say to it."""

    item_code = fields.CharField(80, db_index=True)
    item_name = fields.CharField(300)
    organ_code = fields.CharField(64, null=True)
    version_no = fields.IntField()
    element = fields.CharField(80, default="", db_default="")
    text = fields.TextField()
    reporter_id = fields.UUIDField(db_index=True)
    state = fields.CharEnumField(ReportState, max_length=32)
    answer = fields.TextField(default="", db_default="")
    answered_by: fields.Field[UUID | None] = fields.UUIDField(null=True)
    answered_at = fields.DatetimeField(null=True)
    closed_by: fields.Field[UUID | None] = fields.UUIDField(null=True)
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        """Open ones are looked through oldest first."""

        table = "guide_report"
        indexes = (("state", "created_at"),)


class ToldSituation(Record):
    """What a citizen answered in the questionnaire of a guide (情形引导), sealed."""

    account_id = fields.UUIDField()
    item_code = fields.CharField(80)
    answers_sealed = fields.BinaryField()
    changed_at = fields.DatetimeField()

    class Meta:
        """The last answers count."""

        table = "told_situation"
        unique_together = (("account_id", "item_code"),)
