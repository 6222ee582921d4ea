"""What came with guides from outside and has no element of ours."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id


class Migration(migrations.Migration):
    dependencies = [("models", "0007_catalogue")]

    initial = False

    operations = [
        ops.CreateModel(
            name='GuideSourceRecord',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('source', fields.CharField(max_length=40)),
                ('code', fields.CharField(max_length=80)),
                ('record', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'guide_source_record', 'app': 'models', 'indexes': [Index(fields=['source', 'code'])], 'pk_attr': 'id', 'table_description': "The sender's own fields that our guides have no element for, word for word."},
            bases=['Record'],
        ),
    ]
