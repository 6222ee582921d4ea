"""What cases announce."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from typing_extensions import override

from citydesk.kit.transaction import Event


@dataclass(frozen=True, slots=True)
class CaseChanged(Event):
    """Something happened to a case; the subclasses say what."""

    case_id: UUID

    @override
    def order_key(self) -> str | None:
        """What happens to one case is told in the order in which it happened."""
        return f"case:{self.case_id}"


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


@dataclass(frozen=True, slots=True)
class CaseNotInScope(CaseChanged):
    """Another organ is competent; the applicant is told which."""


@dataclass(frozen=True, slots=True)
class CaseAcceptedBySilence(CaseChanged):
    """Five working days passed without a word: by law it is accepted from the day of receipt."""


@dataclass(frozen=True, slots=True)
class CorrectionLapsed(CaseChanged):
    """The deadline the notice named has passed; the papers go back."""


@dataclass(frozen=True, slots=True)
class CaseNotBrought(CaseChanged):
    """Found complete online, but nobody brought the papers; it is back with the applicant."""


@dataclass(frozen=True, slots=True)
class SupplementRequested(CaseChanged):
    """The review asked for more; the clocks run on."""


@dataclass(frozen=True, slots=True)
class SpecialStarted(CaseChanged):
    """A special procedure began; the applicant was told in writing how long it takes."""


@dataclass(frozen=True, slots=True)
class SpecialEnded(CaseChanged):
    """The special procedure is over, or its approved days are: the limits run again."""


@dataclass(frozen=True, slots=True)
class LimitExtended(CaseChanged):
    """The head of the organ extended the legal limit, and the applicant is told why."""


@dataclass(frozen=True, slots=True)
class JointStarted(CaseChanged):
    """Other organs take part from now on."""


@dataclass(frozen=True, slots=True)
class DecidedAbove(CaseChanged):
    """The organ above decided on what was passed up to it."""


@dataclass(frozen=True, slots=True)
class CertificateIssued(CaseChanged):
    """The certificate waits at the exit window."""


@dataclass(frozen=True, slots=True)
class CaseVoided(CaseChanged):
    """The head of the organ voided it, with a reason."""


@dataclass(frozen=True, slots=True)
class CaseRevoked(CaseChanged):
    """The decision was revoked; the certificate goes with it."""


@dataclass(frozen=True, slots=True)
class DraftWaiting(CaseChanged):
    """A draft will soon be thrown away."""

    last_day: date


@dataclass(frozen=True, slots=True)
class CodeLockedOut(CaseChanged):
    """Somebody tried wrong query codes on it until that way was closed for half an hour."""


@dataclass(frozen=True, slots=True)
class CaseSupplemented(CaseChanged):
    """The applicant handed in what the review had asked for."""


@dataclass(frozen=True, slots=True)
class CaseAcceptedDeferred(CaseChanged):
    """Accepted with papers to follow (容缺受理); the applicant is told by when."""


@dataclass(frozen=True, slots=True)
class DeferredDue(CaseChanged):
    """The day for the papers to follow comes near: announced ahead, told only if still owed."""

    @override
    def order_key(self) -> None:
        """A reminder waits for its hour: what happens meanwhile is told before it."""
        return


@dataclass(frozen=True, slots=True)
class DeferredHandedIn(CaseChanged):
    """The papers that were to follow are there."""


@dataclass(frozen=True, slots=True)
class DeferredLapsed(CaseChanged):
    """The papers that were to follow did not come in time."""


@dataclass(frozen=True, slots=True)
class MandateEnded(CaseChanged):
    """The applicant no longer wants an agent to act for them."""


@dataclass(frozen=True, slots=True)
class PaperHandedIn(CaseChanged):
    """A paper is in, and waits for the virus scan."""

    file_id: UUID


@dataclass(frozen=True, slots=True)
class PaperFoundHarmful(CaseChanged):
    """The virus scan found something in a paper: nobody opens it, the applicant must replace it."""

    material_id: UUID
