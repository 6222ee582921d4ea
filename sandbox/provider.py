"""The provincial identity provider (sample): OpenID Connect, authorization code with PKCE."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.codes import CodeRefused
from sandbox.outside import Outside, outside_of
from sandbox.provider_login import (
    Asked,
    BadRequest,
    Login,
    LoginRefused,
    check_client,
    claims_of,
    proves,
    read_request,
)

PAGES = Path(__file__).parent / "pages"
templates = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
PAGE_HEADERS = {
    **NOT_KEPT,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
}
DENY = "deny"
LEVELS = {2: "短信核验", 3: "身份信息核验", 4: "人脸核验", 5: "窗口当面核验"}


def issuer_of(request: Request) -> str:
    """The provider's own name: the address it was called at."""
    return f"{request.url.scheme}://{request.url.netloc}/provider"


async def discovery(request: Request) -> Response:
    """GET /provider/.well-known/openid-configuration."""
    issuer = issuer_of(request)
    return JSONResponse(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "phone"],
            "authorization_response_iss_parameter_supported": True,
            "claims_supported": [
                *("iss", "aud", "sub", "nonce", "iat", "exp", "auth_time"),
                *("name", "id_type", "id_number", "assurance_level", "phone_number"),
            ],
        }
    )


async def jwks(request: Request) -> Response:
    """GET /provider/jwks: the public keys."""
    return JSONResponse(outside_of(request).provider_keys.jwks())


async def style(request: Request) -> Response:
    """GET /provider/style.css."""
    return FileResponse(PAGES / "provider.css", media_type="text/css")


async def authorize(request: Request) -> Response:
    """GET shows the sample people; a POST, or a `login_hint`, chooses one (or `deny`)."""
    outside = outside_of(request)
    try:
        told = dict(request.query_params)
        if request.method == "POST":
            told |= await form_of(request)
        check_client(outside.config, told)
    except BadRequest as bad:
        return page("refused.html", 400, reason=str(bad))
    choice = told.get("person") or told.get("login_hint")
    try:
        asked = read_request(told)
        if not choice:
            people = list(outside.people)[:20]
            return page("choose.html", 200, people=people, told=told, levels=LEVELS)
        answer = _chosen(outside, asked, choice, told.get("assurance_level", ""))
    except LoginRefused as no:
        answer = {"error": no.error, "error_description": no.description}
    asked_back = Asked("", told["redirect_uri"], told.get("state", ""), "", "", "")
    return RedirectResponse(asked_back.back(**answer, iss=issuer_of(request)), 302, NOT_KEPT)


def _chosen(outside: Outside, asked: Asked, choice: str, level: str) -> dict[str, str]:
    if choice == DENY:
        raise LoginRefused("access_denied", "the person said no")
    person = outside.people.find(choice)
    if person is None:
        raise LoginRefused("access_denied", "nobody of that name")
    if level and (not level.isascii() or not level.isdigit() or int(level) not in LEVELS):
        raise LoginRefused("invalid_request", "assurance_level is 2 to 5")
    login = Login(asked, person, int(level) if level else person.assurance_level)
    return {"code": outside.authorizations.issue(login)}


async def token(request: Request) -> Response:
    """POST /provider/token: an id_token for a code, once, with the PKCE verifier."""
    outside = outside_of(request)
    try:
        form = await form_of(request)
        _check_secret(outside, request, form)
        if form.get("grant_type") != "authorization_code":
            raise LoginRefused("unsupported_grant_type", "only authorization_code")
        login = _redeemed(outside, form)
    except BadRequest as bad:
        return _oauth_error("invalid_request", str(bad), 400)
    except LoginRefused as no:
        status = 401 if no.error == "invalid_client" else 400
        return _oauth_error(no.error, no.description, status)
    fault = outside.provider_faults.pop(0) if outside.provider_faults else None
    claims = claims_of(login, issuer_of(request), outside.clock.seconds(), fault)
    answer = {
        "access_token": secrets.token_urlsafe(32),
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": login.asked.scope,
        "id_token": outside.provider_keys.sign(claims, fault),
    }
    if fault == "no_id_token":
        del answer["id_token"]
    return JSONResponse(answer, headers=NOT_KEPT)


def _redeemed(outside: Outside, form: dict[str, str]) -> Login:
    try:
        login = outside.authorizations.redeem(form.get("code", ""))
    except CodeRefused as no:
        raise LoginRefused("invalid_grant", f"code is {no}") from None
    if form.get("redirect_uri") != login.asked.redirect_uri:
        raise LoginRefused("invalid_grant", "redirect_uri differs from the request")
    if not proves(form.get("code_verifier", ""), login.asked.code_challenge):
        raise LoginRefused("invalid_grant", "code_verifier does not fit the code_challenge")
    return login


def _check_secret(outside: Outside, request: Request, form: dict[str, str]) -> None:
    header = request.headers.get("authorization", "")
    if header and "client_secret" in form:
        raise BadRequest("one way of client authentication at a time")
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if header:
        client, secret = _basic(header)
    config = outside.config
    known = hmac.compare_digest(client.encode(), config.provider_client_id.encode())
    right = hmac.compare_digest(secret.encode(), config.provider_client_secret.encode())
    if not (known and right):
        raise LoginRefused("invalid_client", "client authentication failed")


def _basic(header: str) -> tuple[str, str]:
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise LoginRefused("invalid_client", "unreadable Authorization header")
    return unquote_plus(client), unquote_plus(secret)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of an urlencoded body. Raises BadRequest for another type or a repeated field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/x-www-form-urlencoded":
        raise BadRequest("body must be application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        raise BadRequest("body cannot be read") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadRequest("a field is given twice")
    return form


def page(name: str, status: int, **facts: object) -> Response:
    """One of the provider's pages."""
    return HTMLResponse(templates.get_template(name).render(**facts), status, PAGE_HEADERS)


def _oauth_error(error: str, description: str, status: int) -> Response:
    headers = dict(NOT_KEPT)
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="provider"'
    told = {"error": error, "error_description": description}
    return JSONResponse(told, status, headers)


routes = [
    Route("/provider/.well-known/openid-configuration", discovery),
    Route("/provider/authorize", authorize, methods=["GET", "POST"]),
    Route("/provider/token", token, methods=["POST"]),
    Route("/provider/jwks", jwks),
    Route("/provider/style.css", style),
]
