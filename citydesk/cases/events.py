"""What cases announce."""

from dataclasses import dataclass
from uuid import UUID

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class CaseChanged(Event):
    """Something happened to a case; the subclasses say what."""

    case_id: UUID


@dataclass(frozen=True, slots=True)
class CaseFiled(CaseChanged):
    """The applicant submitted, or submitted again after a failed pre-review."""


@dataclass(frozen=True, slots=True)
class CasePreReviewed(CaseChanged):
    """The front desk looked it through and found it complete."""


@dataclass(frozen=True, slots=True)
class CaseReturned(CaseChanged):
    """The front desk found faults before receipt; the applicant may mend and submit again."""


@dataclass(frozen=True, slots=True)
class CaseReceived(CaseChanged):
    """The front desk took the papers in."""


@dataclass(frozen=True, slots=True)
class CorrectionRequested(CaseChanged):
    """The applicant was told, once and completely, what to correct."""

    round: int


@dataclass(frozen=True, slots=True)
class CaseCorrected(CaseChanged):
    """The applicant handed in what was asked for."""


@dataclass(frozen=True, slots=True)
class CaseAccepted(CaseChanged):
    """The matter is accepted; the promised date is told."""


@dataclass(frozen=True, slots=True)
class CaseNotAccepted(CaseChanged):
    """Acceptance was refused, with reason and remedy."""


@dataclass(frozen=True, slots=True)
class ReviewStarted(CaseChanged):
    """The back office has begun its review."""


@dataclass(frozen=True, slots=True)
class CaseDecided(CaseChanged):
    """The back office decided."""


@dataclass(frozen=True, slots=True)
class CaseCompleted(CaseChanged):
    """The result is ready to be fetched."""


@dataclass(frozen=True, slots=True)
class CaseServed(CaseChanged):
    """The exit window handed the result over."""


@dataclass(frozen=True, slots=True)
class CaseWithdrawn(CaseChanged):
    """The applicant took it back."""


@dataclass(frozen=True, slots=True)
class PromiseMoved(CaseChanged):
    """A provisional date was counted again on a newly published calendar, and moved."""
