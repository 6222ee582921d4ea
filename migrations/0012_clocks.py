"""Clocks: timers, the rungs they pass, the thresholds in force, the cards that fall."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id


class Migration(migrations.Migration):
    dependencies = [("models", "0011_search_knowledge")]

    initial = False

    operations = [
        ops.CreateModel(
            name='BusinessTimer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('subject_kind', fields.CharField(max_length=20)),
                ('subject_id', fields.UUIDField()),
                ('kind', fields.CharField(max_length=32)),
                ('no', fields.SmallIntField(default=0, db_default=0)),
                ('organ_id', fields.UUIDField(null=True)),
                ('anchor_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('calendar', fields.CharField(max_length=16)),
                ('calendar_version', fields.IntField()),
                ('budget_value', fields.IntField()),
                ('budget_unit', fields.CharField(max_length=16)),
                ('extensions', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('suspensions', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('consumed_seconds', fields.BigIntField(default=0, db_default=0)),
                ('running_since', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('fire_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('due_on', fields.DateField()),
                ('provisional', fields.BooleanField()),
                ('next_rung_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('next_rung_key', fields.CharField(null=True, max_length=16)),
                ('stopped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('voided', fields.BooleanField(default=False, db_default=False)),
                ('superseded_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'business_timer', 'app': 'models', 'indexes': [Index(fields=['subject_kind', 'subject_id'])], 'pk_attr': 'id', 'table_description': 'A deadline kept for a subject: its budget, what was added, its pauses, when it falls due.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Card',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('timer_id', fields.UUIDField()),
                ('rung_key', fields.CharField(max_length=16)),
                ('subject_kind', fields.CharField(max_length=20)),
                ('subject_id', fields.UUIDField()),
                ('organ_id', fields.UUIDField(null=True)),
                ('timer_kind', fields.CharField(max_length=32)),
                ('no', fields.SmallIntField(default=0, db_default=0)),
                ('level', fields.CharField(max_length=8)),
                ('passed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('detected_late', fields.BooleanField()),
                ('rule_version', fields.CharField(max_length=16)),
                ('description', fields.TextField(unique=False)),
                ('basis', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('state', fields.CharField(max_length=1)),
            ],
            options={'table': 'card', 'app': 'models', 'unique_together': (('timer_id', 'rung_key'),), 'indexes': [Index(fields=['subject_kind', 'subject_id']), Index(fields=['organ_id', 'passed_at'])], 'pk_attr': 'id', 'table_description': 'One card: which rung of which timer, when it truly fell, and why.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RungRule',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('timer_kind', fields.CharField(max_length=32)),
                ('rung_key', fields.CharField(max_length=16)),
                ('counted_by', fields.CharField(max_length=8)),
                ('over_days', fields.SmallIntField()),
                ('valid_from', fields.DateField()),
                ('version', fields.CharField(max_length=16)),
            ],
            options={'table': 'rung_rule', 'app': 'models', 'unique_together': (('timer_kind', 'valid_from', 'rung_key'),), 'pk_attr': 'id', 'table_description': 'A threshold: so many days over its budget, a timer of this kind passes this rung.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TimerRung',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('timer', fields.ForeignKeyField('models.BusinessTimer', source_field='timer_id', db_constraint=True, to_field='id', related_name='rungs', on_delete=OnDelete.RESTRICT)),
                ('rung_key', fields.CharField(max_length=16)),
                ('passed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('detected_late', fields.BooleanField()),
            ],
            options={'table': 'timer_rung', 'app': 'models', 'unique_together': (('timer', 'rung_key'),), 'pk_attr': 'id', 'table_description': 'A rung that a timer has passed: claimed once, in the transaction of everything it causes.'},
            bases=['Record'],
        ),
        ops.RunSQL(
            """
            ALTER TABLE business_timer
                ADD CONSTRAINT business_timer_unit CHECK (budget_unit IN ('working_day', 'working_hour', 'calendar_day', 'hour', 'minute', 'month', 'year')),
                ADD CONSTRAINT business_timer_budget CHECK (budget_value >= 0 AND consumed_seconds >= 0),
                ADD CONSTRAINT business_timer_rung CHECK ((next_rung_at IS NULL) = (next_rung_key IS NULL)),
                ADD CONSTRAINT business_timer_stopped CHECK (stopped_at IS NULL OR (running_since IS NULL AND fire_at IS NULL)),
                ADD CONSTRAINT business_timer_superseded CHECK (superseded_by IS NULL OR stopped_at IS NOT NULL);
            -- A subject has one live timer of a kind; what was superseded or stopped stays readable.
            CREATE UNIQUE INDEX business_timer_one_live ON business_timer (subject_kind, subject_id, kind, no)
                WHERE stopped_at IS NULL;
            -- Few timers are near a rung: what is looked for every few seconds must not grow with the city.
            CREATE INDEX business_timer_next_rung ON business_timer (next_rung_at) WHERE next_rung_at IS NOT NULL;
            -- Counted again when a calendar is published, in batches by id.
            CREATE INDEX business_timer_live ON business_timer (id) WHERE stopped_at IS NULL;
            ALTER TABLE rung_rule ADD CONSTRAINT rung_rule_counted_by CHECK (counted_by IN ('instant', 'day'));
            ALTER TABLE card
                ADD CONSTRAINT card_level CHECK (level IN ('warning', 'yellow', 'red')),
                ADD CONSTRAINT card_state CHECK (state IN ('D', 'Y', 'C', 'Q', 'B')),
                ADD CONSTRAINT card_of_a_timer FOREIGN KEY (timer_id) REFERENCES business_timer (id);
            CREATE FUNCTION refuse_to_change_passed_rungs() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a rung that was passed is never changed and never removed';
            END
            $$;
            CREATE TRIGGER timer_rung_is_append_only BEFORE UPDATE OR DELETE ON timer_rung
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_passed_rungs();
            """
        ),
    ]
