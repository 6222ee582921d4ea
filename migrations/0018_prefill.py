"""A form tells where each of its answers came from, and how often it was saved."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """What was proposed to the applicant, and the version two devices agree on."""

    dependencies = [("models", "0017_uploads")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Case",
            name="form_version",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Case",
            name="prefill_sealed",
            field=fields.BinaryField(null=True),
        ),
        ops.RunSQL(
            "ALTER TABLE service_case ADD CONSTRAINT service_case_form_version"
            " CHECK (form_version >= 0)"
        ),
    ]
