"""Windows that may be closed for a while."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('models', '0003_browser_sessions')]

    initial = False

    operations = [
        ops.AddField(
            model_name='ServiceWindow',
            name='is_open',
            field=fields.BooleanField(default=True, db_default=True),
        ),
    ]
