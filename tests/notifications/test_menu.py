"""The account's menu is data, checked before WeChat sees it."""

from typing import Any

import orjson
import pytest

from citydesk import notifications
from citydesk.notifications.menu import bundled_menu, read_menu
from citydesk.world import World
from tests.people import Outside
from wechat.dialogue import WORDS


async def menu_of(outside: Outside, world: World) -> Any:
    token = await world.wechat.tokens.token()
    async with outside.session.get(f"/cgi-bin/menu/get?access_token={token}") as answer:
        return (await answer.json())["menu"]["button"]


async def test_the_bundled_menu_is_published_with_our_own_addresses(
    world: World, outside: Outside
) -> None:
    names = await notifications.publish_menu(world)
    shown = await menu_of(outside, world)
    assert [each["name"] for each in shown] == names
    urls = [leaf["url"] for each in shown for leaf in each.get("sub_button", []) if "url" in leaf]
    assert f"{world.settings.public_url}/my/cases" in urls
    assert all(url.startswith(world.settings.public_url) for url in urls)


def test_every_word_of_the_bundled_menu_is_understood_in_the_chat() -> None:
    buttons = orjson.loads(bundled_menu())
    leaves = [leaf for each in buttons for leaf in [each, *each.get("sub_button", [])]]
    assert {leaf["word"] for leaf in leaves if "word" in leaf} <= set(WORDS)


@pytest.mark.parametrize(
    "faulty",
    [
        "[]",
        "{",
        '[{"name": "甲"}]',
        '[{"name": "名字太长放不下的", "word": "hot"}]',
        '[{"name": "甲", "word": "hot", "page": "/"}]',
        '[{"name": "甲", "page": "https://elsewhere.example/"}]',
        '[{"name": "甲", "sub_button": [{"name": "乙"}]}]',
        '[{"name": "甲", "word": "hot", "unknown": 1}]',
        "[" + ",".join(['{"name": "甲", "word": "hot"}'] * 4) + "]",
    ],
)
def test_a_faulty_menu_is_refused_before_anything_is_sent(faulty: str) -> None:
    with pytest.raises(notifications.MenuRefused):
        read_menu(faulty, "http://127.0.0.1")


async def test_what_wechat_will_not_take_is_told(world: World, outside: Outside) -> None:
    told = {"path": "/cgi-bin/menu/create", "errcode": 40016}
    async with outside.session.post("/_ctl/faults", json=told) as answer:
        assert answer.status == 200, await answer.text()
    with pytest.raises(notifications.MenuRefused):
        await notifications.publish_menu(world)
