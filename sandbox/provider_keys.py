"""The identity provider's ES256 keys: what it signs with and what it publishes."""

from __future__ import annotations

import hashlib
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

Key = ec.EllipticCurvePrivateKey


def new_key() -> Key:
    """A fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_id(key: Key) -> str:
    """A name for the key, made of its public half."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(public).hexdigest()[:16]


class ProviderKeys:
    """The signing key and the one before it, both published."""

    def __init__(self) -> None:
        self._keys = [new_key()]

    def rotate(self) -> None:
        """Sign with a new key from now on; the one before the last is forgotten."""
        self._keys = [new_key(), self._keys[0]]

    def jwks(self) -> dict[str, Any]:
        """The public keys, as a JSON Web Key Set."""
        return {"keys": [_published(key) for key in self._keys]}

    def sign(self, claims: dict[str, Any], fault: str | None = None) -> str:
        """A signed token; the faults wrong_signature, unknown_key and no_algorithm forge it."""
        key = self._keys[0]
        if fault == "no_algorithm":
            return jwt.encode(claims, "", algorithm="none")
        if fault in ("wrong_signature", "unknown_key"):
            forged = new_key()
            kid = key_id(forged if fault == "unknown_key" else key)
            return jwt.encode(claims, forged, algorithm="ES256", headers={"kid": kid})
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id(key)})


def _published(key: Key) -> dict[str, Any]:
    public: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return public | {"kid": key_id(key), "use": "sig", "alg": "ES256"}
