"""Cases whole: special procedures, extension, joint handling, lapses, drafts, sealed reasons."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models.identity import Role

STATES = (
    "draft filed returned_to_applicant pre_reviewed received correcting returned_uncorrected accepted "
    "not_accepted not_in_scope in_review suspended decided completed certificate_ready served "
    "archived withdrawn voided revoked"
)


def _add(name, field, model="Case"):
    return ops.AddField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    """Columns of cases and their events, the post of the head of an organ, events in order."""

    dependencies = [("models", "0012_clocks")]

    initial = False

    operations = [
        _add("immediate", fields.BooleanField(default=False, db_default=False)),
        _add("certificate", fields.BooleanField(default=False, db_default=False)),
        _add("links", fields.SmallIntField(default=0, db_default=0)),
        _add("link", fields.SmallIntField(null=True)),
        _add("lapse_on", fields.DateField(null=True)),
        _add("suspended_from", fields.CharField(null=True, max_length=32)),
        _add("special_no", fields.SmallIntField(default=0, db_default=0)),
        _add("special_open", fields.BooleanField(default=False, db_default=False)),
        _add("extended_days", fields.SmallIntField(default=0, db_default=0)),
        _add("supplement_asked", fields.BooleanField(default=False, db_default=False)),
        _add(
            "parent",
            fields.ForeignKeyField(
                "models.Case",
                source_field="parent_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name="parts",
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        _add("joint_kind", fields.CharField(null=True, max_length=16)),
        _add("parts_open", fields.SmallIntField(default=0, db_default=0)),
        _add("parts_uncommitted", fields.SmallIntField(default=0, db_default=0)),
        _add("committed", fields.BooleanField(default=False, db_default=False)),
        _add("agent_identity_id", fields.UUIDField(null=True)),
        _add("draft_saved_at", fields.DatetimeField(null=True)),
        _add("draft_reminders", fields.SmallIntField(default=0, db_default=0)),
        _add("draft_reminded_at", fields.DatetimeField(null=True)),
        _add("device", fields.CharField(null=True, max_length=80), "CaseEvent"),
        _add("reason_sealed", fields.BinaryField(null=True), "CaseEvent"),
        _add("mark", fields.CharField(null=True, max_length=80), "CaseEvent"),
        _add("order_key", fields.CharField(null=True, max_length=64), "OutboxMessage"),
        ops.RunSQL(
            f"""
            ALTER TABLE service_case
                ADD CONSTRAINT service_case_state CHECK (state IN ({", ".join(f"'{each}'" for each in STATES.split())})),
                ADD CONSTRAINT service_case_suspended CHECK ((state = 'suspended') <= (suspended_from IS NOT NULL)),
                ADD CONSTRAINT service_case_parts CHECK (parts_open >= 0 AND parts_uncommitted BETWEEN 0 AND parts_open),
                ADD CONSTRAINT service_case_own_parent CHECK (parent_id <> id);
            CREATE INDEX service_case_lapsing ON service_case (lapse_on) WHERE lapse_on IS NOT NULL;
            CREATE INDEX service_case_drafts ON service_case (draft_saved_at) WHERE state = 'draft';
            CREATE INDEX service_case_drafts_of ON service_case (identity_id) WHERE state = 'draft';
            CREATE INDEX case_event_by_time ON case_event USING brin (created_at);
            CREATE INDEX case_event_marked ON case_event (created_at) WHERE mark IS NOT NULL;
            UPDATE service_case SET draft_saved_at = now() WHERE state = 'draft';
            UPDATE service_case SET
                immediate = coalesce(version.content ->> 'case_type' = 'immediate', false),
                certificate = coalesce(version.content #>> '{{result,type}}' = 'certificate', false)
            FROM service_item_version AS version WHERE version.id = service_case.item_version_id;
            """
        ),
        ops.AlterField(
            model_name="Post",
            name="role",
            field=fields.CharEnumField(
                description='FRONT_DESK: front_desk\nBACK_OFFICE: back_office\nEXIT_WINDOW: exit_window\nDEPARTMENT_HEAD: department_head\nADMIN: admin\nEDITOR: editor\nREVIEWER: reviewer\nPUBLISHER: publisher\nSUPERVISOR: supervisor',
                enum_type=Role,
                max_length=32,
            ),
        ),
        ops.RunSQL(
            """
            ALTER TABLE post DROP CONSTRAINT post_role;
            ALTER TABLE post ADD CONSTRAINT post_role CHECK (role IN ('front_desk', 'back_office', 'exit_window', 'department_head', 'admin', 'editor', 'reviewer', 'publisher', 'supervisor'));
            """
        ),
        ops.RunSQL(
            """
            CREATE INDEX outbox_message_in_order ON outbox_message (order_key, id)
                WHERE order_key IS NOT NULL AND delivered_at IS NULL AND parked_at IS NULL;
            """
        ),
    ]
