"""The ways a question about regions, organs and halls is refused."""

from citydesk.kit.refusals import Invalid, Missing


class NoSuchRegion(Missing):
    """No region in force has this code."""

    title = "No such region"


class NoSuchOrgan(Missing):
    """No organ has this code."""

    title = "No such department"


class NoSuchHall(Missing):
    """No service hall has this code or identifier."""

    title = "No such hall"


class NoSuchWindow(Missing):
    """No window has this identifier."""

    title = "No such window"


class WrongWindow(Invalid):
    """A window cannot be called that."""

    title = "Unusable window"
