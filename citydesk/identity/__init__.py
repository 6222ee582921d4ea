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
from citydesk.gateways.wechat_oauth import SnapshotRefused, WebCodeRefused
from citydesk.identity.accounts import (
    account_by_openid,
    follow,
    learn_unionid,
    official_openids,
    unfollow,
)
from citydesk.identity.askers import Asker, Citizen, Officer, Role
from citydesk.identity.binding import (
    LOG_IN_RETURN,
    LOG_IN_SECONDS,
    WeChatLogIn,
    begin_wechat_log_in,
    finish_wechat_log_in,
    unbind,
)
from citydesk.identity.browser import (
    BrowserSession,
    change_post,
    close_browser_session,
    open_browser_session,
    sign_in_officer_browser,
)
from citydesk.identity.events import AccountFollowed, IdentityVerified
from citydesk.identity.known_tokens import asker_for, asker_for_browser
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
    LogInOver,
    LoginTaken,
    NoPost,
    NoSuchOfficer,
    NoSuchPerson,
    NotYourself,
    SessionOver,
    SignInsCrowded,
    TokenRefused,
    VerificationDeclined,
    VerificationOver,
    WrongLogin,
    WrongPassword,
    WrongPerson,
    WrongPost,
    WrongReturn,
)
from citydesk.identity.registering import Presented, register_at_window
from citydesk.identity.rules import require_level
from citydesk.identity.sessions import (
    Tokens,
    forget_ended,
    refresh,
    sign_in_mini_program,
    sign_out,
    sign_out_everywhere,
)
from citydesk.identity.staff import (
    HeldPost,
    StaffMember,
    end_post,
    let_go,
    officer_in_post,
    posts_today,
    staff,
    staff_member,
)
from citydesk.identity.tokens import check_signing_key
from citydesk.identity.verification import (
    PAGE_CALLBACK,
    begin_verification,
    decline_verification,
    finish_verification,
)

__all__ = [
    "LOG_IN_RETURN",
    "LOG_IN_SECONDS",
    "PAGE_CALLBACK",
    "AccountFollowed",
    "AlreadySomeoneElse",
    "AnswerNotTrusted",
    "Asker",
    "AuthorizationRefused",
    "BrowserSession",
    "ChoosePost",
    "Citizen",
    "HeldPost",
    "IdentityVerified",
    "LevelTooLow",
    "LogInCodeRefused",
    "LogInOver",
    "LogInTooOften",
    "LoginLocked",
    "LoginTaken",
    "NoPost",
    "NoSuchOfficer",
    "NoSuchPerson",
    "NotYourself",
    "Officer",
    "Person",
    "Presented",
    "Role",
    "SessionOver",
    "SignInsCrowded",
    "SnapshotRefused",
    "StaffMember",
    "TokenRefused",
    "Tokens",
    "VerificationDeclined",
    "VerificationOver",
    "WeChatLogIn",
    "WeChatUserRefused",
    "WebCodeRefused",
    "WrongLogin",
    "WrongPassword",
    "WrongPerson",
    "WrongPost",
    "WrongReturn",
    "account_by_openid",
    "add_officer",
    "add_post",
    "asker_for",
    "asker_for_browser",
    "begin_verification",
    "begin_wechat_log_in",
    "change_post",
    "check_signing_key",
    "close_browser_session",
    "decline_verification",
    "dismiss",
    "end_post",
    "finish_verification",
    "finish_wechat_log_in",
    "follow",
    "forget_ended",
    "is_resident_id",
    "learn_unionid",
    "let_go",
    "masked",
    "me",
    "note_access",
    "officer_in_post",
    "official_openids",
    "open_browser_session",
    "person",
    "person_for",
    "posts_today",
    "refresh",
    "register_at_window",
    "require_level",
    "reset_password",
    "sign_in_mini_program",
    "sign_in_officer",
    "sign_in_officer_browser",
    "sign_out",
    "sign_out_everywhere",
    "staff",
    "staff_member",
    "unbind",
    "unfollow",
]
