"""A case keeps the promise it was filed under, as its hall's region made it."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """The promise told on filing."""

    dependencies = [("models", "0020_windows")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Case", name="promised_value", field=fields.SmallIntField(null=True)
        ),
        ops.AddField(
            model_name="Case",
            name="promised_unit",
            field=fields.CharField(null=True, max_length=16),
        ),
        ops.RunSQL(
            """
            ALTER TABLE service_case
                ADD CONSTRAINT service_case_promised
                CHECK (promised_value >= 0 AND (promised_value IS NULL) = (promised_unit IS NULL));
            """
        ),
    ]
