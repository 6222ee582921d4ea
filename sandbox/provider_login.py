"""One log-in at the identity provider: what a client asked for and who answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.config import Config, is_loopback
from sandbox.people import Person

ID_TOKEN_SECONDS = 300
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

# Switchable misbehaviour of the id_token, each used once per entry in the script.
FAULTS = frozenset(
    {
        "wrong_nonce",
        "expired",
        "wrong_signature",
        "wrong_audience",
        "wrong_issuer",
        "unknown_key",
        "no_algorithm",
        "no_id_token",
        "no_identity",
    }
)


class BadRequest(Exception):
    """The request may not even be answered by a redirect: client or redirect_uri is wrong."""


class LoginRefused(Exception):
    """The request is refused with an OAuth error code and a description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    code_challenge: str
    scope: str

    def back(self, **told: str) -> str:
        """The redirect address with the answer in its query."""
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        return f"{self.redirect_uri}{joint}{urlencode({**told, 'state': self.state})}"


@dataclass(frozen=True, slots=True)
class Login:
    """An authorization that a code stands for."""

    asked: Asked
    person: Person
    level: int


def check_client(config: Config, told: Mapping[str, str]) -> None:
    """Raise BadRequest unless client and redirect_uri are ours (any loopback address is)."""
    if told.get("client_id") != config.provider_client_id:
        raise BadRequest("client_id 未登记")
    redirect = told.get("redirect_uri", "")
    if not is_loopback(redirect) or urlsplit(redirect).fragment:
        raise BadRequest("redirect_uri 未登记")


def read_request(told: Mapping[str, str]) -> Asked:
    """Check an authorization request whose client is known. Raises LoginRefused."""
    if told.get("response_type") != "code":
        raise LoginRefused("unsupported_response_type", "response_type must be code")
    if "openid" not in told.get("scope", "").split():
        raise LoginRefused("invalid_scope", "scope must contain openid")
    for name in ("state", "nonce"):
        if not told.get(name):
            raise LoginRefused("invalid_request", f"{name} is required")
    if told.get("code_challenge_method") != "S256":
        raise LoginRefused("invalid_request", "PKCE with S256 is required")
    if not CHALLENGE.fullmatch(told.get("code_challenge", "")):
        raise LoginRefused("invalid_request", "code_challenge must be 43 base64url characters")
    names = ("client_id", "redirect_uri", "state", "nonce", "code_challenge", "scope")
    return Asked(*(told[name] for name in names))


def proves(verifier: str, challenge: str) -> bool:
    """Whether a PKCE verifier belongs to an S256 challenge (RFC 7636)."""
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(expected, challenge)


def claims_of(login: Login, issuer: str, now: int, fault: str | None) -> dict[str, Any]:
    """The claims of the id_token; a fault spoils one of them. `now` is epoch seconds."""
    person, asked = login.person, login.asked
    issued_at = now - 7200 if fault == "expired" else now
    claims = {
        "iss": f"{issuer}/other" if fault == "wrong_issuer" else issuer,
        "aud": "another-client" if fault == "wrong_audience" else asked.client_id,
        "sub": person.subject,
        "nonce": f"{asked.nonce}x" if fault == "wrong_nonce" else asked.nonce,
        "iat": issued_at,
        "auth_time": issued_at,
        "exp": issued_at + ID_TOKEN_SECONDS,
    }
    if fault == "no_identity":
        return claims
    return claims | {
        "name": person.name,
        "id_type": person.id_type,
        "id_number": person.id_number,
        "assurance_level": login.level,
        "phone_number": person.phone_number,
    }
