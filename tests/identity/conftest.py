import pytest

from citydesk.world import World
from tests.identity.browser import Browser
from tests.people import Outside


@pytest.fixture
def browser(world: World, outside: Outside) -> Browser:
    return Browser(world, outside)
