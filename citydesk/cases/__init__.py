"""Cases (办件): one matter of one applicant, from the draft to the result in hand.

draft → filed → pre_reviewed → received → (correcting → received) → accepted → in_review → decided
→ completed → served; returned_to_applicant, not_accepted and withdrawn leave the path. Which step
leads where, and which post takes it, is one table: ``machine``. Everything that happens is an
event that is never changed. A case keeps the version of the guide it was filed under. On acceptance
the promised date is told; beyond the published calendars it is provisional and counted again.
"""

from citydesk.cases.back_office import Outcome, complete, decide, serve, start_review
from citydesk.cases.due import NextDue, next_due
from citydesk.cases.events import (
    CaseAccepted,
    CaseCompleted,
    CaseCorrected,
    CaseDecided,
    CaseFiled,
    CaseNotAccepted,
    CasePreReviewed,
    CaseReceived,
    CaseReturned,
    CaseServed,
    CaseWithdrawn,
    CorrectionRequested,
    PromiseMoved,
    ReviewStarted,
)
from citydesk.cases.filing import attach, correct, fill, start, submit, withdraw
from citydesk.cases.front_desk import (
    accept,
    pre_fail,
    pre_pass,
    receive,
    refuse_acceptance,
    request_correction,
)
from citydesk.cases.handed_in import Paper, form_of, paper_content, papers
from citydesk.cases.machine import LABELS, NEXT_STEPS, Action, State
from citydesk.cases.numbering import is_case_no
from citydesk.cases.progress import forget_trials, progress_by_code
from citydesk.cases.promises import recount_promises, recount_provisional
from citydesk.cases.queries import (
    CaseTelling,
    Happening,
    Progress,
    allowed_actions,
    correction_asked,
    fetch_by_no,
    fetch_for,
    latest_progress,
    my_cases,
    open_filing,
    query_code,
    tellings,
    timeline,
    work_list,
)
from citydesk.cases.refusals import (
    CodeLocked,
    FilingIncomplete,
    NoSuchCase,
    NotAllowedNow,
    NotFiledOnline,
    NotYourStep,
    PaperRefused,
    ReasonMissing,
    TooManyPapers,
    WrongCode,
)
from citydesk.cases.rules import LARGEST_PAPER, PAPER_KINDS, form_faults

__all__ = [
    "LABELS",
    "LARGEST_PAPER",
    "NEXT_STEPS",
    "PAPER_KINDS",
    "Action",
    "CaseAccepted",
    "CaseCompleted",
    "CaseCorrected",
    "CaseDecided",
    "CaseFiled",
    "CaseNotAccepted",
    "CasePreReviewed",
    "CaseReceived",
    "CaseReturned",
    "CaseServed",
    "CaseTelling",
    "CaseWithdrawn",
    "CodeLocked",
    "CorrectionRequested",
    "FilingIncomplete",
    "Happening",
    "NextDue",
    "NoSuchCase",
    "NotAllowedNow",
    "NotFiledOnline",
    "NotYourStep",
    "Outcome",
    "Paper",
    "PaperRefused",
    "Progress",
    "PromiseMoved",
    "ReasonMissing",
    "ReviewStarted",
    "State",
    "TooManyPapers",
    "WrongCode",
    "accept",
    "allowed_actions",
    "attach",
    "complete",
    "correct",
    "correction_asked",
    "decide",
    "fetch_by_no",
    "fetch_for",
    "fill",
    "forget_trials",
    "form_faults",
    "form_of",
    "is_case_no",
    "latest_progress",
    "my_cases",
    "next_due",
    "open_filing",
    "paper_content",
    "papers",
    "pre_fail",
    "pre_pass",
    "progress_by_code",
    "query_code",
    "receive",
    "recount_promises",
    "recount_provisional",
    "refuse_acceptance",
    "request_correction",
    "serve",
    "start",
    "start_review",
    "submit",
    "tellings",
    "timeline",
    "withdraw",
    "work_list",
]
