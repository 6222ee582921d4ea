"""Questions and complaints, their answers, and their clock."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id


class Migration(migrations.Migration):
    """Consultations, what happened to them, and the answers everybody may read."""

    dependencies = [("models", "0018_prefill")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Consultation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('number', fields.CharField(unique=True, max_length=20)),
                ('once', fields.CharField(null=True, unique=True, max_length=64)),
                ('kind', fields.CharField(max_length=12)),
                ('about', fields.CharField(max_length=12)),
                ('title', fields.CharField(max_length=300)),
                ('item_code', fields.CharField(null=True, max_length=80)),
                ('case_id', fields.UUIDField(null=True)),
                ('hall_id', fields.UUIDField(null=True)),
                ('organ_id', fields.UUIDField()),
                ('account_id', fields.UUIDField(db_index=True)),
                ('identity_id', fields.UUIDField(null=True, db_index=True)),
                ('channel', fields.CharField(max_length=12)),
                ('state', fields.CharField(max_length=16)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_on', fields.DateField(null=True)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by', fields.UUIDField(null=True)),
                ('round', fields.SmallIntField(default=0, db_default=0)),
                ('followed_up', fields.BooleanField(default=False, db_default=False)),
                ('second_look', fields.BooleanField(default=False, db_default=False)),
                ('satisfied', fields.BooleanField(null=True)),
                ('last_seq', fields.IntField(default=0, db_default=0)),
            ],
            options={'table': 'consultation', 'app': 'models', 'indexes': [Index(fields=['organ_id', 'state', 'due_on']), Index(fields=['state', 'due_on'])], 'pk_attr': 'id', 'table_description': 'One question or complaint of one person. What was said stands sealed in its events.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ConsultationEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('consultation', fields.ForeignKeyField('models.Consultation', source_field='consultation_id', db_constraint=True, to_field='id', related_name='events', on_delete=OnDelete.RESTRICT)),
                ('seq', fields.IntField()),
                ('action', fields.CharField(max_length=24)),
                ('actor_kind', fields.CharField(max_length=12)),
                ('actor_id', fields.UUIDField(null=True)),
                ('post_id', fields.UUIDField(null=True)),
                ('channel', fields.CharField(max_length=12)),
                ('device', fields.CharField(null=True, max_length=80)),
                ('from_state', fields.CharField(null=True, max_length=16)),
                ('to_state', fields.CharField(max_length=16)),
                ('text_sealed', fields.BinaryField(null=True)),
                ('rule_version', fields.CharField(max_length=16)),
                ('facts', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'consultation_event', 'app': 'models', 'unique_together': (('consultation', 'seq'),), 'pk_attr': 'id', 'table_description': 'One thing that happened to a consultation; never changed, never removed.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='PublicAnswer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('consultation', fields.ForeignKeyField('models.Consultation', source_field='consultation_id', db_index=True, db_constraint=True, to_field='id', related_name='public_answers', on_delete=OnDelete.RESTRICT)),
                ('item_code', fields.CharField(null=True, db_index=True, max_length=80)),
                ('title', fields.CharField(max_length=300)),
                ('organ_id', fields.UUIDField()),
                ('state', fields.CharField(max_length=12)),
                ('proposed_sealed', fields.BinaryField()),
                ('question', fields.CharField(default='', db_default='', max_length=400)),
                ('answer', fields.TextField(default='', db_default='', unique=False)),
                ('proposed_by', fields.UUIDField()),
                ('decided_by', fields.UUIDField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(default='', db_default='', max_length=400)),
                ('faq_state', fields.CharField(max_length=12)),
                ('faq_by', fields.UUIDField(null=True)),
                ('faq_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('faq_version_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'public_answer', 'app': 'models', 'indexes': [Index(fields=['state', 'decided_at']), Index(fields=['organ_id', 'state'])], 'pk_attr': 'id', 'table_description': 'A question and its answer, rewritten without persons, proposed to be shown to everybody.'},
            bases=['Record'],
        ),
        ops.RunSQL(
            """
            ALTER TABLE consultation
                ADD CONSTRAINT consultation_kind CHECK (kind IN ('consult', 'complaint')),
                ADD CONSTRAINT consultation_about CHECK (about IN ('item', 'case', 'hall', 'nothing')),
                ADD CONSTRAINT consultation_state CHECK (state IN
                    ('submitted', 'assigned', 'answered', 'closed', 'withdrawn', 'referred')),
                ADD CONSTRAINT consultation_answered CHECK ((state = 'answered') <= (answered_at IS NOT NULL));
            ALTER TABLE public_answer
                ADD CONSTRAINT public_answer_state CHECK (state IN
                    ('proposed', 'returned', 'published', 'taken_down')),
                ADD CONSTRAINT public_answer_by_two CHECK (state <> 'published' OR decided_by <> proposed_by),
                ADD CONSTRAINT public_answer_faq CHECK (faq_state IN ('none', 'candidate', 'adopted', 'left_out'));
            CREATE UNIQUE INDEX public_answer_one_live ON public_answer (consultation_id)
                WHERE state IN ('proposed', 'published');
            CREATE INDEX public_answer_candidates ON public_answer (decided_at) WHERE faq_state = 'candidate';
            CREATE FUNCTION refuse_to_change_consultation_events() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'what happened to a consultation is never changed';
            END $$;
            CREATE TRIGGER consultation_event_is_append_only BEFORE UPDATE OR DELETE ON consultation_event
                FOR EACH ROW EXECUTE FUNCTION refuse_to_change_consultation_events();
            """
        ),
    ]
