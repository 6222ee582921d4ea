"""The identity provider: code with PKCE, once; and every way its id_token can be wrong."""

import base64
import hashlib
import secrets
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

BACK = "http://127.0.0.1:8000/api/identity/callback"
VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


def asked(**changed):
    whole = {
        "response_type": "code",
        "client_id": "citydesk",
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": "s1&s2",
        "nonce": "n1",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    }
    return {key: value for key, value in (whole | changed).items() if value is not None}


async def authorize(outside, **changed):
    """The query of the redirect that answers an authorization request."""
    url = f"{outside.url}/provider/authorize"
    async with outside.http.get(url, params=asked(**changed), allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        assert answer.headers["Location"].startswith(f"{BACK}?")
        query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}


async def redeem(outside, code, *, basic=True, **changed):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    form |= {"code_verifier": VERIFIER}
    known = f"citydesk:{outside.config.provider_client_secret}".encode()
    form = {key: value for key, value in (form | changed).items() if value is not None}
    url = f"{outside.url}/provider/token"
    headers = {"Authorization": f"Basic {base64.b64encode(known).decode()}"} if basic else {}
    async with outside.http.post(url, data=form, headers=headers) as answer:
        return answer.status, await answer.json()


async def claims(outside, id_token):
    async with outside.http.get(f"{outside.url}/provider/jwks") as answer:
        keys = jwt.PyJWKSet.from_dict(await answer.json())
    key = keys[jwt.get_unverified_header(id_token)["kid"]]
    issuer = f"{outside.url}/provider"
    return jwt.decode(id_token, key, algorithms=["ES256"], audience="citydesk", issuer=issuer)


