"""The people of the proofs, really signed in: citizens, and officers here and elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import aiohttp

from citydesk import appointments, cases, consultations, identity, organs
from citydesk.cases import MOST_DRAFTS, Action, State, stored
from citydesk.cases.uploads import MOST_OPEN
from citydesk.consultations import Matter
from citydesk.identity import Asker, Citizen, Officer, Role
from citydesk.identity.sessions import open_session
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.cases import Case, PaperUpload
from models.consultations import Consultation
from tests.cases.making import HALL, ORGAN, WAYS, Desk, kite_guide
from tests.consultations.making import ANSWER, QUESTION
from tests.documents import a_pdf
from tests.people import Outside, Phone

SAMPLES = ("zhang", "li")  # both of assurance level 4
HOURS = ("00:00", "23:30")  # a hall for proofs: open whenever the clock stands
PDF = a_pdf()
# Where a case must stand for an operation to be carried out.
NEEDS: dict[str, State] = {
    "fill_form": State.DRAFT,
    "keep_typed_form": State.DRAFT,
    "read_receipt": State.FILED,
    "hand_in_material": State.DRAFT,
    **dict.fromkeys(("take_back_paper", "begin_upload", "list_uploads"), State.DRAFT),
    "submit_case": State.DRAFT,
    "correct_case": State.CORRECTING,
    "pre_pass": State.FILED,
    "pre_fail": State.FILED,
    "receive": State.PRE_REVIEWED,
    "request_correction": State.RECEIVED,
    "accept": State.RECEIVED,
    "refuse_acceptance": State.RECEIVED,
    "start_review": State.ACCEPTED,
    "decide": State.IN_REVIEW,
    "complete": State.DECIDED,
    "serve": State.COMPLETED,
    "withdraw_case": State.ACCEPTED,
    "supplement_case": State.IN_REVIEW,
    "out_of_scope": State.RECEIVED,
    "pass_link": State.IN_REVIEW,
    "return_link": State.IN_REVIEW,
    "request_supplement": State.IN_REVIEW,
    "start_special": State.IN_REVIEW,
    "end_special": State.SUSPENDED,
    "extend": State.IN_REVIEW,
    "start_joint": State.IN_REVIEW,
    "commit": State.IN_REVIEW,
    "fill_at_window": State.CORRECTING,
    "hand_in_at_window": State.CORRECTING,
    "correct_at_window": State.CORRECTING,
    "supplement_at_window": State.IN_REVIEW,
    "hand_in_deferred": State.ACCEPTED,
    "hand_in_deferred_at_window": State.ACCEPTED,
    "withdraw_at_window": State.ACCEPTED,
    "end_mandate": State.FILED,
    "issue_certificate": State.COMPLETED,
    "void": State.FILED,
    "revoke": State.COMPLETED,
}
# And what must have been done to it besides.
AHEAD = {
    **dict.fromkeys(("supplement_case", "supplement_at_window"), Action.REQUEST_SUPPLEMENT),
    "return_link": Action.PASS_LINK,
}


@dataclass
class Crowd:
    """Everybody by role; ``other_`` people have nothing to do with the citizen's matters."""

    world: World
    outside: Outside
    nobody: Phone
    citizen: Phone
    other_citizen: Phone
    front_desk: Phone
    other_front_desk: Phone
    back_office: Phone
    other_back_office: Phone
    exit_window: Phone
    department_head: Phone
    item: str
    desk: Desk
    uploads_to: UUID | None = None  # the draft they are for

    @classmethod
    async def gather(
        cls, world: World, outside: Outside, phone: Phone, places: int = 50
    ) -> "Crowd":
        """Sign everybody in, publish one guide, and open the hall's hours."""
        hall = await organs.hall_by_code(world, HALL)
        _ = await appointments.offer_hours(world, hall.id, *HOURS, slot_minutes=30, places=places)
        await appointments.open_days(world)
        hall_elsewhere, organ_elsewhere = await _elsewhere(world)
        zhang, li = [await real_name(phone, outside, who) for who in SAMPLES]
        front = await staff(world, phone, Role.FRONT_DESK, ORGAN, HALL)
        back = await staff(world, phone, Role.BACK_OFFICE, ORGAN, None)
        exit_window = await staff(world, phone, Role.EXIT_WINDOW, ORGAN, HALL)
        desk = Desk(
            world,
            await citizen_of(world, zhang),
            await officer_of(world, front),
            await officer_of(world, back),
        )
        return cls(
            world,
            outside,
            phone,
            zhang,
            li,
            front,
            await staff(world, phone, Role.FRONT_DESK, ORGAN, hall_elsewhere),
            back,
            await staff(world, phone, Role.BACK_OFFICE, organ_elsewhere, None),
            exit_window,
            await staff(world, phone, Role.DEPARTMENT_HEAD, ORGAN, None),
            await kite_guide(world),
            desk,
        )

    async def case(self, state: State, then: Action | None = None) -> Case:
        """A case of the citizen's, with one paper, brought to a state, and perhaps a step on."""
        await self._make_room()
        case = await self.desk.draft(self.item)
        await self.citizen_hands_in(case.id)
        for action in WAYS[state]:
            case = await self.desk.by_whom_it_may(action, case)
        assert case.state == state
        return case if then is None else await self.desk.by_whom_it_may(then, case)

    async def _make_room(self) -> None:
        """Take the oldest drafts back, before the citizen has as many as they may."""
        whose, draft = self.desk.citizen.identity_id, State.DRAFT.value
        drafts = await Case.filter(identity_id=whose, state=draft).order_by("-id")
        for each in drafts[MOST_DRAFTS - 2 :]:
            _ = await cases.withdraw(self.world, self.desk.citizen, each.id, None)

    async def consultation(self, answered: Collection[str] = (), operation: str = "") -> str:
        """A question of the citizen's, answered for some operations; none of today's five."""
        yesterday = self.world.clock.now() - timedelta(days=1)
        _ = await Consultation.filter(created_at__gt=yesterday).update(created_at=yesterday)
        ask = Matter(item_code=self.item)
        row = await consultations.ask(
            self.world, self.desk.citizen, consultations.Kind.CONSULT, QUESTION, ask
        )
        if operation in answered:
            await consultations.answer(self.world, self.desk.back, row.id, ANSWER)
        return str(row.id)

    async def citizen_hands_in(self, case_id: UUID) -> str:
        """Hand in one paper through the door; return its identifier."""
        told = await self.citizen.ask(
            "POST", f"/cases/{case_id}/materials/m01", data=PDF, name="示例.pdf"
        )
        await cases.scan_waiting(self.world)
        return str(told.ok(201)["id"])

    async def upload(self, *, sent: bool = False) -> str:
        """An upload of the citizen's, with all of its parts if they were sent.

        They have four under way at most: the oldest gives way. All are for one draft.
        """
        case = await Case.get_or_none(id=self.uploads_to, state=State.DRAFT.value)
        if case is None:
            await self._make_room()
            case = await self.desk.draft(self.item)
        self.uploads_to = case.id
        under_way = await PaperUpload.filter(identity_id=case.identity_id).order_by("-id")
        for each in under_way[MOST_OPEN - 2 :]:
            _ = await stored.throw_uploads_away(id=each.id)
        told = {"name": "示例.pdf", "size_bytes": len(PDF), "sha256": sha256(PDF).hexdigest()}
        begun = await self.citizen.post(f"/cases/{case.id}/materials/m01/uploads", told)
        upload_id: str = begun.ok(201)["id"]
        if sent:
            headers = {"Upload-Offset": "0"}
            part = await self.citizen.ask(
                "PATCH", f"/uploads/{upload_id}", data=PDF, headers=headers
            )
            assert part.status == 204
        return upload_id

    @property
    def by_role(self) -> dict[Role, Phone]:
        """The officers here."""
        return {
            Role.FRONT_DESK: self.front_desk,
            Role.BACK_OFFICE: self.back_office,
            Role.EXIT_WINDOW: self.exit_window,
            Role.DEPARTMENT_HEAD: self.department_head,
        }

    async def again(self, asker: Asker) -> Phone:
        """The same person or officer, signed in once more."""
        if isinstance(asker, Citizen):
            account = asker.account_id
            told: dict[str, Any] = {"subject": account, "account_id": account, "channel": "app"}
        else:
            told = {"subject": asker.officer_id, "post_id": asker.post_id, "channel": "web"}
            told["role"] = asker.role.value
        async with self.world.transaction():
            opened = await open_session(self.world, device="", **told)
        return self.nobody.signed_in(opened.access_token)

    async def books(self, citizen: Phone, slot_id: str) -> dict[str, Any]:
        """Book a slot for the guide's matter."""
        wanted = {"slot_id": slot_id, "item_code": self.item}
        made: dict[str, Any] = (await citizen.post("/appointments", wanted)).ok(201)
        return made

    async def slots(self, days_ahead: int = 1) -> list[dict[str, Any]]:
        """The hall's slots of a day."""
        on = self.world.clock.today() + timedelta(days=days_ahead)
        found: list[dict[str, Any]] = (
            await self.nobody.get(f"/halls/{HALL}/slots", on=on.isoformat())
        ).ok()
        return found


