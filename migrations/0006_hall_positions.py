"""Where a hall stands, so that the nearest can be found."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_browser_checks")]

    initial = False

    operations = [
        ops.AddField(
            model_name='ServiceHall',
            name='latitude',
            field=fields.FloatField(null=True),
        ),
        ops.AddField(
            model_name='ServiceHall',
            name='longitude',
            field=fields.FloatField(null=True),
        ),
        ops.RunSQL(
            sql="""
                ALTER TABLE service_hall ADD CONSTRAINT service_hall_stands_somewhere CHECK (
                    (latitude IS NULL) = (longitude IS NULL)
                    AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180
                )
            """,
            reverse_sql="ALTER TABLE service_hall DROP CONSTRAINT service_hall_stands_somewhere",
        ),
    ]
