"""What outside systems have told us, each thing once."""

from tortoise import fields

from models.base import Record


class InboxMessage(Record):
    """One message of an outside system, known by the name that system gave it."""

    source = fields.CharField(40)
    external_id = fields.CharField(200)

    class Meta:
        """The same message of the same source is one row."""

        table = "inbox_message"
        unique_together = (("source", "external_id"),)
