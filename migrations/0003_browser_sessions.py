"""Sessions of browsers: the hash of a cookie."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('models', '0002_constraints')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Session',
            name='browser_hash',
            field=fields.CharField(null=True, unique=True, max_length=64),
        ),
    ]
