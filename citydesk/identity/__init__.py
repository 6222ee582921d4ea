"""Unified identity (统一身份认证): who asks, how sure we are of it, and what was read about whom.

A citizen has accounts (the official account, the mini program), joined by WeChat's unionid, and at
most one identity: name and document number, proven by the province's provider, with an assurance
level (实名等级) from 0 to 5. An officer has posts and signs in for exactly one of them. Sessions
are carried by short access tokens and refresh tokens that work once; what is revoked is felt
everywhere within five seconds. Personal data lie sealed, and every officer's reading is noted.
"""

from citydesk.gateways.identity_provider import AnswerNotTrusted, AuthorizationRefused
from citydesk.gateways.miniprogram import LogInCodeRefused, LogInTooOften, WeChatUserRefused
from citydesk.gateways.verified_person import is_resident_id
from citydesk.identity.accounts import (
    account_by_openid,
    follow,
    learn_unionid,
    official_openids,
    unfollow,
)
from citydesk.identity.askers import Asker, Citizen, Officer, Role
from citydesk.identity.events import AccountFollowed, IdentityVerified
from citydesk.identity.known_tokens import asker_for
from citydesk.identity.officers import (
    add_officer,
    add_post,
    dismiss,
    reset_password,
    sign_in_officer,
)
from citydesk.identity.people import Person, masked, me, note_access, person, person_for
from citydesk.identity.refusals import (
    AlreadySomeoneElse,
    ChoosePost,
    LevelTooLow,
    LoginLocked,
    LoginTaken,
    NoPost,
    NoSuchOfficer,
    NoSuchPerson,
    SessionOver,
    SignInsCrowded,
    TokenRefused,
    VerificationDeclined,
    VerificationOver,
    WrongLogin,
    WrongPassword,
    WrongPost,
    WrongReturn,
)
from citydesk.identity.rules import require_level
from citydesk.identity.sessions import (
    Tokens,
    forget_ended,
    refresh,
    sign_in_mini_program,
    sign_out,
    sign_out_everywhere,
)
from citydesk.identity.tokens import check_signing_key
from citydesk.identity.verification import (
    begin_verification,
    decline_verification,
    finish_verification,
)

__all__ = [
    "AccountFollowed",
    "AlreadySomeoneElse",
    "AnswerNotTrusted",
    "Asker",
    "AuthorizationRefused",
    "ChoosePost",
    "Citizen",
    "IdentityVerified",
    "LevelTooLow",
    "LogInCodeRefused",
    "LogInTooOften",
    "LoginLocked",
    "LoginTaken",
    "NoPost",
    "NoSuchOfficer",
    "NoSuchPerson",
    "Officer",
    "Person",
    "Role",
    "SessionOver",
    "SignInsCrowded",
    "TokenRefused",
    "Tokens",
    "VerificationDeclined",
    "VerificationOver",
    "WeChatUserRefused",
    "WrongLogin",
    "WrongPassword",
    "WrongPost",
    "WrongReturn",
    "account_by_openid",
    "add_officer",
    "add_post",
    "asker_for",
    "begin_verification",
    "check_signing_key",
    "decline_verification",
    "dismiss",
    "finish_verification",
    "follow",
    "forget_ended",
    "is_resident_id",
    "learn_unionid",
    "masked",
    "me",
    "note_access",
    "official_openids",
    "person",
    "person_for",
    "refresh",
    "require_level",
    "reset_password",
    "sign_in_mini_program",
    "sign_in_officer",
    "sign_out",
    "sign_out_everywhere",
    "unfollow",
]
