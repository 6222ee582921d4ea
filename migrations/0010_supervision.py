"""Supervision: the channel matrix, tests and probes, alarms, former pages, the material baseline."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id
from models.supervision import (
    Channel,
    ExceptionState,
    FormerState,
    Measure,
    Offer,
    ProbeOutcome,
    Trial,
)


class Migration(migrations.Migration):
    dependencies = [("models", "0009_guide_work")]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChannelProbe',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('channel', fields.CharEnumField(description='CHAT: chat\nAPP: app\nMINI_PROGRAM: mini_program\nPORTAL: portal\nWINDOW: window\nTERMINAL: terminal\nHALL_SCREEN: hall_screen', enum_type=Channel, max_length=32)),
                ('outcome', fields.CharEnumField(description='SAME: same\nOTHER_VERSION: other_version\nNO_VERSION: no_version\nNO_ANSWER: no_answer', enum_type=ProbeOutcome, max_length=32)),
                ('served_version_no', fields.IntField(null=True)),
                ('served_hash8', fields.CharField(default='', db_default='', max_length=8)),
                ('true_version_no', fields.IntField()),
                ('true_hash8', fields.CharField(max_length=8)),
                ('detail', fields.CharField(default='', db_default='', max_length=400)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'channel_probe', 'app': 'models', 'unique_together': (('item_id', 'channel'),), 'pk_attr': 'id', 'table_description': 'What a channel served last when it was asked for an item like a citizen asks.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='FormerPage',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('address', fields.CharField(max_length=1000)),
                ('place', fields.CharField(unique=True, max_length=1000)),
                ('department', fields.CharField(max_length=120)),
                ('item_code', fields.CharField(default='', db_default='', max_length=80)),
                ('state', fields.CharEnumField(description='UNKNOWN: unknown\nREDIRECTED: redirected\nSTILL_LIVE: still_live\nDEAD: dead', enum_type=FormerState, max_length=32)),
                ('detail', fields.CharField(default='', db_default='', max_length=400)),
                ('status', fields.SmallIntField(null=True)),
                ('leads_to', fields.CharField(default='', db_default='', max_length=1000)),
                ('silent_times', fields.SmallIntField(default=0, db_default=0)),
                ('checked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('added_by', fields.UUIDField(null=True)),
                ('visits', fields.IntField(default=0, db_default=0)),
                ('visited_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'former_page', 'app': 'models', 'indexes': [Index(fields=['state', 'department']), Index(fields=['checked_at'])], 'pk_attr': 'id', 'table_description': 'A page a department kept of its own before there was one platform, and where it leads.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ItemChannel',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('variant_code', fields.CharField(max_length=80)),
                ('channel', fields.CharEnumField(description='CHAT: chat\nAPP: app\nMINI_PROGRAM: mini_program\nPORTAL: portal\nWINDOW: window\nTERMINAL: terminal\nHALL_SCREEN: hall_screen', enum_type=Channel, max_length=32)),
                ('book', fields.CharEnumField(description='LIVE: live\nNOT_OFFERED: not_offered\nNOT_YET: not_yet', enum_type=Offer, max_length=32)),
                ('query', fields.CharEnumField(description='LIVE: live\nNOT_OFFERED: not_offered\nNOT_YET: not_yet', enum_type=Offer, max_length=32)),
                ('file', fields.CharEnumField(description='LIVE: live\nNOT_OFFERED: not_offered\nNOT_YET: not_yet', enum_type=Offer, max_length=32)),
                ('handle', fields.CharEnumField(description='LIVE: live\nNOT_OFFERED: not_offered\nNOT_YET: not_yet', enum_type=Offer, max_length=32)),
                ('reason_if_not', fields.CharField(default='', db_default='', max_length=400)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'item_channel', 'app': 'models', 'unique_together': (('item_id', 'variant_code', 'channel'),), 'pk_attr': 'id', 'table_description': 'What one channel offers for one variant of an item, and why not what it does not.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ItemTest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('hall_code', fields.CharField(max_length=32)),
                ('trial', fields.CharEnumField(description='ENTER: enter\nBOOK: book\nQUERY: query\nFILE: file\nHANDLE: handle', enum_type=Trial, max_length=32)),
                ('passed', fields.BooleanField()),
                ('fault', fields.CharField(default='', db_default='', max_length=60)),
                ('detail', fields.CharField(default='', db_default='', max_length=400)),
                ('version_id', fields.UUIDField()),
                ('tested_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'item_test', 'app': 'models', 'unique_together': (('item_id', 'hall_code', 'trial'),), 'pk_attr': 'id', 'table_description': 'How the last test of one thing, of one item in one hall, went (hall "": of no hall).'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ItemTestChange',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('hall_code', fields.CharField(max_length=32)),
                ('trial', fields.CharEnumField(description='ENTER: enter\nBOOK: book\nQUERY: query\nFILE: file\nHANDLE: handle', enum_type=Trial, max_length=32)),
                ('passed', fields.BooleanField()),
                ('fault', fields.CharField(default='', db_default='', max_length=60)),
                ('detail', fields.CharField(default='', db_default='', max_length=400)),
                ('version_id', fields.UUIDField()),
            ],
            options={'table': 'item_test_change', 'app': 'models', 'indexes': [Index(fields=['item_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'A test that went otherwise than the one before; never changed, never removed.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='MaterialFreeze',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('frozen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('frozen_by', fields.UUIDField(null=True)),
                ('item_ids', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('materials', fields.IntField()),
                ('rows_hash', fields.CharField(max_length=64)),
            ],
            options={'table': 'material_freeze', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The one moment at which the materials demanded were written down (材料基线).'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='MaterialBaseline',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('freeze', fields.ForeignKeyField('models.MaterialFreeze', source_field='freeze_id', db_constraint=True, to_field='id', related_name='rows', on_delete=OnDelete.RESTRICT)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('item_name', fields.CharField(max_length=300)),
                ('department', fields.CharField(max_length=120)),
                ('version_no', fields.IntField()),
                ('hash8', fields.CharField(max_length=8)),
                ('requirement', fields.CharField(max_length=64)),
                ('name', fields.CharField(max_length=400)),
                ('facts', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'material_baseline', 'app': 'models', 'unique_together': (('freeze', 'item_id', 'requirement'),), 'pk_attr': 'id', 'table_description': 'One material an item demanded of its applicant when the baseline was frozen.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ParityAlarm',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('item_name', fields.CharField(max_length=300)),
                ('channel', fields.CharEnumField(description='CHAT: chat\nAPP: app\nMINI_PROGRAM: mini_program\nPORTAL: portal\nWINDOW: window\nTERMINAL: terminal\nHALL_SCREEN: hall_screen', enum_type=Channel, max_length=32)),
                ('outcome', fields.CharEnumField(description='SAME: same\nOTHER_VERSION: other_version\nNO_VERSION: no_version\nNO_ANSWER: no_answer', enum_type=ProbeOutcome, max_length=32)),
                ('served_version_no', fields.IntField(null=True)),
                ('served_hash8', fields.CharField(default='', db_default='', max_length=8)),
                ('true_version_no', fields.IntField()),
                ('true_hash8', fields.CharField(max_length=8)),
                ('detail', fields.CharField(default='', db_default='', max_length=400)),
                ('seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('times', fields.IntField(default=1, db_default=1)),
                ('noted_by', fields.UUIDField(null=True)),
                ('noted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('note', fields.CharField(default='', db_default='', max_length=1000)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'parity_alarm', 'app': 'models', 'indexes': [Index(fields=['closed_at', 'created_at'])], 'pk_attr': 'id', 'table_description': 'A channel serves something else than the version in force; open until it agrees again.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RateException',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item_id', fields.UUIDField()),
                ('item_code', fields.CharField(max_length=80)),
                ('item_name', fields.CharField(max_length=300)),
                ('measure', fields.CharEnumField(description='ENTRY: entry\nONLINE: online\nBOOKABLE: bookable\nMATERIALS: materials', enum_type=Measure, max_length=32)),
                ('reason', fields.CharField(max_length=1000)),
                ('valid_to', fields.DateField(null=True)),
                ('state', fields.CharEnumField(description='ASKED: asked\nAPPROVED: approved\nREFUSED: refused\nENDED: ended', enum_type=ExceptionState, max_length=32)),
                ('asked_by', fields.UUIDField()),
                ('decided_by', fields.UUIDField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decision_note', fields.CharField(default='', db_default='', max_length=1000)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'rate_exception', 'app': 'models', 'indexes': [Index(fields=['state', 'created_at'])], 'pk_attr': 'id', 'table_description': 'An item excepted from a rate, with the reason; two persons, one asks, another decides.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RateTarget',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('measure', fields.CharEnumField(description='ENTRY: entry\nONLINE: online\nBOOKABLE: bookable\nMATERIALS: materials', enum_type=Measure, max_length=32)),
                ('permille', fields.SmallIntField()),
                ('due_on', fields.DateField()),
                ('source', fields.CharField(default='', db_default='', max_length=200)),
            ],
            options={'table': 'rate_target', 'app': 'models', 'unique_together': (('measure', 'due_on'),), 'pk_attr': 'id', 'table_description': 'What share of the items a rate must reach by a day, in thousandths (dated policy).'},
            bases=['Record'],
        ),
        ops.RunSQL(
            """
            ALTER TABLE item_test ADD CONSTRAINT item_test_says_why CHECK (passed = (fault = ''));
            CREATE INDEX item_test_by_hall ON item_test (hall_code, trial) WHERE passed;
            CREATE INDEX item_test_failing ON item_test (trial, item_code) WHERE NOT passed;
            CREATE FUNCTION refuse_to_change_test_history() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'how tests went is never changed and never removed';
            END
            $$;
            CREATE TRIGGER item_test_change_is_append_only BEFORE UPDATE OR DELETE ON item_test_change
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_test_history();
            """
        ),
        ops.RunSQL(
            """
            ALTER TABLE rate_target ADD CONSTRAINT rate_target_is_a_share CHECK (permille BETWEEN 0 AND 1000);
            INSERT INTO rate_target (id, created_at, measure, permille, due_on, source) VALUES
                (gen_random_uuid(), now(), 'online', 700, '2018-12-31', '工作方案第9项'),
                (gen_random_uuid(), now(), 'online', 900, '2019-12-31', '工作方案第9项'),
                (gen_random_uuid(), now(), 'entry', 700, '2018-12-31', '工作方案第20项'),
                (gen_random_uuid(), now(), 'entry', 900, '2019-12-31', '工作方案第20项（基本全部进驻）'),
                (gen_random_uuid(), now(), 'materials', 300, '2018-12-31', '工作方案第33项'),
                (gen_random_uuid(), now(), 'materials', 600, '2019-12-31', '工作方案第34项');
            ALTER TABLE rate_exception
                ADD CONSTRAINT rate_exception_two_persons CHECK (decided_by <> asked_by),
                ADD CONSTRAINT rate_exception_decided
                    CHECK ((state IN ('approved', 'refused')) <= (decided_by IS NOT NULL)),
                ADD CONSTRAINT rate_exception_has_a_reason CHECK (length(trim(reason)) > 0);
            CREATE UNIQUE INDEX rate_exception_one_live ON rate_exception (item_id, measure)
                WHERE state IN ('asked', 'approved');
            """
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX parity_alarm_one_open ON parity_alarm (item_id, channel) WHERE closed_at IS NULL;
            """
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX material_freeze_only_once ON material_freeze ((true));
            CREATE FUNCTION refuse_to_thaw_the_baseline() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the baseline of materials is frozen once and never changed';
            END
            $$;
            CREATE TRIGGER material_freeze_is_frozen BEFORE UPDATE OR DELETE ON material_freeze
                FOR EACH ROW EXECUTE FUNCTION refuse_to_thaw_the_baseline();
            CREATE TRIGGER material_baseline_is_frozen BEFORE UPDATE OR DELETE ON material_baseline
                FOR EACH ROW EXECUTE FUNCTION refuse_to_thaw_the_baseline();
            """
        ),
    ]
