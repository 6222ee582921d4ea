"""Taking a case at a window: the officer files for an applicant, or their agent, who stands there.

The officer checks the card, fills the form with them, scans the papers or takes them over, and
receives the case in one step, without a pre-review. Whoever has an account sees it there at once.
"""

from collections.abc import Mapping
from uuid import UUID

from citydesk import guides, identity, organs
from citydesk.cases.filing import new_draft, open_to_papers
from citydesk.cases.forms import sealed_form
from citydesk.cases.machine import not_yours
from citydesk.cases.moving import UNKNOWN, WINDOW, may_see
from citydesk.cases.papers import keep_paper, looked_at
from citydesk.cases.refusals import NoSuchCase, NotAllowedNow, NotAtThisWindow
from citydesk.cases.states import Action, State
from citydesk.guides import Answer
from citydesk.identity import Officer, Presented, Role
from citydesk.kit.contents import Seen
from citydesk.world import World
from models.cases import Case, CaseMaterial
from models.organs import ServiceHall

MOST_BEGUN = 50  # unfinished ones a window shows


async def begin_at_window(
    world: World,
    officer: Officer,
    item_code: str,
    applicant: Presented,
    *,
    agent: Presented | None = None,
    form: Mapping[str, Answer] | None = None,
) -> Case:
    """Begin a case for a person who shows their card at this officer's window.

    Also for matters that are not handled online. Who was looked up is noted.

    Raises:
        NotYourStep: another post. NotAtThisWindow: the hall does not take the matter, or the
        agent is the applicant. identity.WrongPerson: the card cannot be so.
    """
    guide, hall = await _guide_here(world, officer, item_code)
    async with world.transaction():
        purpose = f"窗口收件：{guide.name}"[:200]
        person = await identity.register_at_window(world, officer, applicant, purpose)
        acting = None
        if agent is not None:
            acting = await identity.register_at_window(world, officer, agent, f"代办人，{purpose}")
        if acting == person:
            raise NotAtThisWindow("代办人和申请人是同一个人，请按本人办理登记。")
        case = await new_draft(world, guide, hall, WINDOW, person, None)
        case.agent_identity_id = acting
        case.form_sealed = sealed_form(world, case.id, guide, form or {})
        await case.save(force_create=True)
    return case


async def _guide_here(
    world: World, officer: Officer, item_code: str
) -> tuple[guides.Guide, ServiceHall]:
    if officer.role is not Role.FRONT_DESK:
        raise not_yours(Action.RECEIVE)
    if officer.hall_id is None:
        raise NotAtThisWindow("您的岗位没有分配大厅，不能在窗口收件。请联系管理员。")
    hall = await organs.hall(world, officer.hall_id)
    guide = await guides.published(world, item_code, hall.region_code)
    if hall.code not in {place.hall for place in guide.content.places}:
        raise NotAtThisWindow("本大厅不办理这个事项，请看办事指南里的办理地点。", hall=hall.code)
    return guide, hall


async def begun_at(officer: Officer) -> list[Case]:
    """Return what was begun at this officer's hall and not received yet, the newest first."""
    if officer.role is not Role.FRONT_DESK or officer.hall_id is None:
        return []
    waiting = Case.filter(hall_id=officer.hall_id, source=WINDOW, state=State.DRAFT.value)
    return await waiting.order_by("-id").limit(MOST_BEGUN)


async def fill_for(
    world: World, officer: Officer, case_id: UUID, form: Mapping[str, Answer]
) -> Case:
    """Replace the form of what was begun at the window, as the applicant says it."""
    async with world.transaction():
        case = await _at_hand(officer, case_id)
        if State(case.state) not in (State.DRAFT, State.CORRECTING):
            raise NotAllowedNow("办件已收件，现在不能改表单。", state=case.state)
        guide = await guides.version(world, case.item_version_id)
        case.form_sealed = sealed_form(world, case.id, guide, form)
        case.form_version += 1
        case.draft_saved_at = world.clock.now()
        await case.save(update_fields=["form_sealed", "form_version", "draft_saved_at"])
    return case


async def attach_for(
    world: World,
    officer: Officer,
    case_id: UUID,
    requirement: str,
    name: str,
    content: bytes | Seen,
) -> CaseMaterial:
    """Scan in one paper that the applicant brings to the window.

    Raises:
        NotAllowedNow: nothing is asked for or owed. The rest as ``attach``.
    """
    if not isinstance(content, Seen):
        content = await looked_at(world, officer.key, content)
    async with world.transaction():
        case = await _at_hand(officer, case_id)
        if not open_to_papers(case) or State(case.state) is State.RETURNED:
            raise NotAllowedNow("这个办件现在不用交材料。", state=case.state)
        return await keep_paper(world, case, requirement, name, content)


async def _at_hand(officer: Officer, case_id: UUID) -> Case:
    """Lock a case that this front desk may handle for its applicant."""
    if officer.role is not Role.FRONT_DESK:
        raise not_yours(Action.RECEIVE)
    case = await Case.select_for_update().get_or_none(id=case_id, parent_id=None)
    if case is None or not may_see(officer, case):
        raise NoSuchCase(UNKNOWN)
    return case
