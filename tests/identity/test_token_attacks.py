"""Access tokens under attack (limits.md T32): none of these gets in."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citydesk import identity
from citydesk.identity.tokens import KeyRing
from citydesk.kit.clock import SetClock
from citydesk.kit.refusals import Unidentified
from citydesk.world import World
from tests.identity.browser import Browser

Claims = dict[str, Any]


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def good(browser: Browser) -> tuple[str, Claims, dict[str, Any]]:
    token = (await browser.signs_in("zhang")).access_token
    claims = jwt.decode(token, options={"verify_signature": False})
    return token, claims, jwt.get_unverified_header(token)


def signed(world: World, claims: Claims, **header: Any) -> str:
    """Sign whatever we like with the real key."""
    keys = world.kept(KeyRing).of(world.settings)
    headers = {"kid": keys.kid, "typ": "at+jwt", **header}
    return jwt.encode(claims, keys.private, algorithm="ES256", headers=headers)


async def refused(world: World, token: str) -> None:
    with pytest.raises(Unidentified):
        await identity.asker_for(world, token)


async def test_a_token_signed_by_hand_like_ours_is_admitted(browser: Browser, world: World) -> None:
    """The positive control of every forgery below."""
    _, claims, _ = await good(browser)
    await identity.asker_for(world, signed(world, claims))


NOW = 1_772_413_200  # the clock of the tests


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"iss": ["http://127.0.0.1:8000"]},
        {"aud": "another"},
        {"aud": ["citydesk", "another"]},
        {"aud": ["citydesk"]},
        {"exp": 1e308},
        {"exp": float(NOW + 900)},
        {"exp": str(NOW + 900)},
        {"exp": True},
        {"exp": NOW + 901},
        {"exp": NOW + 10**9},
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": -1},
        {"iat": NOW + 6},
        {"iat": NOW - 10**6},
        {"iat": None},
        {"nbf": NOW + 60},
        {"nbf": 0},
        {"sid": "not-a-session"},
        {"sid": 5},
        {"sid": ["a"]},
        {"sid": None},
        {"sid": "00000000-0000-0000-0000-000000000000"},
        {"sub": 5},
        {"jti": 5},
    ],
    ids=repr,
)
async def test_claims_that_are_not_as_we_write_them(
    browser: Browser, world: World, changed: Claims
) -> None:
    _, claims, _ = await good(browser)
    if "iss" in changed and changed["iss"] is None:
        claims.pop("iss")
        changed = {}
    try:
        token = signed(world, {**claims, **changed})
    except TypeError:  # PyJWT itself will not write it: write it by hand
        token = by_hand(world, {**claims, **changed})
    await refused(world, token)


def by_hand(world: World, claims: Claims) -> str:
    keys = world.kept(KeyRing).of(world.settings)
    head = b64(json.dumps({"alg": "ES256", "kid": keys.kid, "typ": "at+jwt"}).encode())
    text = f"{head}.{b64(json.dumps(claims).encode())}"
    algorithm = jwt.get_algorithm_by_name("ES256")
    return f"{text}.{b64(algorithm.sign(text.encode(), keys.private))}"


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "jti", "iat", "exp", "role"])
async def test_a_claim_left_out(browser: Browser, world: World, name: str) -> None:
    _, claims, _ = await good(browser)
    del claims[name]
    await refused(world, signed(world, claims))


@pytest.mark.parametrize(
    "header",
    [
        {"kid": "another"},
        {"kid": ""},
        {"kid": None},
        {"kid": "../../etc/passwd"},
        {"typ": "JWT"},
        {"typ": None},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
    ],
    ids=repr,
)
async def test_headers_that_are_not_as_we_write_them(
    browser: Browser, world: World, header: Claims
) -> None:
    _, claims, _ = await good(browser)
    keys = world.kept(KeyRing).of(world.settings)
    whole = {"alg": "ES256", "kid": keys.kid, "typ": "at+jwt", **header}
    text = f"{b64(json.dumps(whole).encode())}.{b64(json.dumps(claims).encode())}"
    signature = jwt.get_algorithm_by_name("ES256").sign(text.encode(), keys.private)
    await refused(world, f"{text}.{b64(signature)}")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
async def test_no_signature_at_all(browser: Browser, world: World, algorithm: str) -> None:
    token, claims, header = await good(browser)
    head = b64(json.dumps({**header, "alg": algorithm}).encode())
    body = b64(json.dumps(claims).encode())
    for signature in ("", b64(b"\0" * 64), token.rsplit(".", 1)[1]):
        await refused(world, f"{head}.{body}.{signature}")


@pytest.mark.parametrize("form", ["pem", "der", "raw"])
async def test_the_public_key_used_as_a_shared_secret(
    browser: Browser, world: World, form: str
) -> None:
    _, claims, header = await good(browser)
    public = world.kept(KeyRing).of(world.settings).private.public_key()
    secret = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "raw": public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
    }[form]
    head = b64(json.dumps({**header, "alg": "HS256"}).encode())
    text = f"{head}.{b64(json.dumps(claims).encode())}"
    await refused(world, f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}")


async def test_another_key_under_our_keys_name(browser: Browser, world: World) -> None:
    _, claims, header = await good(browser)
    forged = ec.generate_private_key(ec.SECP256R1())
    await refused(world, jwt.encode(claims, forged, algorithm="ES256", headers=header))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5c", "x5u"])
async def test_a_key_that_the_token_brings_along(browser: Browser, world: World, name: str) -> None:
    _, claims, header = await good(browser)
    forged = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(forged.public_key(), as_dict=True)
    brought = public if name == "jwk" else "http://127.0.0.1:1/keys"
    headers = {**header, name: brought, "kid": "mine"}
    await refused(world, jwt.encode(claims, forged, algorithm="ES256", headers=headers))


async def test_an_id_token_of_the_provider_is_no_access_token(
    browser: Browser, world: World
) -> None:
    _, claims, _ = await good(browser)
    await refused(world, signed(world, {**claims, "nonce": "n"}, typ="JWT"))


async def test_signatures_of_zeros_and_of_other_lengths(browser: Browser, world: World) -> None:
    token, _, _ = await good(browser)
    text = token.rsplit(".", 1)[0]
    for signature in (b"", b"\0" * 64, b"\0" * 63, b"\xff" * 64, b"\1" * 1000):
        await refused(world, f"{text}.{b64(signature)}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 0.999), letter=st.sampled_from("ABCxyz019-_.= \n"))
async def test_a_token_with_any_letter_changed(
    browser: Browser, world: World, place: float, letter: str
) -> None:
    tokens = world.memory.setdefault(str, [await browser.signs_in("zhang")])
    token = tokens[0].access_token
    at = int(place * len(token))
    if at == len(token) - 1 or token[at] == letter:
        return  # the last letter carries four bits nobody reads: the same token, written otherwise
    await refused(world, token[:at] + letter + token[at + 1 :])


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b.c", "Bearer x", "é", "\ud800", "x" * 5000, "x" * 10**6]
)
async def test_things_that_are_no_tokens(world: World, token: str) -> None:
    await refused(world, token)


async def test_a_token_otherwise_good_but_too_long(browser: Browser, world: World) -> None:
    _, claims, _ = await good(browser)
    await refused(world, signed(world, {**claims, "jti": "x" * 4096}))


async def test_the_same_token_written_otherwise_dies_with_its_session(
    browser: Browser, world: World
) -> None:
    token, _, _ = await good(browser)
    await identity.sign_out(world, await identity.asker_for(world, token))
    await refused(world, token + "=")
    await refused(world, token)


async def test_a_token_of_somebodys_session_shows_that_session_whatever_its_subject(
    browser: Browser, world: World
) -> None:
    _, claims, _ = await good(browser)
    asker = await identity.asker_for(
        world, signed(world, {**claims, "sub": str(uuid4()), "role": "admin"})
    )
    assert isinstance(asker, identity.Citizen)


async def test_keys_roll_over_without_a_refusal(browser: Browser, world: World) -> None:
    before = (await browser.signs_in("zhang")).access_token
    new = pem(ec.generate_private_key(ec.SECP256R1()))
    rolled = replace(
        world,
        settings=replace(world.settings, signing_key=new + world.settings.signing_key),
        memory={},
    )
    after = (await replace(browser, world=rolled).signs_in("zhang")).access_token
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    for token in (before, after):
        await identity.asker_for(rolled, token)
    # Once the old key is gone, so are its tokens.
    alone = replace(rolled, settings=replace(world.settings, signing_key=new), memory={})
    await refused(alone, before)
    await identity.asker_for(alone, after)


async def test_a_key_of_another_curve_is_not_signed_with(world: World) -> None:
    other = replace(world.settings, signing_key=pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(ValueError, match="P-256"):
        KeyRing().of(other)
    with pytest.raises(ValueError, match="no PEM"):
        KeyRing().of(replace(world.settings, signing_key="nonsense"))


async def test_a_token_from_the_future_is_refused_beyond_five_seconds_of_skew(
    browser: Browser, world: World, clock: SetClock
) -> None:
    token, _, _ = await good(browser)
    clock.move(seconds=-5)
    await identity.asker_for(world, token)
    clock.move(seconds=-1)
    await refused(replace(world, memory={}), token)
