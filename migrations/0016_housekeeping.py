"""Forgetting finds its rows by an index, however long a city has been running."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Indexes by the time a row has done its service."""

    dependencies = [("models", "0014_situation")]

    initial = False

    operations = [
        ops.RunSQL(
            """
            CREATE INDEX outbox_message_delivered ON outbox_message (delivered_at)
                WHERE delivered_at IS NOT NULL;
            CREATE INDEX inbox_message_created ON inbox_message (created_at);
            CREATE INDEX refresh_token_used ON refresh_token (used_at) WHERE used_at IS NOT NULL
            """
        ),
    ]
