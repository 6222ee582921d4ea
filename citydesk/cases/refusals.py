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


class DeferralFaulty(Invalid):
    """Papers cannot follow like this: not these, not without a promise, or not so long."""

    title = "Deferral faulty"


class NotAtThisWindow(Conflict):
    """This window does not take the matter."""

    title = "Not at this window"


class DraftChanged(Conflict):
    """Another device or page has changed the form since the asker saw it; nothing was written."""

    title = "Draft changed elsewhere"


class PaperHarmful(Conflict):
    """The virus scan found something in a paper: nobody opens it, the case waits for another."""

    title = "Harmful paper"


class PaperNotScanned(Conflict):
    """A paper still waits for the virus scan; no officer opens it before."""

    title = "Paper not scanned yet"


class NoSuchUpload(Missing):
    """There is no such upload, or it is over, or not the asker's."""

    title = "No such upload"


class WrongOffset(Conflict):
    """A part does not begin where the upload stands; ``offset`` says where that is."""

    title = "Wrong offset"


class UploadIncomplete(Conflict):
    """Not everything is here yet."""

    title = "Upload incomplete"


class TooManyUploads(Conflict):
    """Somebody has as many uploads under way as a person may have."""

    title = "Too many uploads"
