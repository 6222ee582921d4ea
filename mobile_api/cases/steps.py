"""The applicant's own steps: taken by themselves, or for them at the window where they stand.

One table serves both doors: the step is the same, what is asked and said of it differs.
"""

from citydesk import cases
from citydesk.identity import Asker
from mobile_api.api import CITIZEN, Api, Call
from mobile_api.cases.asked import Because, HandedOver, Note
from mobile_api.cases.offering import HANDLERS, Door, Offer, Take
from models.cases import Case

MINE = Door(Api("cases"), "/cases", CITIZEN, (cases.NoSuchCase, cases.NotAllowedNow))
WINDOW = Door(
    Api("window"),
    "/officer/cases",
    HANDLERS,
    (cases.NoSuchCase, cases.NotAllowedNow, cases.NotYourStep, cases.FilingIncomplete),
)


def _asker(call: Call) -> Asker:
    assert call.asker is not None  # both doors admit only who is signed in
    return call.asker


async def _correct(call: Call) -> Case:
    return await cases.correct(call.world, _asker(call), call.path.case_id)


async def _supplement(call: Call) -> Case:
    return await cases.supplement(call.world, _asker(call), call.path.case_id)


async def _withdraw(call: Call) -> Case:
    form: Note | Because = call.body
    reason = form.reason if isinstance(form, Because) else form.note
    return await cases.withdraw(call.world, _asker(call), call.path.case_id, reason)


async def _hand_in_deferred(call: Call) -> Case:
    form: HandedOver = call.body or HandedOver()
    return await cases.hand_in_deferred(
        call.world, _asker(call), call.path.case_id, form.note, originals=form.originals
    )


STEPS: tuple[tuple[str, Take, Offer, Offer], ...] = (
    (
        "correction",
        _correct,
        Offer(
            "correct_case",
            "Say that everything the correction notice asked for is handed in.",
            refusals=(cases.FilingIncomplete,),
        ),
        Offer(
            "correct_at_window",
            "Say for the applicant at my window that everything asked for is handed in.",
        ),
    ),
    (
        "supplement",
        _supplement,
        Offer(
            "supplement_case",
            "Say that what the review asked for during its course is handed in.",
        ),
        Offer(
            "supplement_at_window",
            "Say for the applicant at my window that what the review asked for is handed in.",
        ),
    ),
    (
        "deferred-papers",
        _hand_in_deferred,
        Offer(
            "hand_in_deferred",
            "Say that the papers that were to follow the acceptance (容缺) are handed in.",
            refusals=(cases.FilingIncomplete,),
        ),
        Offer(
            "hand_in_deferred_at_window",
            "Say for the applicant at my window that the papers that were to follow are there.",
            HandedOver,
        ),
    ),
    (
        "withdrawal",
        _withdraw,
        Offer("withdraw_case", "Take a case back before it is decided.", Note),
        Offer(
            "withdraw_at_window",
            "Take a case back for the applicant who asks for it at my window, in writing.",
            Because,
            (cases.ReasonMissing,),
        ),
    ),
)
for _path, _take, _mine, _at_window in STEPS:
    MINE.offer(_path, _take, _mine)
    WINDOW.offer(_path, _take, _at_window)
