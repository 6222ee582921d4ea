"""The province's identity provider (统一身份认证平台), by OpenID Connect: code flow with PKCE.

The answer is believed only when it is signed (ES256) by a key the provider publishes, was made for
us, for this very attempt (nonce), and just now. OpenID Connect Core 1.0, 3.1.3.7; RFC 7636.
"""

import base64
import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt

from citydesk.gateways.verified_person import VerifiedPerson, person_in
from citydesk.kit.http import Answer, Http
from citydesk.kit.refusals import Conflict, Forbidden
from citydesk.kit.troubles import GatewayTrouble

__all__ = ["AnswerNotTrusted", "AuthorizationRefused", "IdentityProvider", "VerifiedPerson"]

ALGORITHM = "ES256"
SCOPE = "openid profile phone"
LARGEST_DOCUMENT = 64 * 1024
LARGEST_TOKEN = 16 * 1024
MOST_KEYS = 20
DOCUMENT_SECONDS = 3600.0
REFETCH_SECONDS = 10.0
LEEWAY_SECONDS = 60
LONGEST_LIFE_SECONDS = 3600
LONGEST_CODE = 1024
REQUIRED = ["iss", "aud", "sub", "exp", "iat", "nonce"]
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class AuthorizationRefused(Conflict):
    """The provider does not accept the code: unknown, used before, or too late."""

    title = "Authorization refused"


class AnswerNotTrusted(Forbidden):
    """The provider's answer proves nothing: wrong signature, receiver, nonce or time."""

    title = "Answer not trusted"


