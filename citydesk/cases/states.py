"""Where a case may stand, what may happen to it, and who makes it happen.

The words follow the domain model (a union of GB/T 39046—2020 tables 5–8 and published provincial
systems). What leads where stands in ``machine``.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    DRAFT = "draft"
    FILED = "filed"
    RETURNED = "returned_to_applicant"
    PRE_REVIEWED = "pre_reviewed"
    RECEIVED = "received"
    CORRECTING = "correcting"
    RETURNED_UNCORRECTED = "returned_uncorrected"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    NOT_IN_SCOPE = "not_in_scope"
    IN_REVIEW = "in_review"
    SUSPENDED = "suspended"
    DECIDED = "decided"
    COMPLETED = "completed"
    CERTIFICATE_READY = "certificate_ready"
    SERVED = "served"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    REVOKED = "revoked"


class Actor(StrEnum):
    """Who takes a step: the applicant or their agent, an officer's post, or the clock."""

    APPLICANT = "applicant"
    AGENT = "agent"
    FRONT_DESK = "front_desk"
    BACK_OFFICE = "back_office"
    EXIT_WINDOW = "exit_window"
    DEPARTMENT_HEAD = "department_head"
    SYSTEM = "system"


class Action(StrEnum):
    """What may happen to a case."""

    SUBMIT = "submit"
    PRE_PASS = "pre_pass"  # noqa: S105 - a step, not a word to let pass
    PRE_FAIL = "pre_fail"
    RESUBMIT = "resubmit"
    RECEIVE = "receive"
    NOT_BROUGHT = "not_brought"
    REQUEST_CORRECTION = "request_correction"
    CORRECT = "correct"
    CORRECTION_LAPSED = "correction_lapsed"
    ACCEPT = "accept"
    ACCEPT_BY_SILENCE = "accept_by_silence"
    HAND_IN_DEFERRED = "hand_in_deferred"
    DEFERRED_LAPSED = "deferred_lapsed"
    REFUSE_ACCEPTANCE = "refuse_acceptance"
    OUT_OF_SCOPE = "out_of_scope"
    START_REVIEW = "start_review"
    PASS_LINK = "pass_link"  # noqa: S105 - a step, not a word to let pass
    RETURN_LINK = "return_link"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    START_SPECIAL = "start_special"
    END_SPECIAL = "end_special"
    SPECIAL_LAPSED = "special_lapsed"
    EXTEND = "extend"
    START_JOINT = "start_joint"
    OPEN_PART = "open_part"
    COMMIT = "commit"
    PART_COMMITTED = "part_committed"
    PART_DECIDED = "part_decided"
    PART_ENDED = "part_ended"
    DECIDE = "decide"
    COMPLETE = "complete"
    ISSUE_CERTIFICATE = "issue_certificate"
    SERVE = "serve"
    WITHDRAW = "withdraw"
    END_MANDATE = "end_mandate"
    VOID = "void"
    REVOKE = "revoke"
    ARCHIVE = "archive"
    RECOUNT = "recount"


class JointKind(StrEnum):
    """How other organs take part (DB34/T 1164): all decide, some commit first, or one above."""

    GENERAL = "general"
    PREREQUISITE = "prerequisite"
    FORWARDED_UP = "forwarded_up"


class Outcome(StrEnum):
    """How a matter was decided."""

    GRANTED = "granted"
    GRANTED_DEFERRED = "granted_deferred"
    PARTIAL = "partial"
    REFUSED = "refused"
    FORWARDED_UP = "forwarded_up"


class SpecialKind(StrEnum):
    """What is not counted in the limit, once told in writing (行政许可法 art. 45)."""

    HEARING = "hearing"
    TENDER = "tender"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"


class SpecialResult(StrEnum):
    """How a special procedure ended."""

    PASSED = "passed"
    FAILED = "failed"
    APPLICANT_ABSENT = "applicant_absent"


UNDECIDED = (
    State.DRAFT,
    State.FILED,
    State.RETURNED,
    State.PRE_REVIEWED,
    State.RECEIVED,
    State.CORRECTING,
    State.ACCEPTED,
    State.IN_REVIEW,
    State.SUSPENDED,
)
ENDS = (
    State.NOT_ACCEPTED,
    State.NOT_IN_SCOPE,
    State.RETURNED_UNCORRECTED,
    State.WITHDRAWN,
    State.VOIDED,
    State.REVOKED,
    State.ARCHIVED,
)
