"""The row is what its events tell: anybody doing anything, and a row that was tampered with."""

import random
from datetime import timedelta

import pytest

from citydesk import cases
from citydesk.cases import Action, State
from citydesk.cases.lapses import LAPSES, lapse
from citydesk.commands.cases import tell
from citydesk.kit import sql
from citydesk.kit.refusals import Refusal
from citydesk.world import World
from models.cases import Case
from tests.cases.making import PDF, Desk

STEPS_OF_A_LIFE = 40


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_people_do_the_events_tell_the_row(world: World, seed: int) -> None:
    """A random life of a case and its parts, by everybody, with time passing."""
    chance, desk = random.Random(seed), await Desk.open(world)
    case = await desk.draft()
    await cases.attach(world, desk.citizen, case.id, "m01", "示例.pdf", PDF)
    lived = set()
    for _ in range(STEPS_OF_A_LIFE):
        case = await Case.get(id=case.id)
        lived.add(case.state)
        if chance.random() < 0.25:
            world.clock.move(days=chance.choice([1, 3, 8, 20]))  # type: ignore[attr-defined]
        if (ending := LAPSES.get(State(case.state))) and chance.random() < 0.2:
            await tried(lapse(world, case.id, ending))
            continue
        ways = [
            (action, asker)
            for asker in desk.askers.values()
            for action in cases.allowed_actions(world, asker, case)
            if action not in GRAVE or chance.random() < 0.1
        ]
        if ways:
            action, asker = chance.choice(ways)
            await tried(desk.take(action, asker, case.id))
    for each in await Case.all():
        assert (await cases.rebuild(world, each.id)).differences == (), (seed, each.state)
    assert len(lived) > 2


GRAVE = (Action.WITHDRAW, Action.VOID, Action.REVOKE, Action.REFUSE_ACCEPTANCE, Action.OUT_OF_SCOPE)


async def tried(step: object) -> None:
    """Take a step that may be refused for what it asks, as a second notice is."""
    try:
        await step  # type: ignore[misc]
    except Refusal:
        return


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("state = 'decided'", "state: stored decided, by its events accepted"),
        ("promised_on = promised_on - 1", "promised_on: stored"),
        ("last_seq = 9", "last_seq: stored 9, there are 4 events"),
        ("outcome = 'granted'", "outcome: stored granted, by its events None"),
    ],
)
async def test_a_row_changed_behind_its_events_is_found(
    world: World, change: str, said: str
) -> None:
    desk = await Desk.open(world)
    good, bad = await desk.bring_to(State.ACCEPTED), await desk.bring_to(State.ACCEPTED)
    await sql.run(f"UPDATE service_case SET {change} WHERE id = $1", bad.id)  # noqa: S608
    assert await cases.report_differences(world) == 1
    [found] = await cases.differing(world)
    assert found.case_id == bad.id != good.id
    assert any(each.startswith(said) for each in found.differences)


async def test_only_what_moved_of_late_is_compared_by_night(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.ACCEPTED)
    await sql.run("UPDATE service_case SET outcome = 'granted' WHERE id = $1", case.id)
    world.clock.move(days=3)  # type: ignore[attr-defined]
    assert await cases.report_differences(world) == 0
    since = world.clock.now() - timedelta(days=9)
    assert len(await cases.differing(world, since)) == len(await cases.differing(world)) == 1


async def test_the_command_names_what_differs_and_ends_with_1(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = await Desk.open(world)
    case = await desk.bring_to(State.ACCEPTED)
    assert tell(await cases.differing(world)) == 0
    assert "every case stands where its events say" in capsys.readouterr().out
    await sql.run("UPDATE service_case SET state = 'served' WHERE id = $1", case.id)
    assert tell(await cases.differing(world)) == 1
    said = capsys.readouterr().out
    assert case.case_no in said
    assert "state: stored served, by its events accepted" in said
