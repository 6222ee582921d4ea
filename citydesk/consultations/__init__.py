"""Consultations (咨询投诉): what citizens ask and complain of, and what they are answered.

submitted → (assigned) → answered → closed; on the way withdrawn, or referred elsewhere. Whoever
has an account may ask, about an item, a case of their own, a hall, or nothing in particular; five
times a day at most. The organ whose business it is has five working days; handed to another organ,
the days go on. The answer is told at once. The asker may ask back once, and object once: then
somebody else answers. A complaint is answered by the head of the organ or a supervisor, never by
an officer who had a hand in the case, and shows no name.

What was said lies sealed in events that nothing changes. An answer that helps others is rewritten
without persons, approved by a second officer, and shown to everybody; of an item, it becomes a
candidate for the guide's common questions.
"""

from citydesk.consultations.adopting import adopt, leave_out
from citydesk.consultations.answering import answer, refer, take, transfer
from citydesk.consultations.asking import (
    Matter,
    Place,
    ask,
    follow_up,
    place_of,
    rate,
    withdraw,
)
from citydesk.consultations.events import (
    AnswerDateMoved,
    AnswerPublished,
    AnswerStood,
    ConsultationAnswered,
    ConsultationAsked,
    ConsultationEnded,
    ConsultationReferred,
    ConsultationReopened,
    ConsultationTransferred,
)
from citydesk.consultations.lists import Pile, my_consultations, seen_among, work_list
from citydesk.consultations.publication import (
    AnswerState,
    FaqState,
    approve,
    propose,
    send_back,
    take_down,
)
from citydesk.consultations.published import (
    Proposal,
    PublicShown,
    proposal,
    proposal_of,
    proposals,
    public_answers,
)
from citydesk.consultations.queries import (
    ConsultationTelling,
    Shown,
    Whole,
    consultation,
    id_of_number,
    tellings,
)
from citydesk.consultations.quoting import Quote, quotes
from citydesk.consultations.refusals import (
    AnswerElsewhere,
    ByTwoPersons,
    FaqsFull,
    NoSuchAnswer,
    NoSuchConsultation,
    NotNow,
    NotYoursToAnswer,
    PersonInWords,
    TooManyQuestions,
    WordsUnfit,
    WrongOrgan,
)
from citydesk.consultations.rules import LONGEST, LONGEST_ANSWER, MOST_A_DAY, is_number, written
from citydesk.consultations.settling import let_stand, take_over_dates
from citydesk.consultations.states import KINDS, LABELS, About, Action, ConsultationState, Kind

__all__ = [
    "KINDS",
    "LABELS",
    "LONGEST",
    "LONGEST_ANSWER",
    "MOST_A_DAY",
    "About",
    "Action",
    "AnswerDateMoved",
    "AnswerElsewhere",
    "AnswerPublished",
    "AnswerState",
    "AnswerStood",
    "ByTwoPersons",
    "ConsultationAnswered",
    "ConsultationAsked",
    "ConsultationEnded",
    "ConsultationReferred",
    "ConsultationReopened",
    "ConsultationState",
    "ConsultationTelling",
    "ConsultationTransferred",
    "FaqState",
    "FaqsFull",
    "Kind",
    "Matter",
    "NoSuchAnswer",
    "NoSuchConsultation",
    "NotNow",
    "NotYoursToAnswer",
    "PersonInWords",
    "Pile",
    "Place",
    "Proposal",
    "PublicShown",
    "Quote",
    "Shown",
    "TooManyQuestions",
    "Whole",
    "WordsUnfit",
    "WrongOrgan",
    "adopt",
    "answer",
    "approve",
    "ask",
    "consultation",
    "follow_up",
    "id_of_number",
    "is_number",
    "leave_out",
    "let_stand",
    "my_consultations",
    "place_of",
    "proposal",
    "proposal_of",
    "proposals",
    "propose",
    "public_answers",
    "quotes",
    "rate",
    "refer",
    "seen_among",
    "send_back",
    "take",
    "take_down",
    "take_over_dates",
    "tellings",
    "transfer",
    "withdraw",
    "work_list",
    "written",
]
