"""What identity announces."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class AccountFollowed(Event):
    """A citizen followed the official account."""

    account_id: UUID


@dataclass(frozen=True, slots=True)
class IdentityVerified(Event):
    """The provider vouched for the person behind an account."""

    identity_id: UUID
    account_id: UUID
