"""Who does what when something has happened: the one table of it."""

from citydesk import appointments, cases, guides, identity, notifications, workdays
from citydesk.kit.announced import Reaction
from citydesk.kit.transaction import Event

REACTIONS: dict[type[Event], list[Reaction]] = {
    appointments.AppointmentBooked: [notifications.tell],
    appointments.AppointmentCancelled: [notifications.tell],
    appointments.AppointmentReminder: [notifications.tell],
    appointments.AppointmentCheckedIn: [],
    appointments.CheckInClosed: [appointments.note_missed],
    cases.CaseFiled: [],
    cases.CasePreReviewed: [notifications.tell],
    cases.CaseReturned: [notifications.tell],
    cases.CaseReceived: [notifications.tell],
    cases.CorrectionRequested: [notifications.tell],
    cases.CaseCorrected: [],
    cases.CaseAccepted: [notifications.tell],
    cases.CaseNotAccepted: [notifications.tell],
    cases.ReviewStarted: [],
    cases.CaseDecided: [],
    cases.CaseCompleted: [notifications.tell],
    cases.CaseServed: [notifications.tell],
    cases.CaseWithdrawn: [],
    cases.PromiseMoved: [notifications.tell],
    guides.GuidePublished: [],
    identity.AccountFollowed: [identity.learn_unionid],
    identity.IdentityVerified: [],
    workdays.CalendarPublished: [cases.recount_promises],
}

NAMES = [event.__name__ for event in REACTIONS]
