"""The ways a case is refused."""

from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, TooMany


class NoSuchCase(Missing):
    """There is no such case, or it is not the asker's to see."""

    title = "No such case"


class NotAllowedNow(Conflict):
    """The case does not stand where this step begins."""

    title = "Not allowed now"


class NotYourStep(Forbidden):
    """Another post takes this step."""

    title = "Not your step"


class ReasonMissing(Invalid):
    """The step needs a reason."""

    title = "Reason missing"


class FilingIncomplete(Invalid):
    """The form or the materials are not complete; every fault is named at once."""

    title = "Filing incomplete"


class NotFiledOnline(Conflict):
    """This item cannot be filed through this channel."""

    title = "Not filed online"


class PaperRefused(Invalid):
    """A file is not one we can take: wrong kind, empty, or too large."""

    title = "File refused"


class TooManyPapers(Conflict):
    """The case already has as many papers as a case may have."""

    title = "Too many papers"


class WrongCode(Missing):
    """Case number and query code do not go together."""

    title = "Wrong case number or query code"


class CodeLocked(TooMany):
    """Too many wrong codes: this way of asking is closed for a while."""

    title = "Locked"


class TermsFaulty(Invalid):
    """Days, document or result of a special procedure or an extension cannot be so."""

    title = "Terms faulty"


class JointFaulty(Invalid):
    """The organs asked to take part, or their days, cannot be so."""

    title = "Joint handling faulty"


class TooManyDrafts(Conflict):
    """The citizen already keeps as many drafts as one may."""

    title = "Too many drafts"