async def test_discovery_names_the_endpoints_at_the_address_it_was_called(outside):
    url = f"{outside.url}/provider/.well-known/openid-configuration"
    async with outside.http.get(url) as answer:
        found = await answer.json()
    assert found["issuer"] == f"{outside.url}/provider"
    assert found["token_endpoint"] == f"{outside.url}/provider/token"
    assert found["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize("basic", [True, False])
async def test_a_person_logs_in_and_the_token_tells_who_they_are(outside, basic):
    back = await authorize(outside, login_hint="zhang")
    assert (back["state"], back["iss"]) == ("s1&s2", f"{outside.url}/provider")
    by_post = {"client_id": "citydesk", "client_secret": outside.config.provider_client_secret}
    more = {} if basic else by_post
    status, answer = await redeem(outside, back["code"], basic=basic, **more)
    assert (status, answer["token_type"]) == (200, "Bearer")
    told = await claims(outside, answer["id_token"])
    person = await outside.person("zhang")
    for name in ("name", "id_type", "id_number", "phone_number", "assurance_level"):
        assert told[name] == person[name]
    assert (told["sub"], told["nonce"]) == (person["subject"], "n1")
    assert told["exp"] - told["iat"] == 300
    assert told["id_number"].startswith("990000")


async def test_the_page_lists_the_people_and_its_form_chooses_one(outside):
    url = f"{outside.url}/provider/authorize"
    async with outside.http.get(url, params=asked(state='"><b>')) as answer:
        page = await answer.text()
    assert "张示例（想开饭店，示例）" in page
    assert '"><b>' not in page
    form = asked(person="zhou", assurance_level="4")
    async with outside.http.post(url, data=form, allow_redirects=False) as answer:
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    _, answer = await redeem(outside, code)
    told = await claims(outside, answer["id_token"])
    assert (told["name"], told["assurance_level"]) == ("周示例", 4)


async def test_a_person_may_say_no(outside):
    back = await authorize(outside, login_hint="deny")
    assert (back["error"], back["state"]) == ("access_denied", "s1&s2")


async def test_a_code_works_once(outside):
    code = (await authorize(outside, login_hint="zhang"))["code"]
    assert (await redeem(outside, code))[0] == 200
    status, answer = await redeem(outside, code)
    assert (status, answer["error"]) == (400, "invalid_grant")


async def test_a_code_dies_after_five_minutes(outside):
    code = (await authorize(outside, login_hint="zhang"))["code"]
    await outside.post("clock", move_seconds=300)
    assert (await redeem(outside, code))[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"state": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"assurance_level": "9"}, "invalid_request"),
    ],
)
async def test_a_request_without_pkce_state_or_nonce_is_sent_back(outside, changed, error):
    assert (await authorize(outside, login_hint="zhang", **changed))["error"] == error


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://example.com/callback"},
        {"redirect_uri": "http://127.0.0.1.example.com/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": f"{BACK}#fragment"},
        {"redirect_uri": None},
    ],
)
async def test_a_foreign_address_is_never_redirected_to(outside, changed):
    url = f"{outside.url}/provider/authorize"
    params = asked(login_hint="zhang", **changed)
    async with outside.http.get(url, params=params, allow_redirects=False) as answer:
        assert answer.status == 400
        assert "请返回原来的页面" in await answer.text()


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"code_verifier": "x" * 43}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:8000/other"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": "nonsense"}, 400, "invalid_grant"),
        ({"client_secret": "twice"}, 400, "invalid_request"),
        ({"basic": False, "client_id": "citydesk", "client_secret": "no"}, 401, "invalid_client"),
        ({"basic": False}, 401, "invalid_client"),
    ],
)
async def test_a_wrong_token_request_is_refused(outside, changed, status, error):
    code = (await authorize(outside, login_hint="zhang"))["code"]
    got, answer = await redeem(outside, **({"code": code} | changed))
    assert (got, answer["error"]) == (status, error)


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("wrong_signature", jwt.InvalidSignatureError),
        ("wrong_audience", jwt.InvalidAudienceError),
        ("wrong_issuer", jwt.InvalidIssuerError),
        ("unknown_key", KeyError),
        ("no_algorithm", KeyError),
    ],
)
async def test_a_spoilt_token_is_spoilt_in_one_way_and_once(outside, fault, refusal):
    await outside.post("provider", faults=[fault])
    code = (await authorize(outside, login_hint="zhang"))["code"]
    _, answer = await redeem(outside, code)
    with pytest.raises(refusal):
        await claims(outside, answer["id_token"])
    code = (await authorize(outside, login_hint="zhang"))["code"]
    _, answer = await redeem(outside, code)
    assert (await claims(outside, answer["id_token"]))["nonce"] == "n1"


async def test_nonce_identity_and_token_can_be_missing_or_wrong(outside):
    await outside.post("provider", faults=["wrong_nonce", "no_identity", "no_id_token"])
    answers = []
    for _ in range(3):
        code = (await authorize(outside, login_hint="zhang"))["code"]
        answers.append((await redeem(outside, code))[1])
    assert (await claims(outside, answers[0]["id_token"]))["nonce"] != "n1"
    assert "id_number" not in await claims(outside, answers[1]["id_token"])
    assert "id_token" not in answers[2]
    assert "error" in await outside.ctl("POST", "provider", expect=400, faults=["unheard_of"])


async def test_after_a_rotation_old_tokens_still_verify(outside):
    code = (await authorize(outside, login_hint="zhang"))["code"]
    _, before = await redeem(outside, code)
    await outside.post("provider", rotate_keys=True)
    code = (await authorize(outside, login_hint="zhang"))["code"]
    _, after = await redeem(outside, code)
    kids = [jwt.get_unverified_header(each["id_token"])["kid"] for each in (before, after)]
    assert kids[0] != kids[1]
    assert await claims(outside, before["id_token"])
    assert await claims(outside, after["id_token"])


async def test_two_log_ins_of_one_person_have_one_subject(outside):
    subjects = set()
    for _ in range(2):
        code = (await authorize(outside, login_hint="zhang"))["code"]
        _, answer = await redeem(outside, code)
        subjects.add((await claims(outside, answer["id_token"]))["sub"])
    assert len(subjects) == 1
