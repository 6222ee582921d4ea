"""The columns every table shares."""

from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return an identifier that sorts by the time it was made (UUID version 7, RFC 9562)."""
    return uuid7()


class Record(Model):
    """A row with an opaque identifier and the moment it was written."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    created_at = fields.DatetimeField()

    class Meta:
        """Abstract: no table of its own."""

        abstract = True
