"""What an answer leans on is asked of Valkey once; what it leaves behind goes out with it."""

from collections.abc import Sequence
from typing import Any

import pytest

from citydesk.kit.valkey import Asked, Batched
from citydesk.world import World
from tests.people import Outside
from tests.wechat.door import follow
from wechat import conversation
from wechat.conversation import NOTHING, Recalled

pytestmark = pytest.mark.usefixtures("server")


async def test_a_guide_costs_two_rounds_to_valkey_and_a_bare_number_is_understood_after(
    world: World, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await follow(outside)
    await outside.says("zhang", "开饭店")  # written once: the bubble is at hand from here on
    rounds: list[list[str]] = []
    went_round = Batched._round

    async def noting(self: Batched, asked: Sequence[Asked]) -> Sequence[Any]:
        rounds.append([command[0] for command, _ in asked])
        return await went_round(self, asked)

    monkeypatch.setattr(Batched, "_round", noting)
    answer = await outside.says("zhang", "开饭店")
    assert answer.startswith("【食品经营许可(新办)】")
    assert rounds == [["MGET"], ["SET", "SET", "SET"]]  # recalled; the guide, the list, the answer
    rounds.clear()
    second = await outside.says("zhang", "2")
    assert second.startswith("【")
    assert second != answer

    openid = (await outside.person("zhang"))["openid"]
    known = await conversation.recalled(world, openid, "wx:nothing")
    assert known == Recalled(about=second.partition("】")[0].removeprefix("【"))
    assert await conversation.recalled(world, "nobody", "wx:nothing") == NOTHING
