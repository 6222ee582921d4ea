"""What staff add to the search's knowledge, unanswered questions, and a notice at each change."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from models.base import new_id
from models.guides.words import LineKind


class Migration(migrations.Migration):
    dependencies = [("models", "0010_supervision")]

    initial = False

    operations = [
        ops.CreateModel(
            name='KnowledgeLine',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('kind', fields.CharEnumField(description='SYNONYM: synonym\nLABEL: label\nSTOP_PHRASE: stop_phrase\nNOT_OURS: not_ours\nLIFE_EVENT: life_event', enum_type=LineKind, max_length=32)),
                ('phrase', fields.CharField(max_length=60)),
                ('content', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.CASCADE)),
                ('reason', fields.CharField(max_length=200)),
                ('officer', fields.ForeignKeyField('models.OfficerAccount', source_field='officer_id', db_index=True, db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('post', fields.ForeignKeyField('models.Post', source_field='post_id', db_index=True, db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('undone_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('undone_by', fields.ForeignKeyField('models.OfficerAccount', source_field='undone_by_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='lines_undone', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'knowledge_line', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One line staff have added to what search knows; taken back, never deleted.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='UnansweredQuestion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('asked_on', fields.DateField()),
                ('channel', fields.CharField(max_length=16)),
                ('reason', fields.CharField(max_length=16)),
                ('words_sealed', fields.BinaryField()),
                ('words_blind', fields.CharField(max_length=64)),
                ('alike_blind', fields.CharField(max_length=64)),
                ('times', fields.IntField()),
                ('last_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('put_aside_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'unanswered_question', 'app': 'models', 'unique_together': (('words_blind', 'asked_on', 'channel'),), 'pk_attr': 'id', 'table_description': 'Words search had no guide for, as often as they came on one day; kept for 30 days.'},
            bases=['Record'],
        ),
        ops.RunSQL(
            """
            CREATE UNIQUE INDEX knowledge_line_in_force ON knowledge_line (kind, phrase, coalesce(item_id, '00000000-0000-0000-0000-000000000000')) WHERE undone_at IS NULL;
            CREATE INDEX knowledge_line_newest ON knowledge_line (created_at DESC, id DESC);
            ALTER TABLE knowledge_line
                ADD CONSTRAINT knowledge_line_kind CHECK (kind IN ('synonym', 'label', 'stop_phrase', 'not_ours', 'life_event')),
                ADD CONSTRAINT knowledge_line_label_has_an_item CHECK ((kind = 'label') = (item_id IS NOT NULL)),
                ADD CONSTRAINT knowledge_line_undone CHECK ((undone_at IS NULL) = (undone_by_id IS NULL));

            CREATE INDEX unanswered_question_alike ON unanswered_question (alike_blind) WHERE put_aside_at IS NULL;
            CREATE INDEX unanswered_question_by_age ON unanswered_question (asked_on);
            ALTER TABLE unanswered_question ADD CONSTRAINT unanswered_question_was_asked CHECK (times >= 1);

            -- Every process keeps an index of its own: whoever changes what search may find tells all
            -- of them, with the commit. The trigger, so that no writer can forget to.
            CREATE FUNCTION tell_of_a_changed_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_notify('catalogue', NEW.revision::text);
                RETURN NULL;
            END
            $$;
            CREATE TRIGGER catalogue_revision_is_told
                AFTER INSERT OR UPDATE ON catalogue_revision
                FOR EACH ROW EXECUTE FUNCTION tell_of_a_changed_catalogue();
            """
        ),
    ]
