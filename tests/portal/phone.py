"""A citizen at a page inside WeChat: signs in over the sandbox's open platform, proves a name."""

import re
from urllib.parse import parse_qsl, urlsplit

from citydesk.world import World
from tests.city import planted
from tests.people import Outside
from tests.portal.conftest import Shown, Surfer

RESTAURANT = "开饭店"


def proof(page: Shown) -> str:
    """The proof a form on this page carries."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page.text)
    assert found is not None, page.text[:2000]
    return found.group(1)


def query_of(address: str) -> dict[str, str]:
    """What an address asks."""
    return dict(parse_qsl(urlsplit(address).query))


async def over_wechat(surfer: Surfer, outside: Outside, who: str, path: str = "/my") -> str:
    """Begin a sign-in and go over the open platform; return the address it leads back to."""
    begun = await surfer.get(f"/wechat-login?next={path}")
    assert begun.status == 303, begun.text
    address = begun.headers["location"].partition("#")[0]
    async with outside.session.get(f"{address}&person={who}", allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


async def signs_in(surfer: Surfer, outside: Outside, who: str, path: str = "/my") -> Shown:
    """Sign in; return the redirect to where one wanted to go."""
    back = await over_wechat(surfer, outside, who, path)
    return await surfer.get(local(back))


async def over_provider(surfer: Surfer, outside: Outside, who: str, onward: str = "/my") -> str:
    """Begin a real-name check and log in at the provider; return the address it leads back to."""
    page = await surfer.get("/my/identity")
    begun = await surfer.post("/my/identity/check", csrf=proof(page), next=onward)
    assert begun.status == 303, begun.text
    address = f"{begun.headers['location']}&login_hint={who}"
    async with outside.session.get(address, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return answer.headers["Location"]


async def named(world: World, surfer: Surfer, outside: Outside, who: str = "zhang") -> None:
    """The sample city, and a citizen in it who is signed in and has proven their name."""
    await planted(world)
    assert (await signs_in(surfer, outside, who)).status == 303
    checked = await surfer.get(local(await over_provider(surfer, outside, who)))
    assert checked.status == 303, checked.text


def local(address: str) -> str:
    """An address of ours without its host."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
