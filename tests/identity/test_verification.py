import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from citydesk import identity
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from models.identity import Account, Identity, VerificationAttempt
from models.outbox import OutboxMessage
from tests.identity.browser import Browser
from tests.people import Outside


async def test_a_citizen_proves_who_they_are(
    browser: Browser, world: World, outside: Outside
) -> None:
    citizen = await browser.citizen("zhang")
    assert citizen.identity_id is None
    assert citizen.assurance_level == 0
    state, code = await browser.proves(citizen, "zhang")
    proven, return_to = await identity.finish_verification(world, citizen, state, code)
    zhang = await outside.person("zhang")
    person = await identity.person(world, proven.id)
    assert (person.name, person.id_type) == (zhang["name"], "111")
    assert (person.id_no, person.phone) == (zhang["id_number"], zhang["phone_number"])
    assert person.assurance_level == 4
    assert return_to == "/cases/new"
    events = await OutboxMessage.filter(name="IdentityVerified")
    assert [each.facts["identity_id"] for each in events] == [str(proven.id)]


async def test_the_level_counts_at_once_in_the_session_that_was_open(browser: Browser) -> None:
    citizen = await browser.verified("zhang")
    assert citizen.assurance_level == 4
    identity.require_level(citizen, 4)
    with pytest.raises(identity.LevelTooLow):
        identity.require_level(citizen, 5)


async def test_the_request_uses_pkce_a_nonce_and_a_state_of_256_bits(
    browser: Browser, world: World
) -> None:
    address = await identity.begin_verification(world, await browser.citizen("zhang"))
    asked = {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == len(asked["state"]) == len(asked["nonce"]) == 43
    assert asked["redirect_uri"] == world.settings.public_url + "/api/identity/callback"
    [attempt] = await VerificationAttempt.all().values()
    assert asked["state"] not in str(attempt)
    assert attempt["expires_at"] - attempt["created_at"] == timedelta(minutes=10)


async def test_a_state_works_once(browser: Browser, world: World) -> None:
    citizen = await browser.citizen("zhang")
    state, code = await browser.proves(citizen, "zhang")
    await identity.finish_verification(world, citizen, state, code)
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, citizen, state, code)


async def test_of_two_browsers_with_one_state_one_gets_through(
    browser: Browser, world: World
) -> None:
    citizen = await browser.citizen("zhang")
    state, code = await browser.proves(citizen, "zhang")
    ends = await asyncio.gather(
        *(identity.finish_verification(world, citizen, state, code) for _ in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, tuple) for each in ends) == 1
    assert sum(isinstance(each, identity.VerificationOver) for each in ends) == 4


async def test_a_code_works_once_even_with_another_state(browser: Browser, world: World) -> None:
    citizen = await browser.citizen("zhang")
    state, code = await browser.proves(citizen, "zhang")
    await identity.finish_verification(world, citizen, state, code)
    second, _ = await browser.proves(citizen, "zhang")
    with pytest.raises(identity.AuthorizationRefused):
        await identity.finish_verification(world, citizen, second, code)


async def test_a_code_does_not_fit_the_state_of_another_attempt(
    browser: Browser, world: World
) -> None:
    zhang = await browser.citizen("zhang")
    mine, _ = await browser.proves(zhang, "zhang")
    _, theirs = await browser.proves(await browser.citizen("li"), "li")
    with pytest.raises(identity.AuthorizationRefused):
        await identity.finish_verification(world, zhang, mine, theirs)
    assert not await Identity.exists()


@pytest.mark.parametrize("state", ["", "unknown", "x" * 101, "状态"])
async def test_a_state_of_nobodys_is_refused(browser: Browser, world: World, state: str) -> None:
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, await browser.citizen("zhang"), state, "code")


async def test_whoever_logs_in_by_a_link_they_were_sent_is_not_bound_to_the_sender(
    browser: Browser, world: World
) -> None:
    attacker, victim = await browser.citizen("li"), await browser.citizen("zhang")
    state, code = await browser.proves(attacker, "zhang")
    # The victim's own app takes what the victim's browser brought back.
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, victim, state, code)
    # Now it is spent: the attacker has no use even for the code itself.
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, attacker, state, code)
    await binds_nobody()
    assert (await browser.verifies(victim, "zhang"))[0].assurance_level == 4


async def test_another_account_cannot_decline_a_check_and_ends_it_by_trying(
    browser: Browser, world: World
) -> None:
    zhang, li = await browser.citizen("zhang"), await browser.citizen("li")
    state, code = await browser.proves(zhang, "zhang")
    with pytest.raises(identity.VerificationOver):
        await identity.decline_verification(world, li, state)
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, zhang, state, code)
    await binds_nobody()


async def binds_nobody() -> None:
    assert not await Identity.exists()
    assert not await Account.filter(identity_id__isnull=False).exists()
    assert not await OutboxMessage.filter(name="IdentityVerified").exists()


async def test_an_attempt_is_over_after_ten_minutes(
    browser: Browser, world: World, clock: SetClock
) -> None:
    citizen = await browser.citizen("zhang")
    state, code = await browser.proves(citizen, "zhang")
    clock.move(minutes=10)
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, citizen, state, code)


