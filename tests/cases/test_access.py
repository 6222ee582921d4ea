from itertools import product
from uuid import UUID

import pytest

from citydesk import cases
from citydesk.cases import Action, NoSuchCase, State
from citydesk.identity import Role
from citydesk.kit import sql
from citydesk.kit.clock import SetClock
from citydesk.kit.ids import new_id
from citydesk.kit.paging import encode_cursor
from citydesk.kit.refusals import Invalid
from citydesk.world import World
from models.cases import Case
from models.identity import AccessLog
from tests.cases.making import (
    FORM,
    HALL,
    NAME,
    PDF,
    Desk,
    applicant,
    at_post,
    employed,
    kite_guide,
)
from tests.guides.making import code
from tests.journeys.test_restaurant import signed_in_citizen
from tests.people import Outside, Phone

PAPER = PDF + "风筝照片里的悄悄话".encode()
FILE_NAME = "赵示例风筝的照片.pdf"


async def refusal(world: World, desk: Desk, asker: object, case_id: UUID) -> set[tuple[str, str]]:
    """Everything an asker is told who tries to see and move a case."""
    told = set()
    for attempt in (
        cases.fetch_for(asker, case_id),  # type: ignore[arg-type]
        cases.timeline(world, asker, case_id),  # type: ignore[arg-type]
        cases.open_paper(world, asker, case_id, new_id()),  # type: ignore[arg-type]
        *(desk.take(action, asker, case_id) for action in Action),  # type: ignore[arg-type]
    ):
        with pytest.raises((NoSuchCase, cases.NotYourStep)) as refused:
            await attempt
        told.add((refused.value.detail, repr(refused.value.facts)))
    return told


