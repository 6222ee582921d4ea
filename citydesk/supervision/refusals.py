"""The ways supervision says no."""

from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing


class NoSuchSupervised(Missing):
    """The alarm, exception or page asked for is not there."""

    title = "No such record"


class AlreadyFrozen(Conflict):
    """The baseline of materials was frozen before; there is one, for ever."""

    title = "Baseline frozen already"


class NotFrozenYet(Conflict):
    """No baseline has been frozen, so nothing can be measured against it."""

    title = "Baseline not frozen yet"


class NothingToFreeze(Conflict):
    """No published guide demands any material."""

    title = "Nothing to freeze"


class SamePerson(Forbidden):
    """Whoever asked for an exception does not decide on it."""

    title = "Same person"


class AlreadyDecided(Conflict):
    """The exception was decided on, or one like it is live."""

    title = "Already decided"


class NoReasonGiven(Invalid):
    """A reason is missing, or too long."""

    title = "Reason needed"


class BadFormerPage(Invalid):
    """This cannot be the address of a former page, or its item does not exist."""

    title = "Not a former page"


class NotForYou(Forbidden):
    """Another person, or a person of another organ, does this."""

    title = "Not for you"


class AppealLate(Conflict):
    """The time to appeal against a card is over."""

    title = "Appeal too late"
