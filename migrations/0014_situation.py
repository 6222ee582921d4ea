"""A case keeps what its applicant answered to the questions of the guide."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0013_cases")]

    initial = False

    operations = [
        ops.AddField(
            model_name='Case',
            name='situation_sealed',
            field=fields.BinaryField(null=True),
        ),
    ]
