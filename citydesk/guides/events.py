"""What happens to guides."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class GuidePublished(Event):
    """A version of a guide is now the one citizens are shown."""

    item_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class GuideSuspended(Event):
    """An item cannot be had for now."""

    item_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class GuideResumed(Event):
    """An item that was suspended can be had again."""

    item_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class GuideCancelled(Event):
    """An item is no longer handled; open cases are finished under their version."""

    item_id: UUID
    version_id: UUID


@dataclass(frozen=True, slots=True)
class DraftSubmitted(Event):
    """An editor has handed a draft in for review."""

    version_id: UUID


@dataclass(frozen=True, slots=True)
class DraftReturned(Event):
    """A draft went back to its editor, with a reason."""

    version_id: UUID


@dataclass(frozen=True, slots=True)
class DraftApproved(Event):
    """A reviewer has approved a draft; it waits for its publication."""

    version_id: UUID


@dataclass(frozen=True, slots=True)
class DraftReleased(Event):
    """A publisher has set the day on which an approved version comes into force."""

    version_id: UUID


@dataclass(frozen=True, slots=True)
class RegionGuideChanged(Event):
    """A region has taken an item on, given it back, or changed its own words of it."""

    item_id: UUID
    region_code: str


@dataclass(frozen=True, slots=True)
class BulkOrdered(Event):
    """An officer has ordered the same for many guides, or a file to be taken in."""

    job_id: UUID
