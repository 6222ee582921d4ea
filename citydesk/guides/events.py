"""What happens to guides."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class GuidePublished(Event):
    """A version of a guide is now the one citizens are shown."""

    item_id: UUID
    version_id: UUID
