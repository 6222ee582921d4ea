"""Rehearsing an item: the desk's own functions do everything for real, then all is taken back.

A rehearsal books, files and handles for a person who does not exist, inside a transaction that is
always rolled back: nothing stays, nothing is announced, nobody is told. What it proves is that
the next citizen would get through, in this hall, under the guide in force.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citydesk import appointments, cases, guides, organs
from citydesk.guides import Guide, Necessity
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.ids import new_id
from citydesk.kit.refusals import Refusal
from citydesk.supervision import specimens
from citydesk.world import World
from models.cases import Case
from models.organs import Organ, ServiceHall, WindowRole
from models.supervision import Trial

DAYS_LOOKED_AT = 3
HIGHEST_LEVEL = 5
CHANNEL = "app"
TAKING = (WindowRole.FRONT_DESK, WindowRole.PRIORITY)
NOT_FOUND_BY_NAME = "搜索事项全称找不到它"
NOT_ENTERED = "指南写明没有进驻大厅"
NO_FRONT_DESK = "大厅没有开放的受理窗口"
NO_SLOT = "可预约的日子里没有空余号源"
NOT_IN_LIST = "提交后没有出现在前台的待办里"
ENDED_OTHERWISE = "没有走到“已送达”"


class Failed(Exception):
    """A trial did not pass: a name for the reason, and the sentence that tells it."""

    def __init__(self, fault: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Result:
    """How one trial went: ``fault`` names what said no ("" when it passed)."""

    trial: Trial
    fault: str = ""
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the next citizen would get through."""
        return not self.fault


class _TakenBack(Exception):
    """Raised at the end of every rehearsal, to undo it."""


@asynccontextmanager
async def _undone(world: World) -> AsyncIterator[None]:
    """Do everything for real and take all of it back, announcements included."""
    try:
        async with world.transaction():
            yield
            raise _TakenBack
    except _TakenBack:
        pass


async def rehearse_item(world: World, guide: Guide) -> list[Result]:
    """Try what belongs to no hall: the guide is in force, and found by its full name."""
    return [await _tried(world, Trial.QUERY, _queried(world, guide.code))]


async def rehearse(world: World, guide: Guide, hall_code: str) -> list[Result]:
    """Try one item in one hall: entered, booked, filed, handled to the end.

    What the guide does not offer is not tried. Handling is tried with filing, in one go.
    """
    found = [await _tried(world, Trial.ENTER, _entered(world, guide, hall_code))]
    if guide.content.is_schedule:
        found.append(await _tried(world, Trial.BOOK, _booked(world, guide, hall_code)))
    if guide.content.is_online:
        found += await _filed_and_handled(world, guide, hall_code)
    return found


async def _tried(world: World, trial: Trial, trying: Coroutine[Any, Any, None]) -> Result:
    try:
        await trying
    except (Refusal, Failed) as no:
        return _no(trial, no)
    except Exception as fault:
        # A fault of ours fails the item, not the run; the log has the traceback.
        world.log.warning("rehearsal: a fault", trial=trial.value, exc_info=fault)
        return Result(trial, type(fault).__name__, "系统出错，请查看日志。")
    return Result(trial)


def _no(trial: Trial, no: Refusal | Failed) -> Result:
    if isinstance(no, Failed):
        return Result(trial, no.fault, str(no))
    return Result(trial, type(no).__name__, no.detail[:400])


async def _queried(world: World, code: str) -> None:
    guide = await guides.published(world, code)
    found = await guides.search(world, guide.name, 5)
    if guide.code not in {each.code for each in found}:
        raise Failed("NotFoundByName", NOT_FOUND_BY_NAME)


async def _entered(world: World, guide: Guide, hall_code: str) -> None:
    """A hall has entered an item when it is there, takes papers, and the authority exists."""
    if guide.content.is_entered is False:
        raise Failed("NotEntered", NOT_ENTERED)
    hall = await organs.hall_by_code(world, hall_code)
    _ = await organs.organ_by_code(world, guide.content.authority)
    if not any(each.role in TAKING for each in await organs.windows(world, hall.id)):
        raise Failed("NoFrontDesk", NO_FRONT_DESK)


