"""The real-name check (实名认证) at the province's identity provider.

The citizen's browser goes to the provider and comes back with a code; the app they are signed in
to then ends the attempt with it. Coming back alone does nothing: the link can be sent to anybody,
and whoever logs in by it must not be bound to the account of the one who sent it. The attempt is
good for ten minutes and once, whatever comes of it, and only for the account that began it; its
state is random and kept as a hash. One document number is one identity; a level is never lowered;
an account that belongs to one person is never given to another.
"""

from datetime import timedelta
from uuid import UUID

from citydesk.gateways.identity_provider import VerifiedPerson
from citydesk.identity.accounts import lock_joining
from citydesk.identity.askers import Citizen
from citydesk.identity.events import IdentityVerified
from citydesk.identity.known_tokens import KnownTokens
from citydesk.identity.people import ID_NO, NAME, PHONE
from citydesk.identity.refusals import AlreadySomeoneElse, VerificationDeclined, VerificationOver
from citydesk.identity.rules import check_return
from citydesk.identity.secrets import code_challenge, hashed, new_secret
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.identity import Account, Identity, IdentityKind, VerificationAttempt

GOOD_FOR = timedelta(minutes=10)
CALLBACK = "/api/identity/callback"
PAGE_CALLBACK = "/my/identity/return"
VERIFIER = "verification_attempt.verifier"
LONGEST_STATE = 100

_USE = """
    UPDATE verification_attempt SET used_at = $2
    WHERE state_hash = $1 AND used_at IS NULL AND expires_at > $2
    RETURNING id, account_id, session_id
"""


def redirect_uri(world: World, callback: str = CALLBACK) -> str:
    """Return the address at which the provider sends browsers back to us."""
    return world.settings.public_url.rstrip("/") + callback


async def begin_verification(
    world: World, citizen: Citizen, return_to: str = "/", *, at_page: bool = False
) -> str:
    """Begin a real-name check; return the provider's address for the citizen's browser.

    ``return_to`` is the path of ours where the citizen left off. ``at_page``: begun at a page of
    ours and not in the app; then the provider returns the browser to a page of ours, which ends the
    check by itself, and only in the browser session that began it.

    Raises:
        WrongReturn: it is not a path of ours. GatewayTrouble: the provider does not answer.
    """
    check_return(return_to)
    state, nonce, verifier = new_secret(), new_secret(), new_secret()
    address = await world.provider.authorize_url(
        redirect_uri(world, PAGE_CALLBACK if at_page else CALLBACK),
        state,
        nonce,
        code_challenge(verifier),
    )
    now, attempt_id = world.clock.now(), new_id()
    async with world.transaction():
        _ = await VerificationAttempt.create(
            id=attempt_id,
            created_at=now,
            state_hash=hashed(state),
            verifier_sealed=world.seals.seal(verifier, VERIFIER, attempt_id),
            nonce=nonce,
            account_id=citizen.account_id,
            session_id=citizen.session_id if at_page else None,
            return_to=return_to,
            expires_at=now + GOOD_FOR,
        )
    return address


async def finish_verification(
    world: World, citizen: Citizen, state: str, code: str
) -> tuple[Identity, str]:
    """Redeem what the browser brought back; return who it proved and where to return to.

    Raises:
        VerificationOver: the attempt is unknown, used, too old, or another account's (begun at a
            page: another browser's).
        AuthorizationRefused, AnswerNotTrusted: the provider's code or its answer proves nothing.
        AlreadySomeoneElse: the account belongs to another person.
        GatewayTrouble: the provider does not answer. The attempt is used up in every case.
    """
    attempt = await _use(world, citizen, state)
    proven = await world.provider.redeem(
        code,
        redirect_uri(world, PAGE_CALLBACK if attempt.session_id else CALLBACK),
        world.seals.open(attempt.verifier_sealed, VERIFIER, attempt.id),
        attempt.nonce,
        world.clock.now(),
    )
    async with world.transaction() as tx:
        await lock_joining()
        identity = await _identity(world, proven)
        await _bind(citizen.account_id, identity)
        tx.announce(IdentityVerified(identity.id, citizen.account_id))
    world.kept(KnownTokens).forget(f"citizen:{citizen.account_id}")
    return identity, attempt.return_to


async def decline_verification(world: World, citizen: Citizen, state: str) -> VerificationDeclined:
    """End an attempt that the citizen or the provider broke off; return the refusal to tell.

    Raises:
        VerificationOver: it was over before, or is another account's.
    """
    _ = await _use(world, citizen, state)
    return VerificationDeclined("实名认证没有完成。如需继续，请回到原来的页面重新发起。")


async def _use(world: World, citizen: Citizen, state: str) -> VerificationAttempt:
    """Use an attempt up, for good, before anything is asked of the provider.

    It is used up even when another account brings it: its state has been in strange hands.
    """
    over = VerificationOver("这次认证已失效或已经用过，请回到原来的页面重新发起实名认证。")
    if not state or len(state) > LONGEST_STATE:
        raise over
    async with world.transaction():
        used = await sql.row(_USE, hashed(state), world.clock.now())
    if used is None:
        raise over
    elsewhere = used["session_id"] not in (None, citizen.session_id)
    if used["account_id"] != citizen.account_id or elsewhere:
        world.log.warning(
            "verification_of_another_account",
            begun_by=str(used["account_id"]),
            brought_by=str(citizen.account_id),
        )
        raise over
    return await VerificationAttempt.get(id=used["id"])


async def _identity(world: World, proven: VerifiedPerson) -> Identity:
    """Return the one identity of a document number, made or brought up to date."""
    blind = world.seals.blind(proven.id_number, ID_NO)
    found = await Identity.get_or_none(id_type=proven.id_type, id_no_blind=blind)
    identity = found or Identity(
        id=new_id(),
        created_at=world.clock.now(),
        kind=IdentityKind.NATURAL,
        id_type=proven.id_type,
        id_no_blind=blind,
        assurance_level=0,
    )
    if found is None:
        identity.id_no_sealed = world.seals.seal(proven.id_number, ID_NO, identity.id)
    identity.name_sealed = world.seals.seal(proven.name, NAME, identity.id)
    if proven.phone is not None:
        identity.phone_sealed = world.seals.seal(proven.phone, PHONE, identity.id)
    identity.assurance_level = max(identity.assurance_level, proven.assurance_level)
    identity.verified_by = world.settings.provider_url
    identity.subject = proven.subject
    identity.verified_at = world.clock.now()
    await identity.save(force_create=found is None)
    return identity


async def _bind(account_id: UUID, identity: Identity) -> None:
    """Give the account, and all that share its unionid, to the person."""
    account = await Account.get(id=account_id)
    sharing = "id = $1" if account.unionid is None else "id = $1 OR unionid = $2"
    values = [account_id] if account.unionid is None else [account_id, account.unionid]
    owners = await sql.rows(
        f"SELECT DISTINCT identity_id FROM account WHERE ({sharing})"  # noqa: S608 - two constants
        " AND identity_id IS NOT NULL",
        *values,
    )
    if any(each["identity_id"] != identity.id for each in owners):
        raise AlreadySomeoneElse(
            "这个微信账号已经绑定了另一个人的身份，不能再绑定。如需更换，请到政务服务大厅窗口办理。"
        )
    await sql.run(
        f"UPDATE account SET identity_id = ${len(values) + 1}"  # noqa: S608 - two constants
        f" WHERE ({sharing}) AND identity_id IS NULL",
        *values,
        identity.id,
    )
