"""A case may be taken at a window, and accepted while papers are still to come; cards, appealed."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.base import new_id


class Migration(migrations.Migration):
    """Papers to follow and their last day; a window filing has no account; steps of appeals."""

    dependencies = [("models", "0019_consultations")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Case",
            name="deferred_open",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Case",
            name="deferred_due_on",
            field=fields.DateField(null=True),
        ),
        ops.AlterField(
            model_name="Case",
            name="account_id",
            field=fields.UUIDField(null=True),
        ),
        ops.CreateModel(
            name="CardStep",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("card_id", fields.UUIDField()),
                ("seq", fields.SmallIntField()),
                ("action", fields.CharField(max_length=12)),
                ("officer_id", fields.UUIDField()),
                ("post_id", fields.UUIDField()),
                ("text_sealed", fields.BinaryField()),
            ],
            options={
                "table": "card_step",
                "app": "models",
                "unique_together": (("card_id", "seq"),),
                "pk_attr": "id",
                "table_description": "One step of a card's appeal: by the organ's head, or by a"
                " supervisor. Never changed.",
            },
            bases=["Record"],
        ),
        ops.RunSQL(
            """
            CREATE FUNCTION refuse_to_change_card_steps() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'what was said about a card is never changed and never removed';
            END
            $$;
            CREATE TRIGGER card_step_is_append_only BEFORE UPDATE OR DELETE ON card_step
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_card_steps();
            CREATE INDEX service_case_window_draft ON service_case (hall_id, id)
                WHERE state = 'draft' AND source = 'window';
            ALTER TABLE service_case ADD CONSTRAINT service_case_account_or_window
                CHECK (account_id IS NOT NULL OR source IN ('window', 'dept_system'));
            ALTER TABLE service_case ADD CONSTRAINT service_case_deferred_due
                CHECK (deferred_open OR deferred_due_on IS NULL)
            """
        ),
    ]
