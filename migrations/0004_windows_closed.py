"""Windows that may be closed for a while."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

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