async def _booked(world: World, guide: Guide, hall_code: str) -> None:
    days = await appointments.free_days(world, hall_code)
    for day in days[:DAYS_LOOKED_AT]:
        for slot in await appointments.open_slots(world, hall_code, day.on):
            if slot.left and await _books(world, guide, slot.id):
                return
    raise Failed("NoFreeSlot", NO_SLOT)


async def _books(world: World, guide: Guide, slot_id: UUID) -> bool:
    """Book this slot and take it back; False when others were quicker, or it is too late."""
    try:
        async with _undone(world):
            _ = await appointments.book(world, _nobody(), slot_id, guide.code)
    except (appointments.SlotFull, appointments.TooLate, appointments.TooEarly):
        return False
    return True


async def _filed_and_handled(world: World, guide: Guide, hall_code: str) -> list[Result]:
    """File a case, then take every step an officer takes, up to the result in hand."""
    filed: list[UUID] = []

    async def through() -> None:
        async with _undone(world):
            filed.append(await _file(world, guide, hall_code))
            await _handle(world, guide, hall_code, filed[0])

    whole = await _tried(world, Trial.HANDLE, through())
    if filed:
        return [Result(Trial.FILE), whole]
    return [Result(Trial.FILE, whole.fault, whole.detail), whole]


async def _file(world: World, guide: Guide, hall_code: str) -> UUID:
    citizen, content = _nobody(), guide.content
    form = specimens.answers(content.form_fields, world.clock.today())
    case = await cases.start(world, citizen, guide.code, hall_code, form)
    for material in content.materials:
        if material.necessity is Necessity.REQUIRED and material.condition is None:
            name = f"{material.code}.pdf"
            _ = await cases.attach(world, citizen, case.id, material.code, name, specimens.paper())
    _ = await cases.submit(world, citizen, case.id)
    return case.id


async def _handle(world: World, guide: Guide, hall_code: str, case_id: UUID) -> None:
    """Take whatever step is next in the posts of this hall and authority, up to the result."""
    hall = await organs.hall_by_code(world, hall_code)
    organ = await organs.organ_by_code(world, guide.content.authority)
    posts = {role: _post(role, organ, hall) for role in {role for role, _ in STEPS.values()}}
    for number in range(MOST_STEPS):
        case = await cases.fetch_for(posts[Role.FRONT_DESK], case_id)
        if case.state == cases.State.SERVED:
            return
        taken = next(
            (
                step(world, posts[role], case_id)
                for action, (role, step) in STEPS.items()
                if action in cases.allowed_actions(world, posts[role], case)
            ),
            None,
        )
        if taken is None:
            raise Failed("EndedOtherwise", ENDED_OTHERWISE if number else NOT_IN_LIST)
        _ = await taken
    raise Failed("EndedOtherwise", ENDED_OTHERWISE)


async def _granted(world: World, officer: Officer, case_id: UUID) -> Case:
    return await cases.decide(world, officer, case_id, cases.Outcome.GRANTED)


STEPS: Mapping[cases.Action, tuple[Role, Callable[[World, Officer, UUID], Awaitable[Case]]]] = {
    cases.Action.PRE_PASS: (Role.FRONT_DESK, cases.pre_pass),
    cases.Action.RECEIVE: (Role.FRONT_DESK, cases.receive),
    cases.Action.ACCEPT: (Role.FRONT_DESK, cases.accept),
    cases.Action.START_REVIEW: (Role.BACK_OFFICE, cases.start_review),
    cases.Action.DECIDE: (Role.BACK_OFFICE, _granted),
    cases.Action.COMPLETE: (Role.BACK_OFFICE, cases.complete),
    cases.Action.SERVE: (Role.EXIT_WINDOW, cases.serve),
}
"""The straight way of a case; whichever of these the machine allows next is taken."""
MOST_STEPS = 20


def _nobody() -> Citizen:
    """A citizen with a real name at the highest level, who is nobody."""
    return Citizen(new_id(), new_id(), HIGHEST_LEVEL, CHANNEL, None)


def _post(role: Role, organ: Organ, hall: ServiceHall) -> Officer:
    """The post an officer of this hall and authority would act in."""
    return Officer(new_id(), new_id(), role, organ.id, hall.id, new_id())
