"""Pages: the templates, what every one of them may show, and the headers that guard them."""

import base64
import hashlib
import hmac
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from citydesk.kit.clock import CITY, full_day
from citydesk.settings import TENCENT_HOSTS
from citydesk.world import World
from portal import sessions
from portal.assets import address
from portal.forms import Form

if TYPE_CHECKING:
    from portal.visits import Visit

TEMPLATES = Path(__file__).parent / "templates"
TYPE_COOKIE, SAID_COOKIE = "citydesk_type", "citydesk_said"
LONGEST_SAID = 300
WEEKDAYS = "一二三四五六日"
OFFICERS_PATHS = ("/desk", "/admin", "/editors", "/supervision")
NO_STORE, ASK_AGAIN = "no-store", "private, no-cache"


def page(visit: "Visit", name: str, status: int, shown: dict[str, Any]) -> Response:
    """Render a page for a visitor.

    A page that shows neither a person nor a form may be kept by the browser, which asks each time
    whether it has changed (ETag); any other is never kept.
    """
    said = said_once(visit.request, visit.world)
    proof = _Proof(visit)
    context = {
        "form": Form(),
        **shown,
        "visit": visit,
        "csrf_field": proof,
        "said": said,
        "large_type": large_type(visit.request),
        "development": not visit.world.settings.production,
        "here": visit.here,
    }
    html = environment().get_template(name).render(context)
    public = status == 200 and visit.asker is None and not proof.used and not said
    response = _kept(visit, html) if public else _once(visit, html, status)
    if said:
        response.delete_cookie(SAID_COOKIE, path="/")
    if visit.new_visitor:
        settings = visit.world.settings
        sessions.keep(response, settings, sessions.VISITOR_COOKIE, visit.new_visitor)
    return response


def _once(visit: "Visit", html: str, status: int) -> Response:
    return Response(html, status, headers(visit.world, NO_STORE, visit.request), "text/html")


def _kept(visit: "Visit", html: str) -> Response:
    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:32]}"'
    sent = {**headers(visit.world, ASK_AGAIN, visit.request), "ETag": etag, "Vary": "Cookie"}
    held = {each.strip().removeprefix("W/") for each in _held(visit.request).split(",")}
    if etag in held:
        return Response(None, 304, sent)
    return Response(html, 200, sent, "text/html")


def _held(request: Request) -> str:
    return request.headers.get("if-none-match", "")


class _Proof:
    """``{{ csrf_field }}``: the hidden field every form of ours carries; says if it was used."""

    def __init__(self, visit: "Visit") -> None:
        self.visit = visit
        self.used = False

    def __html__(self) -> str:
        self.used = True
        field = '<input type="hidden" name="{}" value="{}">'
        return Markup(field).format(sessions.CSRF_FIELD, self.visit.csrf())  # noqa: S704 - our own


def headers(world: World, cache: str, request: Request | None = None) -> dict[str, str]:
    """Return the headers of a page: nothing from elsewhere runs, shows or frames it.

    nosniff and no-referrer stand on every answer of the server already.
    """
    sent = {
        "Cache-Control": cache,
        "Content-Security-Policy": _policy(world, request.scope["path"] if request else "/"),
        "Permissions-Policy": f"camera=(), geolocation=({_located(request)}), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if world.settings.production:
        sent["X-Frame-Options"] = "DENY"
    return sent


def _located(request: Request | None) -> str:
    """Only the page that looks for halls may ask where a phone is."""
    return "self" if request is not None and request.scope["path"] == "/halls" else ""


def _policy(world: World, path: str) -> str:
    # Browsers hold a form's redirects to form-action, too: signing in leads to these two.
    onward = " ".join(
        dict.fromkeys(_origin(url) for url in (world.settings.provider_url, _wechat(world)))
    )
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            f"form-action 'self' {onward}",
            "base-uri 'none'",
            f"frame-ancestors {_framed_by(world, path)}",
        )
    )


def _framed_by(world: World, path: str) -> str:
    """Who may show a page in a frame: in development the simulator's phone, never the desks."""
    if world.settings.production or path.startswith(OFFICERS_PATHS):
        return "'none'"
    found = [f"http://{host}:{world.settings.sandbox_port}" for host in ("127.0.0.1", "localhost")]
    wechat = _wechat(world)
    if urlsplit(wechat).hostname not in TENCENT_HOSTS:
        found.append(_origin(wechat))
    return " ".join(dict.fromkeys(found))


def _wechat(world: World) -> str:
    return world.settings.wechat_open_url


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def large_type(request: Request) -> bool:
    """Whether this browser asked for large type (大字版)."""
    return request.cookies.get(TYPE_COOKIE) == "large"


def say_once(response: Response, world: World, said: str) -> None:
    """Give the browser a sentence to show on its next page, sealed against other hands."""
    text = base64.urlsafe_b64encode(said[:LONGEST_SAID].encode()).decode().rstrip("=")
    sessions.keep(response, world.settings, SAID_COOKIE, f"{text}.{_seal(world, text)}", seconds=60)


def said_once(request: Request, world: World) -> str:
    """Return the sentence to show once; "" when there is none, or it is not ours."""
    text, _, seal = request.cookies.get(SAID_COOKIE, "").partition(".")
    if not seal or not hmac.compare_digest(seal.encode(), _seal(world, text).encode()):
        return ""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def _seal(world: World, text: str) -> str:
    return world.seals.blind(text, "portal.said")[:32]


@cache
def environment() -> Environment:
    """The templates, escaping everything; an unknown name is a fault, not an empty place."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"day": day, "moment": moment, "yuan": yuan, "urlpart": urlpart}
    made.globals |= {"asset": address}
    return made


def day(when: date | datetime) -> str:
    """Write a day: 2026年3月2日（星期一）; an instant is told as the city's day."""
    on = when.astimezone(CITY).date() if isinstance(when, datetime) else when
    return f"{full_day(on)}（星期{WEEKDAYS[on.weekday()]}）"


def moment(when: datetime) -> str:
    """Write an instant in the city's time: 2026年3月2日 09:00."""
    here = when.astimezone(CITY)
    return f"{full_day(here)} {here:%H:%M}"


def yuan(fen: int) -> str:
    """Write an amount in yuan: 12050 → 120.50 元."""
    return f"{fen // 100:,}.{fen % 100:02d} 元" if fen % 100 else f"{fen // 100:,} 元"


def urlpart(text: str) -> str:
    """Write a word as one part of an address."""
    return quote(text, safe="")
