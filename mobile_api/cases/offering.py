"""A step of a case, offered at a door: whose it is the desk decides, and notes tries in vain."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from citydesk.identity import Role
from citydesk.kit.refusals import Refusal
from mobile_api.api import Api, AsItIs, Call, Who, officers
from mobile_api.cases.asked import OneCase
from mobile_api.cases.shown import CaseShown, summary
from models.cases import Case

HANDLERS = officers(Role.FRONT_DESK, Role.BACK_OFFICE, Role.EXIT_WINDOW, Role.DEPARTMENT_HEAD)

Take = Callable[[Call], Awaitable[Case]]
Refusals = tuple[type[Refusal], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """How a step is offered: its operation, what is said of it, its form, how else it may end."""

    name: str
    said: str
    form: Any = None
    refusals: Refusals = ()


@dataclass(frozen=True, slots=True)
class Door:
    """Where steps are offered, to whom, and how each of them may be refused."""

    api: Api
    root: str
    who: Who
    refusals: Refusals

    def offer(self, path: str, take: Take, offer: Offer) -> None:
        """Offer a step here; the answer is the case as it stands then."""

        async def answer(call: Call) -> AsItIs:
            return AsItIs(summary(await take(call)))

        answer.__name__, answer.__doc__ = offer.name, offer.said
        self.api(
            "POST",
            f"{self.root}/{{case_id}}/{path}",
            who=self.who,
            path_form=OneCase,
            body=offer.form,
            out=CaseShown,
            creates=True,
            refusals=(*self.refusals, *offer.refusals),
        )(answer)
