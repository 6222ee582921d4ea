"""Access tokens: ES256, a quarter of an hour, no personal data (RFC 9068, RFC 8725).

A token says which session it belongs to; who that is, is asked of the tables. PyJWT checks the
signature, the key's name, issuer, audience and that every claim is there; the times are checked
here, against the world's clock.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from citydesk.identity.refusals import SessionOver, TokenRefused
from citydesk.kit.ids import new_id
from citydesk.settings import Settings
from citydesk.world import World

ALGORITHM = "ES256"
TYPE = "at+jwt"
AUDIENCE = "citydesk"
LIFETIME = timedelta(minutes=15)
SKEW_SECONDS = 5
LONGEST_TOKEN = 4096
REQUIRED = ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "role"]
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a proven token says: its session, and when it ends (seconds since 1970)."""

    session_id: UUID
    ends: int


class SigningKeys:
    """The keys that sign access tokens: the first signs, the others still prove (rotation)."""

    def __init__(self, pem: str) -> None:
        blocks = [found.group(0) for found in _PEM.finditer(pem.replace("\\n", "\n"))]
        keys = [load_pem_private_key(block.encode(), None) for block in blocks]
        if not keys:
            raise ValueError("no PEM private key to sign access tokens with")
        self.public: dict[str, EllipticCurvePublicKey] = {}
        for key in reversed(keys):
            if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
                raise ValueError("access tokens are signed with P-256 keys (ES256)")
            self.kid = _name(key.public_key())
            self.private = key
            self.public[self.kid] = key.public_key()


class KeyRing:
    """The signing keys of one world, read from the settings once."""

    def __init__(self) -> None:
        self._read: tuple[str, SigningKeys] | None = None

    def of(self, settings: Settings) -> SigningKeys:
        """Return the keys of these settings."""
        if self._read is None or self._read[0] != settings.signing_key:
            self._read = settings.signing_key, SigningKeys(settings.signing_key)
        return self._read[1]


def check_signing_key(settings: Settings) -> None:
    """Refuse to start with a key that could sign nobody in.

    Raises:
        ValueError: naming the setting; never what is in it.
    """
    try:
        _ = SigningKeys(settings.signing_key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("CITYDESK_SIGNING_KEY is no open P-256 private key in PEM") from None


def access_token(world: World, session_id: UUID, subject: UUID, role: str) -> str:
    """Sign a token for a session; ``subject`` is an account or an officer."""
    keys = world.kept(KeyRing).of(world.settings)
    now = int(world.clock.now().timestamp())
    claims = {
        "iss": world.settings.public_url,
        "aud": AUDIENCE,
        "sub": str(subject),
        "sid": str(session_id),
        "jti": str(new_id()),
        "iat": now,
        "exp": now + int(LIFETIME.total_seconds()),
        "role": role,
    }
    return jwt.encode(
        claims, keys.private, algorithm=ALGORITHM, headers={"kid": keys.kid, "typ": TYPE}
    )


def proven(world: World, token: str) -> Claims:
    """Return what a token says, once everything about it is proven.

    Raises:
        TokenRefused: it is not ours, not for this, altered, or too long.
        SessionOver: its time is over.
    """
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise refused()
    keys = world.kept(KeyRing).of(world.settings).public
    try:
        header = jwt.get_unverified_header(token)
        key = keys.get(str(header.get("kid")))
        if key is None or header.get("typ") != TYPE:
            raise refused()
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=world.settings.public_url,
            options={
                "require": REQUIRED,
                "strict_aud": True,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        session_id = UUID(claims["sid"])
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise refused() from None
    return Claims(session_id, _within_its_time(claims, world.clock.now().timestamp()))


def _within_its_time(claims: dict[str, Any], now: float) -> int:
    issued, ends = claims["iat"], claims["exp"]
    if type(issued) is not int or type(ends) is not int:
        raise refused()
    if not 0 < ends - issued <= LIFETIME.total_seconds() or issued > now + SKEW_SECONDS:
        raise refused()
    if "nbf" in claims:
        raise refused()
    if now >= ends:
        raise over()
    return ends


def over() -> SessionOver:
    """Say that a session or its token has run out."""
    return SessionOver("登录已过期，请重新登录。")


def refused() -> TokenRefused:
    """Say that a token proves nothing."""
    return TokenRefused("登录信息无效，请重新登录。")


def _name(key: EllipticCurvePublicKey) -> str:
    """Name a key by what it is: the first 16 characters of its hash."""
    raw = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode()[:16]
