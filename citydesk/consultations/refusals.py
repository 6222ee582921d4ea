"""The ways a consultation is refused."""

from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, TooMany


class NoSuchConsultation(Missing):
    """There is no such consultation, or it is not the asker's to see."""

    title = "No such consultation"


class WordsUnfit(Invalid):
    """What was written is too short, too long, or nothing that can be read."""

    title = "Words unfit"


class TooManyQuestions(TooMany):
    """Five a day from one person."""

    title = "Too many questions"


class NotNow(Conflict):
    """The consultation does not stand where this step begins."""

    title = "Not now"


class NotYoursToAnswer(Forbidden):
    """Another post, or another person, must answer this."""

    title = "Not yours to answer"


class WrongOrgan(Invalid):
    """It cannot be handed to this organ."""

    title = "Wrong organ"


class NoSuchAnswer(Missing):
    """There is no such public answer."""

    title = "No such answer"


class PersonInWords(Invalid):
    """What is to be shown to everybody seems to name somebody."""

    title = "Somebody is named"


class AnswerElsewhere(Conflict):
    """The public answer does not stand where this step begins, or there is one already."""

    title = "Answer elsewhere"


class ByTwoPersons(Forbidden):
    """Whoever proposed an answer does not approve it."""

    title = "By two persons"


class FaqsFull(Conflict):
    """The guide has as many common questions as a guide may have."""

    title = "Common questions full"
