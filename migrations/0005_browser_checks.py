"""Real-name checks begun at a page belong to that browser's session."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('models', '0004_windows_closed')]

    initial = False

    operations = [
        ops.AddField(
            model_name='VerificationAttempt',
            name='session_id',
            field=fields.UUIDField(null=True),
        ),
    ]
