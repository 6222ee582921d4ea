"""Signing in at a page opened inside WeChat, and undoing the tie between account and person.

The browser is led over WeChat's open platform and comes back with state and code. The state is
random, good once and for ten minutes, kept as a hash, and only for the browser that began: whoever
is sent a link with somebody else's code does not get into somebody else's account. What is kept
lives in Valkey alone: if it is lost, the citizen opens the page again, which costs one tap.
"""

import hmac
import secrets
from dataclasses import dataclass, field

from citydesk.identity.accounts import learn_follower, lock_joining, official_account
from citydesk.identity.askers import Citizen
from citydesk.identity.browser import BrowserSession, open_browser_session
from citydesk.identity.known_tokens import KnownTokens
from citydesk.identity.refusals import LogInOver
from citydesk.identity.secrets import hashed, new_secret
from citydesk.identity.sessions import sign_out_everywhere
from citydesk.kit import sql
from citydesk.world import World

LOG_IN_RETURN = "/wechat-login/return"
LOG_IN_SECONDS = 600
LONGEST_STATE = 128
CHANNEL = "wechat"


@dataclass(frozen=True, slots=True)
class WeChatLogIn:
    """A sign-in that has begun: where the browser goes, and the secret it must bring back."""

    address: str = field(repr=False)
    browser: str = field(repr=False)


async def begin_wechat_log_in(world: World, return_to: str) -> WeChatLogIn:
    """Begin a sign-in at a page inside WeChat; afterwards the citizen goes on to ``return_to``."""
    state, browser = secrets.token_hex(32), new_secret()  # WeChat takes letters and digits only
    await world.valkey.set(_key(state), f"{hashed(browser)} {return_to}", ex=LOG_IN_SECONDS)
    back = world.settings.public_url.rstrip("/") + LOG_IN_RETURN
    return WeChatLogIn(world.wechat_pages.authorize_url(back, state), browser)


async def finish_wechat_log_in(
    world: World, state: str, code: str, browser: str
) -> tuple[BrowserSession, str]:
    """Redeem what the browser brought back; return its session and where it goes on to.

    Raises:
        LogInOver: the state is unknown, used, too old, or another browser's.
        WebCodeRefused, SnapshotRefused, GatewayTrouble: see the gateway. The state is used up.
    """
    return_to = await _use(world, state, browser)
    openid = await world.wechat_pages.openid_for(code)
    async with world.transaction():
        account_id = await official_account(world, openid)
        session = await open_browser_session(world, account_id=account_id, channel=CHANNEL)
    await learn_follower(world, account_id, openid)
    return session, return_to


async def _use(world: World, state: str, browser: str) -> str:
    over = LogInOver("这次登录已失效或已经用过，请从公众号菜单重新打开页面。")
    if not state or len(state) > LONGEST_STATE or not browser:
        raise over
    kept = await world.valkey.getdel(_key(state))
    owner, _, return_to = (kept or b"").decode().partition(" ")
    if not hmac.compare_digest(owner.encode(), hashed(browser).encode()):
        raise over
    return return_to


def _key(state: str) -> str:
    return f"wx:log-in:{hashed(state)}"


async def unbind(world: World, citizen: Citizen) -> None:
    """Sign the citizen out on every device and take this account off their identity.

    The identity and its cases stay; whoever proves to be that person again finds them again.
    """
    async with world.transaction():
        await lock_joining()
        await sign_out_everywhere(world, citizen)
        await sql.run("UPDATE account SET identity_id = NULL WHERE id = $1", citizen.account_id)
    world.kept(KnownTokens).forget(citizen.key)
