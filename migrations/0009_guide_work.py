"""Bulk work of the editors, faults officers report, situations citizens told us."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id
from models.guides.work import BulkKind, ReportState


class Migration(migrations.Migration):
    dependencies = [("models", "0008_guide_files")]

    initial = False

    operations = [
        ops.CreateModel(
            name='BulkJob',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('kind', fields.CharEnumField(description='SUBMIT: submit\nAPPROVE: approve\nRELEASE: release\nDISCARD: discard\nLOOK_OVER: look_over\nIMPORT: import', enum_type=BulkKind, max_length=32)),
                ('officer_id', fields.UUIDField()),
                ('post_id', fields.UUIDField()),
                ('remark', fields.CharField(default='', db_default='', max_length=400)),
                ('effective_on', fields.DateField(null=True)),
                ('skip_faulty', fields.BooleanField(default=False, db_default=False)),
                ('source', fields.CharField(default='', db_default='', max_length=40)),
                ('file_name', fields.CharField(default='', db_default='', max_length=200)),
                ('file', fields.BinaryField(null=True)),
                ('total', fields.IntField(default=0, db_default=0)),
                ('outcome', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'bulk_job', 'app': 'models', 'indexes': [Index(fields=['officer_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'One order to do the same to many guides, and the post it was given in.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='BulkLine',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('job', fields.ForeignKeyField('models.BulkJob', source_field='job_id', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('position', fields.IntField()),
                ('version_id', fields.UUIDField()),
                ('row_version', fields.IntField()),
                ('name', fields.CharField(max_length=300)),
                ('done', fields.BooleanField(default=False, db_default=False)),
                ('refusal', fields.TextField(default='', db_default='', unique=False)),
            ],
            options={'table': 'bulk_line', 'app': 'models', 'unique_together': (('job', 'position'),), 'pk_attr': 'id', 'table_description': 'One draft of an order: what became of it.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='GuideReport',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_code', fields.CharField(db_index=True, max_length=80)),
                ('item_name', fields.CharField(max_length=300)),
                ('organ_code', fields.CharField(null=True, max_length=64)),
                ('version_no', fields.IntField()),
                ('element', fields.CharField(default='', db_default='', max_length=80)),
                ('text', fields.TextField(unique=False)),
                ('reporter_id', fields.UUIDField(db_index=True)),
                ('state', fields.CharEnumField(description='OPEN: open\nANSWERED: answered\nCLOSED: closed', enum_type=ReportState, max_length=32)),
                ('answer', fields.TextField(default='', db_default='', unique=False)),
                ('answered_by', fields.UUIDField(null=True)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by', fields.UUIDField(null=True)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'guide_report', 'app': 'models', 'indexes': [Index(fields=['state', 'created_at'])], 'pk_attr': 'id', 'table_description': 'A fault an officer has found in a guide, and what the editors say to it.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ToldSituation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('account_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('answers_sealed', fields.BinaryField()),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'told_situation', 'app': 'models', 'unique_together': (('account_id', 'item_code'),), 'pk_attr': 'id', 'table_description': 'What a citizen answered in the questionnaire of a guide (情形引导), sealed.'},
            bases=['Record'],
        ),
        ops.RunSQL(
            """
            ALTER TABLE bulk_job ADD CONSTRAINT bulk_job_total CHECK (total >= 0);
            ALTER TABLE guide_report
                ADD CONSTRAINT guide_report_answered CHECK ((state = 'open') = (answered_at IS NULL)),
                ADD CONSTRAINT guide_report_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL));
            """
        ),
    ]
