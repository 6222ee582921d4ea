from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from citydesk import identity
from citydesk.identity import Citizen, Tokens
from citydesk.world import World
from models.identity import Identity
from tests.people import Outside


@dataclass
class Browser:
    """A citizen's browser at the identity provider, and their mini program."""

    world: World
    outside: Outside

    async def signs_in(self, who: str) -> Tokens:
        told = await self.outside.control("POST", f"people/{who}/login_code")
        return await identity.sign_in_mini_program(self.world, told["code"], "示例手机")

    async def citizen(self, who: str) -> Citizen:
        return await self.citizen_of(await self.signs_in(who))

    async def citizen_of(self, tokens: Tokens) -> Citizen:
        asker = await identity.asker_for(self.world, tokens.access_token)
        assert isinstance(asker, Citizen)
        return asker

    async def goes_to(self, address: str, who: str) -> dict[str, str]:
        """Log in as somebody at the provider; return what its redirect carries."""
        async with self.outside.session.get(
            address + f"&login_hint={who}", allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            query = parse_qs(urlsplit(answer.headers["Location"]).query)
        return {name: values[0] for name, values in query.items()}

    async def proves(self, citizen: Citizen, who: str) -> tuple[str, str]:
        """Go through the provider as somebody; return state and code."""
        address = await identity.begin_verification(self.world, citizen, "/cases/new")
        back = await self.goes_to(address, who)
        return back["state"], back["code"]

    async def verified(self, who: str) -> Citizen:
        """A signed-in citizen with a proven identity."""
        tokens = await self.signs_in(who)
        await self.verifies(await self.citizen_of(tokens), who)
        return await self.citizen_of(tokens)

    async def verifies(self, citizen: Citizen, who: str) -> tuple[Identity, str]:
        """Go through the whole check as somebody."""
        way = await self.proves(citizen, who)
        return await identity.finish_verification(self.world, citizen, *way)

    async def fault(self, path: str, **told: object) -> None:
        """Script one misbehaviour of the world outside."""
        async with self.outside.session.post("/_ctl/faults", json={"path": path, **told}) as answer:
            assert answer.status == 200, await answer.text()
