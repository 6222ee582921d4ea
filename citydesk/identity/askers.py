"""Who asks: a citizen through one of their accounts, or an officer acting in one post."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from models.identity import Role

__all__ = ["Asker", "Citizen", "Officer", "Role"]


@dataclass(frozen=True, slots=True)
class Citizen:
    """A person at a phone, a terminal or the public column.

    ``identity_id`` is None until the real-name check; ``assurance_level`` (实名等级) is 0
    before it, then 2 self-declared, 3 two elements checked, 4 live check, 5 certificate or window.
    """

    account_id: UUID
    identity_id: UUID | None
    assurance_level: int
    channel: str
    session_id: UUID | None
    device: str = ""

    @property
    def key(self) -> str:
        """The caller an Idempotency-Key belongs to: stays the same through a real-name check."""
        return f"citizen:{self.account_id}"


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff, in the post this session was opened for and in no other."""

    officer_id: UUID
    post_id: UUID
    role: Role
    organ_id: UUID | None
    hall_id: UUID | None
    session_id: UUID
    device: str = ""

    @property
    def key(self) -> str:
        """The caller an Idempotency-Key belongs to: another post is another caller."""
        return f"officer:{self.post_id}"


Asker: TypeAlias = Citizen | Officer