@dataclass(slots=True)
class _Known:
    """What the provider published, and when we read it (seconds of the monotonic clock)."""

    document: dict[str, Any] = field(default_factory=dict)
    document_at: float = -math.inf
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    keys_at: float = -math.inf


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One OpenID Connect provider, of which we are a client."""

    http: Http
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    known: _Known = field(default_factory=_Known, repr=False, compare=False)

    async def authorize_url(
        self, redirect_uri: str, state: str, nonce: str, code_challenge: str
    ) -> str:
        """Return the address to send the citizen's browser to; raises GatewayTrouble."""
        endpoint = (await self._document())["authorization_endpoint"]
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": code_challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    async def redeem(
        self, code: str, redirect_uri: str, verifier: str, nonce: str, now: datetime
    ) -> VerifiedPerson:
        """Exchange an authorization code for the person it proves.

        Raises:
            AuthorizationRefused: the provider does not accept the code.
            AnswerNotTrusted: its answer does not prove anything.
            GatewayTrouble: it failed, or its answer cannot be read.
        """
        if not code or len(code) > LONGEST_CODE:
            raise _refused()
        told = await self._token(code, redirect_uri, verifier)
        claims = await self._claims(told.get("id_token"), nonce, now)
        if "id_number" not in claims:
            claims = await self._more(claims, told.get("access_token"))
        return person_in(claims)

    async def check(self) -> None:
        """Ask whether the provider answers and publishes keys; raises GatewayTrouble."""
        self.known.document_at = self.known.keys_at = -math.inf
        await self._document()
        await self._read_keys()

    async def _token(self, code: str, redirect_uri: str, verifier: str) -> dict[str, Any]:
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        answer = await self.http.call(
            "POST",
            (await self._document())["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
            headers={
                "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "Accept": "application/json",
            },
            once=True,
        )
        told = _object(answer, "token endpoint", expected=(200, 400))
        if answer.status == 400:
            if told.get("error") == "invalid_grant":
                raise _refused()
            raise GatewayTrouble(f"token endpoint: {str(told.get('error'))[:40]}")
        return told

    async def _claims(self, token: Any, nonce: str, now: datetime) -> dict[str, Any]:
        """Read an id_token that is proven; see the module's first words."""
        if not isinstance(token, str) or len(token) > LARGEST_TOKEN:
            raise GatewayTrouble("token endpoint: no id_token, or one too large")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = await self._key(kid)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self.client_id,
                issuer=self.issuer,
                # The times are checked below, against the world's clock and strictly.
                options={
                    "require": REQUIRED,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.PyJWTError as wrong:
            raise _untrusted(type(wrong).__name__) from None
        self._check_claims(claims, nonce, now.timestamp())
        return claims

    def _check_claims(self, claims: dict[str, Any], nonce: str, now: float) -> None:
        issued, ends = _instant(claims["iat"]), _instant(claims["exp"])
        begins = _instant(claims.get("nbf", claims["iat"]))
        if not (issued - LEEWAY_SECONDS <= now < ends + LEEWAY_SECONDS):
            raise _untrusted("out of its time")
        if begins - LEEWAY_SECONDS > now or ends - issued > LONGEST_LIFE_SECONDS:
            raise _untrusted("not yet begun, or made to live too long")
        if now - issued > LONGEST_LIFE_SECONDS:
            raise _untrusted("too old")
        if claims["nonce"] != nonce:
            raise _untrusted("made for another attempt")
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.client_id) != self.client_id:
            raise _untrusted("made for another client")

    async def _more(self, claims: dict[str, Any], access_token: Any) -> dict[str, Any]:
        """Add what the provider tells at its userinfo endpoint only; the subject must agree."""
        endpoint = (await self._document()).get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not isinstance(access_token, str):
            raise GatewayTrouble("the provider tells no id_number")
        if len(access_token) > LARGEST_TOKEN or not access_token.isascii():
            raise GatewayTrouble("token endpoint: unusable access_token")
        answer = await self.http.call(
            "GET", endpoint, headers={"Authorization": f"Bearer {access_token}"}
        )
        told = _object(answer, "userinfo")
        if told.get("sub") != claims["sub"]:
            raise _untrusted("userinfo speaks of another person")
        return {**told, **claims}

    async def _document(self) -> dict[str, Any]:
        known = self.known
        if time.monotonic() - known.document_at > DOCUMENT_SECONDS:
            url = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            told = _object(await self.http.call("GET", url), "discovery")
            self._check_document(told)
            known.document, known.document_at = told, time.monotonic()
        return known.document

    def _check_document(self, told: dict[str, Any]) -> None:
        if told.get("issuer") != self.issuer:
            raise GatewayTrouble("discovery: speaks for another issuer")
        scheme = urlsplit(self.issuer).scheme
        for name in ENDPOINTS:
            address = told.get(name)
            if not isinstance(address, str) or urlsplit(address).scheme != scheme:
                raise GatewayTrouble(f"discovery: no usable {name}")

    async def _key(self, kid: Any) -> jwt.PyJWK:
        """Return the provider's key by its name; an unknown name makes us look again, rarely."""
        if not isinstance(kid, str):
            raise _untrusted("no key named")
        known = self.known
        age = time.monotonic() - known.keys_at
        if age > DOCUMENT_SECONDS or (kid not in known.keys and age > REFETCH_SECONDS):
            await self._read_keys()
        if kid not in known.keys:
            raise _untrusted("unknown key")
        return known.keys[kid]

    async def _read_keys(self) -> None:
        answer = await self.http.call("GET", (await self._document())["jwks_uri"])
        told = _object(answer, "jwks").get("keys")
        if not isinstance(told, list) or len(told) > MOST_KEYS:
            raise GatewayTrouble("jwks: no list of keys, or too many")
        self.known.keys = dict(read for each in told if (read := _key(each)))
        self.known.keys_at = time.monotonic()


def _key(told: Any) -> tuple[str, jwt.PyJWK] | None:
    """Read a published key if it is one for ES256 signatures; others are not for us."""
    if not isinstance(told, dict) or not isinstance(told.get("kid"), str):
        return None
    shape = (told.get("kty"), told.get("crv"), told.get("use", "sig"), told.get("alg", ALGORITHM))
    if shape != ("EC", "P-256", "sig", ALGORITHM):
        return None
    try:
        return told["kid"], jwt.PyJWK(told, algorithm=ALGORITHM)
    except jwt.PyJWTError:
        return None


def _object(answer: Answer, where: str, expected: tuple[int, ...] = (200,)) -> dict[str, Any]:
    if answer.status not in expected:
        raise GatewayTrouble(f"{where}: status {answer.status}")
    if len(answer.body) > LARGEST_DOCUMENT:
        raise GatewayTrouble(f"{where}: answer too large")
    told = answer.json()
    if not isinstance(told, dict):
        raise GatewayTrouble(f"{where}: not an object")
    return told


def _instant(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or abs(told) > 1e11:
        raise _untrusted("a time that is none")
    return float(told)


def _refused() -> AuthorizationRefused:
    return AuthorizationRefused("这次认证已失效，请回到原来的页面重新发起实名认证。")


def _untrusted(why: str) -> AnswerNotTrusted:
    return AnswerNotTrusted("身份认证结果没有通过校验，请重新发起实名认证。", why=why)