async def test_a_citizen_may_say_no_and_begin_again(browser: Browser, world: World) -> None:
    citizen = await browser.citizen("zhang")
    address = await identity.begin_verification(world, citizen)
    back = await browser.goes_to(address, "deny")
    assert back["error"] == "access_denied"
    refusal = await identity.decline_verification(world, citizen, back["state"])
    assert isinstance(refusal, identity.VerificationDeclined)
    with pytest.raises(identity.VerificationOver):
        await identity.finish_verification(world, citizen, back["state"], "late")
    await browser.verifies(citizen, "zhang")


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        ("wrong_nonce", identity.AnswerNotTrusted),
        ("expired", identity.AnswerNotTrusted),
        ("wrong_signature", identity.AnswerNotTrusted),
        ("wrong_audience", identity.AnswerNotTrusted),
        ("wrong_issuer", identity.AnswerNotTrusted),
        ("unknown_key", identity.AnswerNotTrusted),
        ("no_algorithm", identity.AnswerNotTrusted),
        ("no_id_token", GatewayTrouble),
        ("no_identity", GatewayTrouble),
    ],
)
async def test_an_answer_that_proves_nothing_binds_nobody(
    browser: Browser, world: World, outside: Outside, fault: str, refusal: type[Exception]
) -> None:
    citizen = await browser.citizen("zhang")
    state, code = await browser.proves(citizen, "zhang")
    await outside.control("POST", "provider", faults=[fault])
    with pytest.raises(refusal):
        await identity.finish_verification(world, citizen, state, code)
    await binds_nobody()
    await browser.verifies(citizen, "zhang")


async def test_the_provider_may_change_its_keys(
    browser: Browser, world: World, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("citydesk.gateways.identity_provider.REFETCH_SECONDS", 0.0)
    await browser.verified("zhang")
    await outside.control("POST", "provider", faults=[], rotate_keys=True)
    assert (await browser.verified("li")).assurance_level == 4


async def test_a_provider_that_is_down_is_trouble_and_no_attempt_is_kept(
    browser: Browser, world: World
) -> None:
    citizen = await browser.citizen("zhang")
    await browser.fault("/provider/.well-known/openid-configuration", http_status=502)
    with pytest.raises(GatewayTrouble):
        await identity.begin_verification(world, citizen)
    assert not await VerificationAttempt.exists()
    await world.provider.check()


async def test_two_accounts_of_one_person_are_one_identity(browser: Browser, world: World) -> None:
    first = await browser.verified("zhang")
    # 李's phone, on which 张 proves who they are.
    li = await browser.citizen("li")
    await browser.verifies(li, "zhang")
    assert await Identity.all().count() == 1
    joined = await Account.get(id=li.account_id)
    assert joined.identity_id == first.identity_id  # type: ignore[attr-defined]


async def test_an_account_is_never_given_to_another_person(browser: Browser, world: World) -> None:
    zhang = await browser.verified("zhang")
    with pytest.raises(identity.AlreadySomeoneElse):
        await browser.verifies(zhang, "li")
    account = await Account.get(id=zhang.account_id)
    assert account.identity_id == zhang.identity_id  # type: ignore[attr-defined]
    assert await Identity.all().count() == 1


async def test_a_level_is_raised_but_never_lowered(
    browser: Browser, world: World, outside: Outside
) -> None:
    zhang = await browser.verified("zhang")

    async def again(level: int) -> int:
        address = await identity.begin_verification(world, zhang)
        back = await browser.goes_to(address + f"&assurance_level={level}", "zhang")
        proven, _ = await identity.finish_verification(world, zhang, back["state"], back["code"])
        level_now: int = proven.assurance_level
        return level_now

    tokens = await browser.signs_in("zhang")
    assert await again(2) == 4
    assert (await browser.citizen_of(tokens)).assurance_level == 4
    assert await again(5) == 5
    assert (await browser.citizen_of(tokens)).assurance_level == 5


async def test_five_phones_proving_one_person_at_once_make_one_identity(
    browser: Browser, world: World
) -> None:
    names = ["zhang", "li", "wang", "zhao", "liu"]
    citizens = [await browser.citizen(each) for each in names]
    ways = [(each, *await browser.proves(each, "zhang")) for each in citizens]
    ends = await asyncio.gather(*(identity.finish_verification(world, *way) for way in ways))
    assert len({proven.id for proven, _ in ends}) == 1
    assert await Identity.all().count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cases",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a b",
        "/\n",
        "/a\0",
    ],
)
async def test_one_returns_only_to_a_path_of_ours(
    browser: Browser, world: World, path: str
) -> None:
    with pytest.raises(identity.WrongReturn):
        await identity.begin_verification(world, await browser.citizen("zhang"), path)


async def test_what_lies_in_the_tables_cannot_be_read(
    browser: Browser, world: World, outside: Outside
) -> None:
    citizen = await browser.verified("zhang")
    zhang = await outside.person("zhang")
    row = await sql.row("SELECT * FROM identity WHERE id = $1", citizen.identity_id)
    assert row is not None
    stored = b"|".join(
        bytes(value) if isinstance(value, bytes) else str(value).encode() for value in row.values()
    )
    for clear in (zhang["name"], zhang["id_number"], zhang["phone_number"]):
        assert clear.encode() not in stored
        assert clear.encode().hex().encode() not in stored


async def test_a_sealed_name_does_not_open_in_another_persons_row(
    browser: Browser, world: World
) -> None:
    from citydesk.kit.seals import SealBroken

    zhang, li = await browser.verified("zhang"), await browser.verified("li")
    theirs = await Identity.get(id=li.identity_id)
    await Identity.filter(id=zhang.identity_id).update(name_sealed=theirs.name_sealed)
    with pytest.raises(SealBroken):
        await identity.person(world, zhang.identity_id or new_id())
