"""A small guide with every kind of question, and the people around a case of it."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from citydesk import cases, guides, identity, organs, workdays
from citydesk.cases import Action, JointKind, Part, SpecialKind, SpecialResult, State
from citydesk.cases.lapses import lapse
from citydesk.cases.machine import lines_of
from citydesk.cases.moving import moving
from citydesk.cases.states import Actor
from citydesk.identity import Citizen, Officer, Role
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.workdays import Day, DayKind, Year
from citydesk.world import World
from models.cases import Case
from models.identity import Identity
from tests.documents import a_pdf
from tests.guides.making import a_guide, code

PDF = a_pdf()
HALL, ORGAN = "shenhe", "shijianju"
NAME = "赵示例风筝"
FORM = {
    "kite": "蜈蚣风筝九十九节",
    "id_no": "990000198804120119",
    "phone": "10012345678",
    "since": "2026-03-01",
    "colour": "红",
    "length": "12.5",
}


def field(key: str, kind: str, **more: Any) -> dict[str, Any]:
    """One question of a form."""
    return {"key": key, "label": f"问题{key}", "type": kind, "max_length": 40, **more}


FIELDS = [
    field("kite", "text"),
    field("id_no", "id_no"),
    field("phone", "phone"),
    field("since", "date"),
    field("colour", "choice", options=["红", "黄"]),
    field("length", "number", required=False),
]


async def kite_guide(world: World, **changes: Any) -> str:
    """Publish the guide; return its item code."""
    await guides.publish(world, a_guide(**{"form_fields": FIELDS, **changes}))
    return code()


async def applicant(world: World, name: str = NAME, *, level: int = 3) -> Citizen:
    """A person whose real name was checked, at their phone."""
    person_id = new_id()
    await Identity.create(
        id=person_id,
        created_at=world.clock.now(),
        kind="natural",
        name_sealed=world.seals.seal(name, "identity.name", person_id),
        id_type="111",
        id_no_sealed=world.seals.seal(FORM["id_no"], "identity.id_no", person_id),
        id_no_blind=str(person_id),
        assurance_level=level,
        verified_by="test",
        subject=str(person_id),
        verified_at=world.clock.now(),
    )
    return Citizen(new_id(), person_id, level, "app", None)


async def at_post(world: World, role: Role, hall: str | None = HALL, organ: str = ORGAN) -> Officer:
    """An officer in a post, known to nobody but the case."""
    return Officer(
        new_id(),
        new_id(),
        role,
        (await organs.organ_by_code(world, organ)).id,
        None if hall is None else (await organs.hall_by_code(world, hall)).id,
        new_id(),
    )


async def employed(world: World, role: Role, login: str = "w.sample") -> Officer:
    """An officer who is really on the staff, so that readings can be written down."""
    password = await identity.add_officer(world, login, "王示例")
    await identity.add_post(world, login, role, ORGAN, HALL)
    tokens = await identity.sign_in_officer(world, login, password)
    found = await identity.asker_for(world, tokens.access_token)
    assert isinstance(found, Officer)
    return found


class Desk:
    """Everybody a case meets, and each step of the machine as one call."""

    def __init__(self, world: World, citizen: Citizen, front: Officer, back: Officer) -> None:
        self.world, self.citizen, self.front, self.back = world, citizen, front, back
        self.exit = Officer(new_id(), new_id(), Role.EXIT_WINDOW, None, front.hall_id, new_id())
        self.head = Officer(new_id(), new_id(), Role.DEPARTMENT_HEAD, back.organ_id, None, new_id())
        self.askers: dict[str, Citizen | Officer] = {
            "applicant": citizen,
            "front_desk": front,
            "back_office": back,
            "exit_window": self.exit,
            "department_head": self.head,
        }

    @classmethod
    async def open(cls, world: World) -> "Desk":
        front = await at_post(world, Role.FRONT_DESK)
        back = await at_post(world, Role.BACK_OFFICE, None)
        return cls(world, await applicant(world), front, back)

    async def draft(self, item: str | None = None, **form: str) -> Case:
        item = item or await kite_guide(self.world)
        return await cases.start(self.world, self.citizen, item, HALL, {**FORM, **form})

    async def filed(self, item: str | None = None) -> Case:
        case = await self.draft(item)
        await cases.attach(self.world, self.citizen, case.id, "m01", "示例.pdf", PDF)
        return await cases.submit(self.world, self.citizen, case.id)

    async def accepted(self, item: str | None = None) -> Case:
        case = await self.filed(item)
        await cases.receive(self.world, self.front, case.id)
        return await cases.accept(self.world, self.front, case.id)

    async def take(self, action: Action, asker: Citizen | Officer, case_id: UUID) -> Case:
        """Try a step as somebody, whoever that is; reasons are always given."""
        if action in STEPS:
            return await STEPS[action](self.world, asker, case_id)
        async with moving(self.world, asker, case_id, action, "示例理由") as move:
            pass
        return move.case

    async def bring_to(self, state: State) -> Case:
        """A new case, brought to a state by the people whose steps lead there."""
        case = await self.draft()
        if state is not State.DRAFT:
            await cases.attach(self.world, self.citizen, case.id, "m01", "示例.pdf", PDF)
        for action in WAYS[state]:
            case = await self.by_whom_it_may(action, case)
        assert case.state == state
        return case

    async def by_whom_it_may(self, action: Action, case: Case) -> Case:
        """Take a step as one of those who may take it; the clock takes its own when due."""
        actors = {actor for step in lines_of(action) for actor in step.actors}
        if Actor.SYSTEM in actors:
            assert case.lapse_on is not None
            until_over = (case.lapse_on - self.world.clock.today()).days + 1
            self.world.clock.move(days=until_over)  # type: ignore[attr-defined]
            return await lapse(self.world, case.id, action)
        [asker, *_] = [
            asker
            for asker in self.askers.values()
            if action in cases.allowed_actions(self.world, asker, case)
        ]
        return await self.take(action, asker, case.id)


Step = Callable[[World, Any, UUID], Awaitable[Case]]
STEPS: dict[Action, Step] = {
    Action.SUBMIT: cases.submit,
    Action.RESUBMIT: cases.submit,
    Action.PRE_PASS: cases.pre_pass,
    Action.PRE_FAIL: lambda world, who, at: cases.pre_fail(world, who, at, "示例理由"),
    Action.RECEIVE: cases.receive,
    Action.REQUEST_CORRECTION: lambda world, who, at: cases.request_correction(
        world, who, at, "示例理由"
    ),
    Action.CORRECT: cases.correct,
    Action.ACCEPT: cases.accept,
    Action.REFUSE_ACCEPTANCE: lambda world, who, at: cases.refuse_acceptance(
        world, who, at, "示例理由"
    ),
    Action.START_REVIEW: cases.start_review,
    Action.DECIDE: lambda world, who, at: cases.decide(world, who, at, cases.Outcome.GRANTED),
    Action.COMPLETE: cases.complete,
    Action.SERVE: cases.serve,
    Action.OUT_OF_SCOPE: lambda world, who, at: cases.out_of_scope(
        world, who, at, "示例理由", "示例部门"
    ),
    Action.PASS_LINK: cases.pass_link,
    Action.RETURN_LINK: lambda world, who, at: cases.return_link(world, who, at, "示例理由"),
    Action.REQUEST_SUPPLEMENT: lambda world, who, at: cases.request_supplement(
        world, who, at, "示例理由"
    ),
    Action.SUPPLEMENT: cases.supplement,
    Action.START_SPECIAL: lambda world, who, at: cases.start_special(
        world, who, at, SpecialKind.INSPECTION, 5, "示例告知〔2026〕1号", "示例理由"
    ),
    Action.END_SPECIAL: lambda world, who, at: cases.end_special(
        world, who, at, SpecialResult.PASSED
    ),
    Action.EXTEND: lambda world, who, at: cases.extend(world, who, at, 10, "示例理由"),
    Action.START_JOINT: lambda world, who, at: cases.start_joint(
        world, who, at, JointKind.GENERAL, [Part("gongan", 5)]
    ),
    Action.COMMIT: cases.commit,
    Action.ISSUE_CERTIFICATE: cases.issue_certificate,
    Action.VOID: lambda world, who, at: cases.void(world, who, at, "示例理由"),
    Action.REVOKE: lambda world, who, at: cases.revoke(world, who, at, "示例理由"),
    Action.WITHDRAW: lambda world, who, at: cases.withdraw(world, who, at, "示例理由"),
    Action.HAND_IN_DEFERRED: cases.hand_in_deferred,
    Action.END_MANDATE: cases.end_mandate,
}

_FILED = (Action.SUBMIT,)
_RECEIVED = (*_FILED, Action.PRE_PASS, Action.RECEIVE)
_ACCEPTED = (*_RECEIVED, Action.ACCEPT)
_REVIEW = (*_ACCEPTED, Action.START_REVIEW)
_DECIDED = (*_REVIEW, Action.DECIDE)
WAYS: dict[State, tuple[Action, ...]] = {
    State.DRAFT: (),
    State.FILED: _FILED,
    State.RETURNED: (*_FILED, Action.PRE_FAIL),
    State.PRE_REVIEWED: (*_FILED, Action.PRE_PASS),
    State.RECEIVED: _RECEIVED,
    State.CORRECTING: (*_RECEIVED, Action.REQUEST_CORRECTION),
    State.ACCEPTED: _ACCEPTED,
    State.NOT_ACCEPTED: (*_RECEIVED, Action.REFUSE_ACCEPTANCE),
    State.IN_REVIEW: _REVIEW,
    State.DECIDED: _DECIDED,
    State.COMPLETED: (*_DECIDED, Action.COMPLETE),
    State.SERVED: (*_DECIDED, Action.COMPLETE, Action.SERVE),
    State.WITHDRAWN: (Action.WITHDRAW,),
    State.RETURNED_UNCORRECTED: (
        *_RECEIVED,
        Action.REQUEST_CORRECTION,
        Action.CORRECTION_LAPSED,
    ),
    State.NOT_IN_SCOPE: (*_RECEIVED, Action.OUT_OF_SCOPE),
    State.SUSPENDED: (*_REVIEW, Action.START_SPECIAL),
    State.CERTIFICATE_READY: (*_DECIDED, Action.COMPLETE, Action.ISSUE_CERTIFICATE),
    State.ARCHIVED: (*_DECIDED, Action.COMPLETE, Action.SERVE, Action.ARCHIVE),
    State.VOIDED: (*_REVIEW, Action.VOID),
    State.REVOKED: (*_DECIDED, Action.COMPLETE, Action.SERVE, Action.REVOKE),
}


def year_2027(*more: tuple[str, str]) -> Year:
    """An invented calendar for the next year: New Year's week off, two Saturdays made up."""
    fixed = ("2027-01-01", "2027-05-01", "2027-10-01", "2027-10-02", "2027-10-03")
    days = [(each, "holiday") for each in fixed] + list(more)
    return Year(
        year=2027,
        days=tuple(
            Day(date=date.fromisoformat(each), kind=DayKind(kind), name="示例")
            for each, kind in days
        ),
    )


async def publish_2027(world: World, *more: tuple[str, str]) -> None:
    """Publish that calendar."""
    await workdays.import_year(world, year_2027(*more))


def later(clock: SetClock, **by: float) -> None:
    """Let time pass."""
    clock.set(clock.now() + timedelta(**by))
