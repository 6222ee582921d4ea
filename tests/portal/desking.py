"""What the tests of the officers' pages do again and again."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from citydesk import identity, organs
from citydesk.identity import Role
from citydesk.world import World
from tests.city import planted
from tests.journeys.test_restaurant import filed, signed_in_citizen
from tests.people import Outside, Phone
from tests.portal.conftest import Shown, Surfer


@dataclass
class Desk:
    """An officer's browser: finds the proof for a form on the page it stands on."""

    surfer: Surfer

    async def sign_in(self, login: str, password: str, **more: Any) -> Shown:
        return await self.send("/desk/sign-in", login=login, password=password, **more)

    async def send(self, path: str, *, proof_from: str = "", **fields: Any) -> Shown:
        """Post a form; its proof is taken from a page that has one."""
        page = await self.surfer.get(proof_from or path)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert found is not None, f"{page.status} {page.text[:500]}"
        return await self.surfer.post(path, csrf=found[1], **fields)

    async def step(self, case_id: str, action: str, **fields: Any) -> Shown:
        return await self.send(f"/desk/cases/{case_id}", action=action, **fields)

    async def shown(self, path: str) -> str:
        """The words of a page that must be there."""
        page = await self.surfer.get(path)
        assert page.status == 200, f"{path}: {page.status} {page.headers.get('location')}"
        return unescape(page.text)

    async def out(self) -> Shown:
        return await self.send("/desk/sign-out", proof_from="/desk/posts")


async def sample(world: World, desk: Desk, login: str) -> Desk:
    """Sign a sample officer in at a browser."""
    found = (await planted(world))[login]
    told = await desk.sign_in(login, found.password)
    assert told.status == 303, told.text
    return desk


async def filed_case(
    phone: Phone, outside: Outside, who: str = "zhang"
) -> tuple[Phone, dict[str, Any], dict[str, Any]]:
    """A citizen files a case for a restaurant: the citizen, the guide, the case."""
    citizen = await signed_in_citizen(phone, outside, who)
    found = (await phone.get("/guides", q="开饭店")).ok()["items"][0]
    guide = (await phone.get(f"/guides/{found['item_code']}")).ok()
    return citizen, guide, await filed(citizen, guide, found["item_code"])


async def hired(world: World, login: str, *posts: tuple[Role, str | None, str | None]) -> str:
    """Take an officer on in some posts (role, organ, hall); return the password."""
    password = await identity.add_officer(world, login, "郑示例")
    for role, organ, hall in posts:
        await identity.add_post(world, login, role, organ, hall)
    return password


async def another_hall(world: World, code: str) -> str:
    """The code of some hall that is not this one."""
    return next(each.code for each in await organs.halls(world) if each.code != code)
