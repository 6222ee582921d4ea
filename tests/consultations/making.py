"""Who asks and who answers: the people around a consultation."""

from dataclasses import dataclass
from typing import Any

from citydesk import consultations, identity
from citydesk.consultations import Kind, Matter
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.consultations import Consultation
from tests.cases.making import ORGAN, applicant, at_post, kite_guide

QUESTION = "请问飞风筝要不要先报备？我的电话是10012345678。"
ANSWER = "三级以下的风不用报备，带身份证到窗口登记就可以。"
GENERAL = "zhengwu"


@dataclass
class Counter:
    """A guide, a citizen without a name, a citizen with one, and the posts that may answer."""

    world: World
    item: str
    nobody: Citizen
    citizen: Citizen
    back: Officer
    head: Officer
    supervisor: Officer

    @classmethod
    async def open(cls, world: World) -> "Counter":
        return cls(
            world,
            await kite_guide(world),
            Citizen(new_id(), None, 0, "wechat", None),
            await applicant(world),
            await hired(world, "k.back", Role.BACK_OFFICE),
            await hired(world, "k.head", Role.DEPARTMENT_HEAD),
            await hired(world, "k.super", Role.SUPERVISOR, GENERAL),
        )

    async def asked(
        self, kind: Kind = Kind.CONSULT, text: str = QUESTION, **more: Any
    ) -> Consultation:
        who = more.pop("who", self.citizen)
        matter = more.pop("matter", Matter(item_code=self.item))
        return await consultations.ask(self.world, who, kind, text, matter, **more)

    async def answered(self, kind: Kind = Kind.CONSULT) -> Consultation:
        row = await self.asked(kind)
        who = self.back if kind is Kind.CONSULT else self.head
        return await consultations.answer(self.world, who, row.id, ANSWER)

    async def other(self, role: Role, organ: str = ORGAN) -> Officer:
        """Somebody else in such a post, known to nobody."""
        return await at_post(self.world, role, None, organ)


async def hired(world: World, login: str, role: Role, organ: str = ORGAN) -> Officer:
    """An officer who is really on the staff, so that readings can be written down."""
    password = await identity.add_officer(world, login, "王示例")
    await identity.add_post(world, login, role, organ, None)
    tokens = await identity.sign_in_officer(world, login, password)
    found = await identity.asker_for(world, tokens.access_token)
    assert isinstance(found, Officer)
    return found
