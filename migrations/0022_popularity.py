"""What people come for: how often guides are opened, day by day, and what that comes to."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models.base import new_id


class Migration(migrations.Migration):
    """A count a day and item, kept 90 days; and the weight search goes by."""

    dependencies = [("models", "0021_hot_paths")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ItemUse",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "item",
                    fields.ForeignKeyField(
                        "models.ServiceItem",
                        source_field="item_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="uses",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("used_on", fields.DateField(db_index=True)),
                ("times", fields.IntField()),
            ],
            options={
                "table": "item_use",
                "app": "models",
                "unique_together": (("item", "used_on"),),
                "pk_attr": "id",
                "table_description": "How often a guide was opened on one day, by anybody; who it was is never written down.",
            },
            bases=["Record"],
        ),
        ops.AddField(
            model_name="ServiceItem",
            name="popularity",
            field=fields.SmallIntField(null=True),
        ),
        ops.RunSQL(
            """
            ALTER TABLE item_use ADD CONSTRAINT item_use_was_used CHECK (times >= 1);
            ALTER TABLE service_item ADD CONSTRAINT service_item_popularity
                CHECK (popularity BETWEEN 0 AND 100)
            """
        ),
    ]