async def sign_in(phone: Phone, outside: Outside, who: str) -> Phone:
    """Sign a sample person in by the mini program."""
    code = (await outside.control("POST", f"people/{who}/login_code"))["code"]
    tokens = (await phone.post("/sessions/mini-program", {"code": code}, key=None)).ok()
    return phone.signed_in(tokens["access_token"])


async def real_name(phone: Phone, outside: Outside, who: str) -> Phone:
    """Sign a sample person in and prove their real name at the provincial provider."""
    citizen = await sign_in(phone, outside, who)
    begun = (await citizen.post("/identity/verifications", {}, key=None)).ok()
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as browser,
        browser.get(begun["authorize_url"] + f"&login_hint={who}") as page,
    ):
        assert page.status == 200, await page.text()
        handed_back = await page.json()
    (await citizen.post("/identity/verifications/finish", handed_back, key=None)).ok(200)
    return citizen


async def staff(world: World, phone: Phone, role: Role, organ: str, hall: str | None) -> Phone:
    """Take an officer on and sign them in for their one post."""
    login = f"o.{str(new_id())[-12:]}"
    password = await identity.add_officer(world, login, "吴示例")
    await identity.add_post(world, login, role, organ, hall)
    told = await phone.post("/officer-sessions", {"login": login, "password": password}, key=None)
    return phone.signed_in(told.ok()["access_token"])


async def citizen_of(world: World, phone: Phone) -> Citizen:
    """Who the desk takes this phone for."""
    asker = await asker_of(world, phone)
    assert isinstance(asker, Citizen)
    return asker


async def officer_of(world: World, phone: Phone) -> Officer:
    """Which officer the desk takes this phone for."""
    asker = await asker_of(world, phone)
    assert isinstance(asker, Officer)
    return asker


async def asker_of(world: World, phone: Phone) -> Asker:
    """Who asks from this phone."""
    assert phone.token is not None
    return await identity.asker_for(world, phone.token)


async def _elsewhere(world: World) -> tuple[str, str]:
    """A hall and an organ that have nothing to do with the sample ones."""
    halls = [each.code for each in await organs.halls(world) if each.code != HALL]
    page = await organs.organs(world, limit=100)
    return halls[0], next(each.code for each in page.items if each.code != ORGAN)
