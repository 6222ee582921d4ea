"""Real-name checks begun at a page belong to that browser's session."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

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
