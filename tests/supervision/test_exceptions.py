"""Exceptions take two persons, and explain a rate without raising it."""

from datetime import timedelta
from uuid import uuid4

import pytest

from citydesk import guides, supervision
from citydesk.identity import Officer, Role
from citydesk.kit.clock import SetClock
from citydesk.world import World
from models.supervision import ExceptionState, Measure
from tests.guides.making import a_guide, code
from tests.supervision.test_trials import only


def an_officer() -> Officer:
    return Officer(uuid4(), uuid4(), Role.SUPERVISOR, None, None, uuid4())


async def test_one_asks_and_another_decides(world: World, clock: SetClock) -> None:
    await only(world, a_guide())
    feng, wei = an_officer(), an_officer()
    with pytest.raises(supervision.NoReasonGiven):
        await supervision.ask_exception(world, feng, code(), Measure.ONLINE, "  ")
    with pytest.raises(guides.NoSuchGuide):
        await supervision.ask_exception(world, feng, "nothing", Measure.ONLINE, "涉密")
    until = clock.today() + timedelta(days=30)
    asked = await supervision.ask_exception(
        world, feng, code(), Measure.ONLINE, "涉密事项，不能上网", until
    )
    with pytest.raises(supervision.AlreadyDecided):
        await supervision.ask_exception(world, wei, code(), Measure.ONLINE, "再登记一次")
    with pytest.raises(supervision.SamePerson):
        await supervision.decide_exception(world, feng, asked.id, approve=True)
    with pytest.raises(supervision.NoReasonGiven):
        await supervision.decide_exception(world, wei, asked.id, approve=False)
    share = await supervision.city_rate(world, Measure.ONLINE)
    assert (share.excepted, share.permille, share.permille_without_exceptions) == (0, 0, 0)
    done = await supervision.decide_exception(world, wei, asked.id, approve=True)
    assert done.state is ExceptionState.APPROVED
    share = await supervision.city_rate(world, Measure.ONLINE)
    assert (share.excepted, share.permille, share.permille_without_exceptions) == (1, 0, None)
    assert (await supervision.city_rate(world, Measure.ENTRY)).excepted == 0
    with pytest.raises(supervision.AlreadyDecided):
        await supervision.decide_exception(world, wei, asked.id, approve=True)
    clock.move(days=31)
    assert (await supervision.city_rate(world, Measure.ONLINE)).excepted == 0  # it has run out
    await supervision.end_exception(world, wei, asked.id)
    assert [each.state for each in await supervision.exceptions(world)] == [ExceptionState.ENDED]
    await supervision.ask_exception(world, wei, code(), Measure.ONLINE, "条件变了，重新登记")
