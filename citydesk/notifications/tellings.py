"""Which events people are told of, with which words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from citydesk import appointments, cases, consultations
from citydesk.appointments import AppointmentTelling
from citydesk.cases import CaseTelling
from citydesk.consultations import ConsultationTelling
from citydesk.kit.announced import Announced
from citydesk.kit.clock import full_day
from citydesk.kit.transaction import Event
from citydesk.notifications.rules import ToTell, day, moment
from citydesk.notifications.sending import Telling
from citydesk.world import World

# A phrase of a template takes five characters at most.
OUTCOME_PHRASES: Mapping[str, str] = {
    cases.Outcome.GRANTED: "准予许可",
    cases.Outcome.GRANTED_DEFERRED: "容缺准予",
    cases.Outcome.PARTIAL: "部分准予",
    cases.Outcome.REFUSED: "不予许可",
    cases.Outcome.FORWARDED_UP: "已转报",
}
MY_APPOINTMENTS = "/my/appointments"


def _id_of(each: Announced, field: str) -> UUID:
    found: UUID = getattr(each.event, field)
    return found


_OF_DEFERRED = (cases.CaseAcceptedDeferred, cases.DeferredDue)


def _case_words(case: CaseTelling, each: Announced) -> dict[str, str]:
    words = {
        "item_name": case.item_name,
        "case_no": case.case_no,
        "at": moment(each.at),
        "promise": "暂定" if case.provisional else "承诺",
        "hall_name": case.hall_name or "",
    }
    if case.outcome:
        words["outcome"] = OUTCOME_PHRASES[case.outcome]
        words["ended"] = "不予许可" if case.outcome == cases.Outcome.REFUSED else "已办结"
    if case.statutory_on is not None:
        words["statutory_on"] = day(case.statutory_on)
    if isinstance(each.event, cases.DraftWaiting):
        words |= {"due_on": day(each.event.last_day), "due_date": full_day(each.event.last_day)}
    if case.promised_on is not None:
        words["promised_on"] = day(case.promised_on)
        words["promised_date"] = full_day(case.promised_on)
    if isinstance(each.event, _OF_DEFERRED) and case.deferred_due_on is not None:
        due = case.deferred_due_on
        return words | {"due_on": day(due), "due_date": full_day(due)}
    if case.correction_due_on is not None:
        words["due_on"] = day(case.correction_due_on)
        words["due_date"] = full_day(case.correction_due_on)
    return words


def _is_news(case: CaseTelling, event: Event) -> bool:
    """Whether it is news: of what was finished while the applicant waited, only the end is.

    Papers are reminded of as long as they are owed.
    """
    if isinstance(event, _OF_DEFERRED):
        return case.deferred_due_on is not None
    return not case.at_once or isinstance(event, cases.CaseCompleted | cases.CaseServed)


async def _of_cases(world: World, events: Sequence[Announced]) -> list[ToTell]:
    """Tell the applicant."""
    ids = {_id_of(each, "case_id") for each in events}
    told = await cases.tellings(world, list(ids))
    return [
        ToTell(each.id, case.identity_id, _case_words(case, each), f"/my/cases/{case_id}")
        for each in events
        if (case := told.get(case_id := _id_of(each, "case_id"))) is not None
        and _is_news(case, each.event)
    ]


async def _of_consultations(world: World, events: Sequence[Announced]) -> list[ToTell]:
    """Tell the asker: a person, or the account of somebody we know no name of."""
    ids = {_id_of(each, "consultation_id") for each in events}
    told = await consultations.tellings(world, list(ids))
    return [
        ToTell(each.id, one.recipient_id, _consultation_words(one, each), f"/my/consultations/{at}")
        for each in events
        if (one := told.get(at := _id_of(each, "consultation_id"))) is not None
    ]


def _consultation_words(one: ConsultationTelling, each: Announced) -> dict[str, str]:
    words = {
        "item_name": f"{consultations.KINDS[one.kind]}：{one.title}",
        "case_no": one.number,
        "at": moment(each.at),
    }
    if one.due_on is not None:
        words |= {"due_on": day(one.due_on), "due_date": full_day(one.due_on)}
    return words


def _appointment_words(held: AppointmentTelling) -> dict[str, str]:
    return {
        "item_name": held.item_name,
        "hall_name": held.hall_name,
        "starts_at": moment(held.starts_at),
        "code": held.code,
    }


def _of_appointments(applies: Callable[[AppointmentTelling], bool]) -> Any:
    """Tell the holder, of those appointments that the event still applies to."""

    async def whom(world: World, events: Sequence[Announced]) -> list[ToTell]:
        ids = {_id_of(each, "appointment_id") for each in events}
        told = await appointments.tellings(world, list(ids))
        return [
            ToTell(each.id, held.identity_id, _appointment_words(held), MY_APPOINTMENTS)
            for each in events
            if (held := told.get(_id_of(each, "appointment_id"))) is not None and applies(held)
        ]

    return whom


def _always(_: AppointmentTelling) -> bool:
    return True


def _while_held(held: AppointmentTelling) -> bool:
    return held.live


TELLINGS: Mapping[type[Event], Telling] = {
    cases.CaseFiled: Telling("case_filed", _of_cases),
    cases.CasePreReviewed: Telling("case_pre_reviewed", _of_cases),
    cases.CaseReturned: Telling("case_returned", _of_cases),
    cases.CaseNotBrought: Telling("case_not_brought", _of_cases),
    cases.CaseReceived: Telling("case_received", _of_cases),
    cases.CorrectionRequested: Telling("correction_requested", _of_cases),
    cases.CorrectionLapsed: Telling("correction_lapsed", _of_cases),
    cases.CaseAccepted: Telling("case_accepted", _of_cases),
    cases.CaseAcceptedBySilence: Telling("case_accepted_by_silence", _of_cases),
    cases.CaseAcceptedDeferred: Telling("case_accepted_deferred", _of_cases),
    cases.DeferredDue: Telling("deferred_due", _of_cases),
    cases.DeferredLapsed: Telling("deferred_lapsed", _of_cases),
    cases.CaseNotAccepted: Telling("case_not_accepted", _of_cases),
    cases.CaseNotInScope: Telling("case_not_in_scope", _of_cases),
    cases.SupplementRequested: Telling("supplement_requested", _of_cases),
    cases.SpecialStarted: Telling("special_started", _of_cases),
    cases.SpecialEnded: Telling("special_ended", _of_cases),
    cases.LimitExtended: Telling("limit_extended", _of_cases),
    cases.JointStarted: Telling("joint_started", _of_cases),
    cases.CaseDecided: Telling("case_decided", _of_cases),
    cases.DecidedAbove: Telling("decided_above", _of_cases),
    cases.CaseCompleted: Telling("case_completed", _of_cases),
    cases.CertificateIssued: Telling("certificate_issued", _of_cases),
    cases.CaseServed: Telling("case_served", _of_cases),
    cases.CaseWithdrawn: Telling("case_withdrawn", _of_cases),
    cases.CaseVoided: Telling("case_voided", _of_cases),
    cases.CaseRevoked: Telling("case_revoked", _of_cases),
    cases.PromiseMoved: Telling("promise_moved", _of_cases),
    cases.DraftWaiting: Telling("draft_waiting", _of_cases),
    cases.CodeLockedOut: Telling("code_locked_out", _of_cases),
    cases.PaperFoundHarmful: Telling("paper_found_harmful", _of_cases),
    consultations.ConsultationAnswered: Telling("consultation_answered", _of_consultations),
    consultations.ConsultationTransferred: Telling("consultation_transferred", _of_consultations),
    consultations.ConsultationReferred: Telling("consultation_referred", _of_consultations),
    consultations.AnswerDateMoved: Telling("answer_date_moved", _of_consultations),
    appointments.AppointmentBooked: Telling("appointment_booked", _of_appointments(_while_held)),
    appointments.AppointmentCancelled: Telling("appointment_cancelled", _of_appointments(_always)),
    appointments.AppointmentReminder: Telling(
        "appointment_reminder", _of_appointments(_while_held)
    ),
}