async def test_a_foreign_case_and_a_missing_one_are_told_alike(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.filed()
    strangers = [
        await applicant(world, "钱示例"),
        await at_post(world, Role.FRONT_DESK, "city"),
        await at_post(world, Role.EXIT_WINDOW, "city"),
        await at_post(world, Role.BACK_OFFICE, None, "gongan"),
        await at_post(world, Role.FRONT_DESK, None),
    ]
    before = await Case.filter(id=case.id).values()
    for stranger in strangers:
        foreign = await refusal(world, desk, stranger, case.id)
        assert foreign == await refusal(world, desk, stranger, new_id())
        assert len({said for said, _ in foreign}) == 2
        if stranger is not strangers[0]:
            assert (await cases.work_list(world, stranger)).items == []  # type: ignore[arg-type]
    assert await Case.filter(id=case.id).values() == before


async def test_a_draft_is_nobodys_business_but_its_owners(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    assert (await cases.fetch_for(desk.citizen, case.id)).id == case.id
    for officer in (desk.front, desk.back, desk.exit):
        with pytest.raises(NoSuchCase):
            await cases.fetch_for(officer, case.id)
        assert (await cases.work_list(world, officer)).items == []


async def test_the_front_desk_cannot_review_nor_the_back_office_receive(world: World) -> None:
    desk = await Desk.open(world)
    mine = {
        "front_desk": {Action.PRE_PASS, Action.PRE_FAIL, Action.RECEIVE, Action.ACCEPT}
        | {Action.REQUEST_CORRECTION, Action.REFUSE_ACCEPTANCE, Action.OUT_OF_SCOPE}
        | {Action.CORRECT, Action.SUPPLEMENT, Action.HAND_IN_DEFERRED, Action.WITHDRAW},
        "back_office": {Action.START_REVIEW, Action.DECIDE, Action.COMPLETE}
        | {Action.REQUEST_CORRECTION, Action.REQUEST_SUPPLEMENT, Action.START_SPECIAL}
        | {Action.START_JOINT, Action.ISSUE_CERTIFICATE, Action.PASS_LINK, Action.RETURN_LINK},
        "exit_window": {Action.SERVE},
        "department_head": {Action.EXTEND, Action.VOID, Action.REVOKE},
    }
    for state in (State.FILED, State.RECEIVED, State.ACCEPTED, State.IN_REVIEW, State.COMPLETED):
        case = await desk.bring_to(state)
        for role, action in product(mine, Action):
            if action not in mine[role]:
                with pytest.raises((cases.NotYourStep, cases.NotAllowedNow)):
                    await desk.take(action, desk.askers[role], case.id)
            offered = cases.allowed_actions(world, desk.askers[role], case)
            assert set(offered) <= mine[role]


async def test_a_work_list_holds_what_waits_for_that_post_oldest_first(world: World) -> None:
    desk = await Desk.open(world)
    by_state = {state: await desk.bring_to(state) for state in State}
    waits = {
        desk.front: [State.FILED, State.PRE_REVIEWED, State.RECEIVED],
        desk.back: [
            *(State.ACCEPTED, State.IN_REVIEW, State.SUSPENDED, State.DECIDED, State.COMPLETED)
        ],
        desk.exit: [State.COMPLETED, State.CERTIFICATE_READY],
        desk.head: [State.IN_REVIEW],
    }
    for officer, states in waits.items():
        page = await cases.work_list(world, officer)
        assert [each.id for each in page.items] == [by_state[state].id for state in states]
        assert page.next_cursor is None
    first = await cases.work_list(world, desk.front, limit=2)
    rest = await cases.work_list(world, desk.front, first.next_cursor, limit=2)
    assert [each.state for each in first.items + rest.items] == waits[desk.front]


async def test_who_filed_first_waits_first_whenever_the_draft_was_begun(
    world: World, clock: SetClock
) -> None:
    desk = await Desk.open(world)
    early_draft = await desk.draft()
    clock.move(hours=1)
    filed_first = [await desk.filed() for _ in range(2)]
    clock.move(hours=1)
    await cases.attach(world, desk.citizen, early_draft.id, "m01", "示例.pdf", PDF)
    await cases.submit(world, desk.citizen, early_draft.id)
    shown, cursor = [], None
    for _ in range(3):
        page = await cases.work_list(world, desk.front, cursor, limit=1)
        shown += [each.id for each in page.items]
        cursor = page.next_cursor
    assert shown == [each.id for each in [*filed_first, early_draft]]
    assert cursor is None
    for wrong in (encode_cursor("yesterday", "x"), encode_cursor(1), "%%%"):
        with pytest.raises(Invalid):
            await cases.work_list(world, desk.front, wrong)


async def test_my_cases_are_mine_newest_first_page_by_page(world: World) -> None:
    desk = await Desk.open(world)
    own = [await desk.draft() for _ in range(3)]
    other = await applicant(world, "钱示例")
    assert (await cases.my_cases(world, other)).items == []
    first = await cases.my_cases(world, desk.citizen, limit=2)
    rest = await cases.my_cases(world, desk.citizen, first.next_cursor, limit=2)
    assert [each.id for each in first.items + rest.items] == [each.id for each in own[::-1]]


async def test_what_an_officer_reads_of_a_person_is_written_down(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", FILE_NAME, PAPER)
    case = await cases.submit(world, desk.citizen, case.id)
    [paper] = await cases.papers(world, case)
    await cases.form_of(world, desk.citizen, case)
    await cases.open_paper(world, desk.citizen, case.id, paper.id)
    assert not await AccessLog.exists()  # one's own
    officer = await employed(world, Role.FRONT_DESK)
    assert await cases.form_of(world, officer, case) == FORM
    with pytest.raises(cases.PaperNotScanned):
        await cases.open_paper(world, officer, case.id, paper.id)
    await cases.scan_waiting(world)
    opened = await cases.open_paper(world, officer, case.id, paper.id)
    content = b"".join([each async for each in opened.read(0, opened.paper.size_bytes - 1)])
    assert (content, opened.paper.name) == (PAPER, FILE_NAME)
    reads = await AccessLog.all().order_by("id").values()
    assert [each["fields_read"] for each in reads] == ["form,papers", "paper m01"]
    for each in reads:
        assert each["officer_id"] == officer.officer_id
        assert each["identity_id"] == desk.citizen.identity_id
        assert case.case_no in each["purpose"]


async def test_nothing_personal_lies_open_in_any_table(world: World) -> None:
    """Every row of every table, as text: none of the form's answers, names or papers."""
    desk = await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", FILE_NAME, PAPER)
    await cases.submit(world, desk.citizen, case.id)
    query_code = await cases.query_code(world, desk.citizen, case.id)
    secrets = [query_code, NAME, FILE_NAME, "悄悄话"]
    secrets += [FORM[key] for key in ("kite", "id_no", "phone")]
    hits = [
        (table, secret)
        for table in await tables()
        for secret in secrets
        if await holds(table, secret)
    ]
    assert hits == []
    assert await holds("service_case", case.case_no)  # the scan does find what is there


async def test_nothing_personal_lies_open_after_a_filing_over_the_api(
    world: World, outside: Outside, phone: Phone
) -> None:
    citizen = await signed_in_citizen(phone, outside, "zhang")
    await kite_guide(world)
    case = (
        await citizen.post("/cases", {"item_code": code(), "hall_code": HALL, "form": FORM})
    ).ok(201)
    path = f"/cases/{case['id']}/materials/m01"
    (await citizen.ask("POST", path, data=PAPER, name=FILE_NAME)).ok(201)
    (await citizen.post(f"/cases/{case['id']}/submission")).ok()
    person = await outside.person("zhang")
    secrets = [FORM[key] for key in ("kite", "id_no", "phone")]
    secrets += [case["query_code"], FILE_NAME, "悄悄话", person["name"], person["id_number"]]
    hits = {table for table in await tables() for each in secrets if await holds(table, each)}
    assert hits == set()


async def tables() -> list[str]:
    return [
        row["name"]
        for row in await sql.rows(
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    ]


async def holds(table: str, secret: str) -> bool:
    """Whether any row holds the text, in the clear or as bytes."""
    found: int = await sql.value(
        f'SELECT count(*) FROM "{table}" AS t WHERE position($1 IN t::text) > 0'  # noqa: S608
        " OR position($2 IN t::text) > 0",
        secret,
        secret.encode().hex(),
    )
    return found > 0


async def test_sealed_text_does_not_open_in_another_case(world: World) -> None:
    desk = await Desk.open(world)
    mine, other = await desk.filed(), await desk.filed()
    await sql.run(
        "UPDATE service_case SET form_sealed ="
        " (SELECT form_sealed FROM service_case WHERE id = $1) WHERE id = $2",
        other.id,
        mine.id,
    )
    with pytest.raises(Exception, match=r"service_case\.form"):
        await cases.form_of(world, desk.citizen, await Case.get(id=mine.id))
