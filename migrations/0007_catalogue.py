"""Three layers, the life of a version, and what regions say of their own."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.base import new_id
from models.guides import EntryState, ItemState, LinkKind, VersionState
from models.identity import Role


class Migration(migrations.Migration):
    dependencies = [("models", "0006_hall_positions")]

    initial = False

    operations = [
        ops.CreateModel(
            name='CatalogEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('catalog_code', fields.CharField(unique=True, max_length=40)),
                ('local_catalog_code', fields.CharField(default='', db_default='', max_length=64)),
                ('parent_code', fields.CharField(null=True, max_length=40)),
                ('name', fields.CharField(max_length=300)),
                ('item_type', fields.CharField(max_length=8)),
                ('legal_basis', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('exercise_levels', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('state', fields.CharEnumField(description='IN_FORCE: in_force\nCANCELLED: cancelled', enum_type=EntryState, max_length=32)),
                ('version_no', fields.IntField(default=1, db_default=1)),
                ('plan_effective_on', fields.DateField(null=True)),
                ('plan_cancel_on', fields.DateField(null=True)),
                ('central_dept', fields.CharField(default='', db_default='', max_length=120)),
                ('has_child', fields.BooleanField(default=False, db_default=False)),
                ('is_handle', fields.BooleanField(default=True, db_default=True)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'catalog_entry', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One entry of the basic catalogue (基本目录): what authorities may do, whoever does it.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='CatalogEntryEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('entry', fields.ForeignKeyField('models.CatalogEntry', source_field='entry_id', db_index=True, db_constraint=True, to_field='id', related_name='events', on_delete=OnDelete.RESTRICT)),
                ('action', fields.CharField(max_length=32)),
                ('before', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('after', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('officer_id', fields.UUIDField(null=True)),
                ('post_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'catalog_entry_event', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What was changed in the basic catalogue, by whom. Only ever added to.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='GuideDeviation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', db_index=True, db_constraint=True, to_field='id', related_name='deviations', on_delete=OnDelete.RESTRICT)),
                ('region_code', fields.CharField(max_length=12)),
                ('path', fields.CharField(max_length=120)),
                ('why', fields.TextField(unique=False)),
                ('wanted', fields.TextField(unique=False)),
                ('officer_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'guide_deviation', 'app': 'models', 'indexes': [Index(fields=['created_at'])], 'pk_attr': 'id', 'table_description': 'A region wanted to say something else than the standard; it was refused and noted here.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='LinkFinding',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', db_constraint=True, to_field='id', related_name='link_findings', on_delete=OnDelete.RESTRICT)),
                ('element', fields.CharField(max_length=120)),
                ('url', fields.CharField(max_length=500)),
                ('status', fields.IntField(null=True)),
                ('fault', fields.CharField(default='', db_default='', max_length=200)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'link_finding', 'app': 'models', 'unique_together': (('item', 'element', 'url'),), 'pk_attr': 'id', 'table_description': 'An address in a guide, and how it answered when it was asked last.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RegionGuide',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', db_constraint=True, to_field='id', related_name='regions', on_delete=OnDelete.RESTRICT)),
                ('region_code', fields.CharField(max_length=12)),
                ('organ_code', fields.CharField(null=True, max_length=64)),
                ('overrides', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('row_version', fields.IntField(default=1, db_default=1)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('changed_by', fields.UUIDField(null=True)),
            ],
            options={'table': 'region_guide', 'app': 'models', 'unique_together': (('item', 'region_code'),), 'pk_attr': 'id', 'table_description': "A region carries an item out (认领): the city's guide, with some words of its own."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='RegionGuideEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', db_index=True, db_constraint=True, to_field='id', related_name='region_events', on_delete=OnDelete.RESTRICT)),
                ('region_code', fields.CharField(max_length=12)),
                ('action', fields.CharField(max_length=32)),
                ('before', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('after', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('officer_id', fields.UUIDField(null=True)),
                ('post_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'region_guide_event', 'app': 'models', 'pk_attr': 'id', 'table_description': 'What a region changed of its own guide. Only ever added to.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='VersionLife',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('source', fields.CharField(max_length=40)),
                ('code', fields.CharField(max_length=80)),
                ('item', fields.ForeignKeyField('models.ServiceItem', source_field='item_id', null=True, db_index=True, db_constraint=True, to_field='id', related_name='lives', on_delete=OnDelete.RESTRICT)),
                ('item_name', fields.CharField(max_length=300)),
                ('department', fields.CharField(max_length=120)),
                ('organ_code', fields.CharField(null=True, db_index=True, max_length=64)),
                ('list_id', fields.CharField(null=True, max_length=64)),
                ('main_item', fields.CharField(default='', db_default='', max_length=300)),
                ('type_name', fields.CharField(default='', db_default='', max_length=40)),
                ('state', fields.CharEnumField(description='DRAFT: draft\nIN_REVIEW: in_review\nAPPROVED: approved\nPUBLISHED: published\nSUSPENDED: suspended\nSUPERSEDED: superseded\nCANCELLED: cancelled\nDISCARDED: discarded', enum_type=VersionState, max_length=32)),
                ('content', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('content_hash', fields.CharField(max_length=64)),
                ('row_version', fields.IntField(default=1, db_default=1)),
                ('base_version_id', fields.UUIDField(null=True)),
                ('plan_effective_on', fields.DateField(null=True)),
                ('released', fields.BooleanField(default=False, db_default=False)),
                ('plan_cancel_on', fields.DateField(null=True)),
                ('suspended_until', fields.DateField(null=True)),
                ('reason', fields.TextField(default='', db_default='', unique=False)),
                ('basis', fields.TextField(default='', db_default='', unique=False)),
                ('editor_id', fields.UUIDField(null=True)),
                ('reviewer_id', fields.UUIDField(null=True)),
                ('publisher_id', fields.UUIDField(null=True)),
                ('submitted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('approved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('published_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('changed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'version_life', 'app': 'models', 'pk_attr': 'id', 'table_description': "Where a version stands (版本流转); its id becomes the version's own at publication."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ItemLink',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('kind', fields.CharEnumField(description='SPLIT_FROM: split_from\nMERGED_FROM: merged_from', enum_type=LinkKind, max_length=32)),
                ('version', fields.ForeignKeyField('models.VersionLife', source_field='version_id', db_constraint=True, to_field='id', related_name='origins', on_delete=OnDelete.RESTRICT)),
                ('from_item', fields.ForeignKeyField('models.ServiceItem', source_field='from_item_id', db_index=True, db_constraint=True, to_field='id', related_name='offspring', on_delete=OnDelete.RESTRICT)),
                ('from_version_id', fields.UUIDField()),
            ],
            options={'table': 'item_link', 'app': 'models', 'unique_together': (('version', 'from_item'),), 'pk_attr': 'id', 'table_description': 'A draft that came out of splitting or merging items (拆分、合并).'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='VersionEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('version', fields.ForeignKeyField('models.VersionLife', source_field='version_id', db_index=True, db_constraint=True, to_field='id', related_name='events', on_delete=OnDelete.RESTRICT)),
                ('source', fields.CharField(max_length=40)),
                ('code', fields.CharField(max_length=80)),
                ('action', fields.CharField(max_length=32)),
                ('from_state', fields.CharField(null=True, max_length=32)),
                ('to_state', fields.CharField(max_length=32)),
                ('officer_id', fields.UUIDField(null=True)),
                ('post_id', fields.UUIDField(null=True)),
                ('reason', fields.TextField(default='', db_default='', unique=False)),
                ('basis', fields.TextField(default='', db_default='', unique=False)),
                ('rule_version', fields.CharField(max_length=16)),
                ('facts', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'version_event', 'app': 'models', 'indexes': [Index(fields=['source', 'code'])], 'pk_attr': 'id', 'table_description': 'What happened to a version: who, when, from where to where, and why. Only ever added to.'},
            bases=['Record'],
        ),
        ops.AlterField(
            model_name='Post',
            name='role',
            field=fields.CharEnumField(description='FRONT_DESK: front_desk\nBACK_OFFICE: back_office\nEXIT_WINDOW: exit_window\nADMIN: admin\nEDITOR: editor\nREVIEWER: reviewer\nPUBLISHER: publisher\nSUPERVISOR: supervisor', enum_type=Role, max_length=32),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='catalog_code',
            field=fields.CharField(null=True, max_length=40),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='state',
            field=fields.CharEnumField(default=ItemState.IN_FORCE, description='IN_FORCE: in_force\nSUSPENDED: suspended\nCANCELLED: cancelled', db_default='in_force', enum_type=ItemState, max_length=32),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='state_reason',
            field=fields.TextField(default='', db_default='', unique=False),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='state_until',
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='successors',
            field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name='ServiceItem',
            name='region_words',
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.RunSQL(
            """
            ALTER TABLE post DROP CONSTRAINT post_role;
            ALTER TABLE post ADD CONSTRAINT post_role CHECK (role IN ('front_desk', 'back_office', 'exit_window', 'admin', 'editor', 'reviewer', 'publisher', 'supervisor'));
            """
        ),
        ops.RunSQL(
            """
            ALTER TABLE catalog_entry
                ADD CONSTRAINT catalog_entry_state CHECK (state IN ('in_force', 'cancelled')),
                ADD CONSTRAINT catalog_entry_version CHECK (version_no >= 1);

            ALTER TABLE service_item
                ADD CONSTRAINT service_item_state CHECK (state IN ('in_force', 'suspended', 'cancelled')),
                ADD CONSTRAINT service_item_only_a_guide_ends CHECK (state = 'in_force' OR current_version_id IS NOT NULL),
                ADD CONSTRAINT service_item_until CHECK (state_until IS NULL OR state = 'suspended');
            CREATE INDEX service_item_by_catalog_code ON service_item (catalog_code);

            ALTER TABLE version_life
                ADD CONSTRAINT version_life_state CHECK (state IN ('draft', 'in_review', 'approved', 'published', 'suspended', 'superseded', 'cancelled', 'discarded')),
                ADD CONSTRAINT version_life_hash CHECK (content_hash ~ '^[0-9a-f]{64}$'),
                -- The paper lies here while it may change; what was published lies in service_item_version.
                ADD CONSTRAINT version_life_content CHECK ((content IS NOT NULL) = (state IN ('draft', 'in_review', 'approved', 'discarded'))),
                ADD CONSTRAINT version_life_published CHECK ((published_at IS NOT NULL) = (state IN ('published', 'suspended', 'superseded', 'cancelled'))),
                ADD CONSTRAINT version_life_of_an_item CHECK (published_at IS NULL OR item_id IS NOT NULL),
                ADD CONSTRAINT version_life_two_people CHECK (reviewer_id <> editor_id),
                ADD CONSTRAINT version_life_released CHECK (NOT released OR state NOT IN ('draft', 'in_review')),
                ADD CONSTRAINT version_life_until CHECK (suspended_until IS NULL OR state = 'suspended');
            CREATE UNIQUE INDEX version_life_one_open ON version_life (source, code) WHERE state IN ('draft', 'in_review', 'approved');
            CREATE UNIQUE INDEX version_life_one_in_force ON version_life (item_id) WHERE state IN ('published', 'suspended');
            CREATE INDEX version_life_by_code ON version_life (source, code);
            CREATE INDEX version_life_open ON version_life (changed_at DESC, id) WHERE state IN ('draft', 'in_review', 'approved');
            -- What the clock must turn is looked for every minute: few rows at any time.
            CREATE INDEX version_life_to_publish ON version_life (plan_effective_on) WHERE state = 'approved' AND released;
            CREATE INDEX version_life_to_cancel ON version_life (plan_cancel_on) WHERE state IN ('published', 'suspended') AND plan_cancel_on IS NOT NULL;
            CREATE INDEX version_life_to_resume ON version_life (suspended_until) WHERE state = 'suspended';

            CREATE FUNCTION refuse_to_rewrite_the_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'what happened to a guide is never changed and never removed';
            END
            $$;
            CREATE TRIGGER version_event_is_append_only BEFORE UPDATE OR DELETE ON version_event
                FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_catalogue();
            CREATE TRIGGER catalog_entry_event_is_append_only BEFORE UPDATE OR DELETE ON catalog_entry_event
                FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_catalogue();
            CREATE TRIGGER region_guide_event_is_append_only BEFORE UPDATE OR DELETE ON region_guide_event
                FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_catalogue();
            CREATE TRIGGER guide_deviation_is_append_only BEFORE UPDATE OR DELETE ON guide_deviation
                FOR EACH ROW EXECUTE FUNCTION refuse_to_rewrite_the_catalogue();

            ALTER TABLE item_link ADD CONSTRAINT item_link_kind CHECK (kind IN ('split_from', 'merged_from'));
            ALTER TABLE region_guide
                ADD CONSTRAINT region_guide_region CHECK (region_code ~ '^[0-9]{12}$'),
                ADD CONSTRAINT region_guide_overrides CHECK (jsonb_typeof(overrides) = 'object');
            """
        ),
        ops.RunSQL(
            """
            -- Guides published before versions had a life: each stands where it stands now.
            INSERT INTO version_life (id, created_at, source, code, item_id, item_name, department, organ_code,
                                      list_id, main_item, type_name, state, content_hash, published_at, changed_at)
            SELECT version.id, version.created_at, item.source, item.code, item.id, item.name, item.department,
                   item.organ_code, item.list_id, item.main_item, item.type_name,
                   CASE WHEN item.current_version_id = version.id THEN 'published' ELSE 'superseded' END,
                   version.content_hash, version.published_at, version.published_at
            FROM service_item_version version JOIN service_item item ON item.id = version.item_id;

            UPDATE service_item SET catalog_code = substr(code, 20, 12)
            WHERE kind = 'full' AND code ~ '^[0-9A-HJ-NP-RTUW-Y]{18}[1-7][0-9]{12}$';

            INSERT INTO catalog_entry (id, created_at, changed_at, catalog_code, name, item_type, legal_basis,
                                       exercise_levels, state, central_dept)
            SELECT DISTINCT ON (item.catalog_code)
                   gen_random_uuid(), item.created_at, item.changed_at, item.catalog_code, item.name,
                   version.content ->> 'item_type', coalesce(version.content -> 'legal_basis', '[]'),
                   jsonb_build_array(version.content ->> 'exercise_level'), 'in_force', item.department
            FROM service_item item JOIN service_item_version version ON version.id = item.current_version_id
            WHERE item.catalog_code IS NOT NULL
            ORDER BY item.catalog_code, item.code;
            """
        ),
    ]
