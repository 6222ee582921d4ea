"""The ways identity says no."""

from citydesk.kit.refusals import Conflict, Forbidden, Invalid, Missing, TooMany, Unidentified


class TokenRefused(Unidentified):
    """The token is not one of ours, not for this use, or was altered."""

    title = "Token refused"


class SessionOver(Unidentified):
    """The session was signed out, has run out, or its refresh token was used twice."""

    title = "Session over"


class LevelTooLow(Forbidden):
    """The matter asks for a higher assurance level (实名等级) than the citizen has."""

    title = "Assurance level too low"


class VerificationOver(Conflict):
    """The real-name check was used, is older than ten minutes, or never began here."""

    title = "Verification over"


class VerificationDeclined(Conflict):
    """The citizen or the provider broke the real-name check off."""

    title = "Verification declined"


class LogInOver(Unidentified):
    """The sign-in inside WeChat was used, is too old, or began in another browser."""

    title = "WeChat log-in over"


class AlreadySomeoneElse(Conflict):
    """The account already belongs to another person."""

    title = "Account belongs to another person"


class WrongReturn(Invalid):
    """The place to return to is not a path of ours."""

    title = "Wrong place to return to"


class WrongPassword(Unidentified):
    """Login and password do not go together; which of the two is not said."""

    title = "Wrong login or password"


class LoginLocked(TooMany):
    """Too many wrong passwords for this login."""

    title = "Login locked"


class SignInsCrowded(TooMany):
    """More officers are signing in than passwords can be checked just now."""

    title = "Too many sign-ins"


class NoPost(Forbidden):
    """The officer holds no post today, or not the one asked for."""

    title = "No such post today"


class ChoosePost(Conflict):
    """The officer holds several posts and must say which one this session is for."""

    title = "Choose a post"


class NoSuchOfficer(Missing):
    """No officer has this login."""

    title = "No such officer"


class NotYourself(Conflict):
    """An administrator cannot do this to themselves."""

    title = "Not to yourself"


class LoginTaken(Conflict):
    """Another officer has this login."""

    title = "Login taken"


class WrongLogin(Invalid):
    """The login or the name of a new officer cannot be used."""

    title = "Unusable login"


class WrongPost(Invalid):
    """The post cannot be given like this."""

    title = "Unusable post"


class NoSuchPerson(Missing):
    """There is no such identity."""

    title = "No such person"


class WrongPerson(Invalid):
    """What was read off a card at a window cannot be so, or is not what is known."""

    title = "Person not recognised"
