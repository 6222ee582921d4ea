"""Papers come in parts, are scanned before anybody reads them, and are kept under random names."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models.base import new_id

_NAME = "replace(gen_random_uuid()::text, '-', '')"


def _add(name, field, model="StoredFile"):
    return ops.AddField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    """What came in before this is scanned now, and has a name that tells nothing."""

    dependencies = [("models", "0016_housekeeping")]

    initial = False

    operations = [
        _add("public_name", fields.CharField(null=True, max_length=32)),
        _add("state", fields.CharField(default="waiting", db_default="waiting", max_length=12)),
        _add("pages", fields.SmallIntField(null=True)),
        _add("scan_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        _add("scanned_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
        _add("finding", fields.CharField(null=True, max_length=120)),
        ops.RunSQL(f"UPDATE stored_file SET public_name = {_NAME}, scan_at = now()"),
        ops.AlterField(
            model_name="StoredFile",
            name="public_name",
            field=fields.CharField(unique=True, max_length=32),
        ),
        ops.AlterField(
            model_name="StoredFile", name="content_sealed", field=fields.BinaryField(null=True)
        ),
        ops.CreateModel(
            name="StoredFilePart",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("file", fields.ForeignKeyField("models.StoredFile", source_field="file_id", db_constraint=True, to_field="id", related_name="parts", on_delete=OnDelete.CASCADE)),
                ("starts_at_byte", fields.IntField()),
                ("size_bytes", fields.IntField()),
                ("content_sealed", fields.BinaryField()),
            ],
            options={"table": "stored_file_part", "app": "models", "unique_together": (("file", "starts_at_byte"),), "pk_attr": "id", "table_description": "One part of a file that came in parts, sealed by itself."},
            bases=["Record"],
        ),
        ops.CreateModel(
            name="PaperUpload",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("case", fields.ForeignKeyField("models.Case", source_field="case_id", db_index=True, db_constraint=True, to_field="id", related_name="uploads", on_delete=OnDelete.RESTRICT)),
                ("identity_id", fields.UUIDField(db_index=True)),
                ("requirement", fields.CharField(max_length=64)),
                ("name_sealed", fields.BinaryField()),
                ("file", fields.ForeignKeyField("models.StoredFile", source_field="file_id", unique=True, db_constraint=True, to_field="id", related_name="uploads", on_delete=OnDelete.RESTRICT)),
                ("received_bytes", fields.IntField(default=0, db_default=0)),
                ("replaces", fields.UUIDField(null=True)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "paper_upload", "app": "models", "pk_attr": "id", "table_description": "A paper on its way in: how much of it is here, and until when it is waited for."},
            bases=["Record"],
        ),
        ops.RunSQL(
            f"""
            ALTER TABLE stored_file
                ALTER COLUMN public_name SET DEFAULT {_NAME},
                ADD CONSTRAINT stored_file_state CHECK (state IN ('arriving', 'waiting', 'clean', 'infected'));
            ALTER TABLE stored_file_part
                ADD CONSTRAINT stored_file_part_size CHECK (starts_at_byte >= 0 AND size_bytes > 0);
            ALTER TABLE paper_upload
                ADD CONSTRAINT paper_upload_received CHECK (received_bytes >= 0);
            CREATE INDEX stored_file_to_scan ON stored_file (scan_at) WHERE scan_at IS NOT NULL;
            CREATE INDEX case_material_held ON case_material (case_id) WHERE replaced_at IS NULL;
            """
        ),
    ]
