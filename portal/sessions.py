"""Browser sessions by cookie, and the proof that a form was sent from a page of ours.

A citizen and an officer have a cookie each, so that the desk can be tried beside the phone in one
browser. The proof (CSRF) is derived from the session's own secret, or from a visitor's cookie
where nobody is signed in yet; where it came from (Sec-Fetch-Site, Origin) is asked as well.
"""

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from citydesk import identity
from citydesk.identity import Asker, BrowserSession, Citizen, Officer
from citydesk.kit.refusals import Forbidden, Unidentified
from citydesk.settings import Settings
from citydesk.world import World

CITIZEN_COOKIE, OFFICER_COOKIE, VISITOR_COOKIE = "citydesk", "citydesk_desk", "citydesk_visitor"
CSRF_FIELD = "csrf"
LONGEST_COOKIE = 100
LONGEST_PATH = 500


class FormNotOurs(Forbidden):
    """A form came without the proof that a page of ours sent it."""

    title = "Form not ours"


async def asker_of(world: World, request: Request, cookie: str) -> Asker | None:
    """Return who is signed in at this browser; None for nobody, and for a session that is over."""
    token = cookie_of(request, cookie)
    if not token:
        return None
    try:
        asker = await identity.asker_for_browser(world, token)
    except Unidentified:
        return None
    expected = Officer if cookie == OFFICER_COOKIE else Citizen
    return asker if isinstance(asker, expected) else None


def cookie_of(request: Request, name: str) -> str:
    """Return a cookie of ours; "" when it is not there or cannot be one."""
    found = request.cookies.get(name, "")
    return found if len(found) <= LONGEST_COOKIE and found.isascii() else ""


def sign_in(response: Response, settings: Settings, session: BrowserSession, cookie: str) -> None:
    """Hand the browser its session; what it held before is replaced, never taken over."""
    strict = cookie == OFFICER_COOKIE
    keep(response, settings, cookie, session.token, "strict" if strict else "lax")


async def sign_out(world: World, request: Request, response: Response, cookie: str) -> None:
    """End the session of this browser, here and in the tables."""
    if token := cookie_of(request, cookie):
        await identity.close_browser_session(world, token)
    response.delete_cookie(cookie, path="/")


def keep(
    response: Response,
    settings: Settings,
    name: str,
    value: str,
    same_site: str = "lax",
    seconds: int | None = None,
) -> None:
    """Set a cookie no script can read; over https it never leaves https."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=settings.public_url.startswith("https://"),
        httponly=True,
        samesite="strict" if same_site == "strict" else "lax",
    )


def new_visitor() -> str:
    """Return a secret for a visitor who is about to be shown a form."""
    return secrets.token_urlsafe(32)


def csrf_of(secret: str) -> str:
    """Return the proof a form carries; it does not betray the secret it is made from."""
    return hmac.new(secret.encode(), b"portal.csrf", hashlib.sha256).hexdigest()


def check_ours(request: Request, settings: Settings, secret: str, given: str) -> None:
    """Refuse a form that no page of ours sent.

    Raises:
        FormNotOurs: it came from elsewhere, without the proof, or with another session's.
    """
    if not (_from_ours(request, settings) and secret) or not hmac.compare_digest(
        csrf_of(secret).encode(), given.encode(errors="replace")
    ):
        raise FormNotOurs("页面已过期，请返回上一页刷新后再提交。")


def _from_ours(request: Request, settings: Settings) -> bool:
    """Whether the browser says that a page of ours asks; old browsers may say nothing.

    Our pages send no referrer, so browsers give their Origin as "null".
    """
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    ours = {settings.public_url, f"{request.url.scheme}://{request.url.netloc}"}
    return origin == "null" or origin in ours


def local_path(given: str | None, otherwise: str = "/") -> str:
    """Return a path of ours to go on to; never another site's address."""
    text = given or ""
    if not text.startswith("/") or len(text) > LONGEST_PATH or not text.isascii():
        return otherwise
    unusable = text.startswith("//") or "\\" in text or any(ord(each) < 33 for each in text)
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    return otherwise if unusable or parts.scheme or parts.netloc else text
