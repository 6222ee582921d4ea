"""What became of papers: which one stands in, who set one aside, whether one was found harmful."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Of papers set aside before this, who did it and what stands in is not known."""

    dependencies = [("models", "0022_popularity")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Case", name="harm_found_at", field=fields.DatetimeField(null=True)
        ),
        ops.AddField(
            model_name="CaseMaterial", name="replaced_by", field=fields.UUIDField(null=True)
        ),
        ops.AddField(
            model_name="CaseMaterial",
            name="set_aside_by",
            field=fields.CharField(null=True, max_length=12),
        ),
        ops.RunSQL(
            """
            ALTER TABLE case_material
                ADD CONSTRAINT case_material_set_aside
                CHECK (
                    (replaced_at IS NOT NULL OR (replaced_by IS NULL AND set_aside_by IS NULL))
                    AND set_aside_by IN ('applicant', 'agent')
                );
            """
        ),
    ]
