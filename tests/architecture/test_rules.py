"""The rules of the house hold in every module; and each was seen to bite."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.architecture import rules
from tests.architecture.rules import ALL, DOORS, SHIPPED, Source, sources

Rule = Callable[[Source], list[str]]


def kept(rule: Rule, found: list[Source]) -> None:
    assert len(found) > 5, "the rule was applied to nothing"
    broken = {source.name: said for source in found if (said := rule(source))}
    assert not broken, "\n".join(
        f"{name}: {line}" for name, each in broken.items() for line in each
    )


def test_doors_name_models_but_never_query_them() -> None:
    kept(rules.doors_never_query, sources(*DOORS))


def test_a_capability_is_entered_by_its_front_door() -> None:
    kept(rules.front_door_only, sources(*SHIPPED))


def test_no_module_is_over_400_lines() -> None:
    kept(rules.not_too_long, sources(*ALL))


def test_every_package_and_public_word_says_what_it_is_for() -> None:
    kept(rules.documented, sources(*ALL))


def test_nobody_asks_another_clock() -> None:
    kept(rules.asks_the_clock, sources(*SHIPPED))


def test_frameworks_stay_in_their_place() -> None:
    kept(rules.frameworks_in_their_place, sources(*ALL))


def test_modules_are_named_for_their_subject() -> None:
    kept(rules.well_named, sources(*ALL, "tests"))


GOOD = [
    (rules.doors_never_query, "mobile_api.x", "from models.organs import HallKind\nHallKind.city"),
    (rules.doors_never_query, "mobile_api.x", "from citydesk import organs\norgans.all()"),
    (rules.doors_never_query, "mobile_api.x", "a = {}\na.get('b')"),
    (rules.doors_never_query, "mobile_api.health", "from citydesk.kit import sql"),
    (rules.front_door_only, "mobile_api.x", "from citydesk import cases\ncases.submit(1)"),
    (rules.front_door_only, "mobile_api.x", "from citydesk.cases import CaseFiled"),
    (rules.front_door_only, "citydesk.cases.x", "from citydesk.cases.rules import y"),
    (rules.front_door_only, "citydesk.cases.x", "from citydesk.cases import rules"),
    (rules.front_door_only, "mobile_api.x", "from citydesk.kit import sql\nsql.rows(1)"),
    (rules.front_door_only, "citydesk.commands.x", "from citydesk.commands.up import y"),
    (rules.front_door_only, "mobile_api.x", "from citydesk import guides\nguides.search(1)"),
    (rules.not_too_long, "citydesk.x", "a = 1\n" * 400),
    (rules.documented, "citydesk.x", '"""A."""\ndef _f(): pass\nx = 1'),
    (rules.documented, "citydesk.x", '"""A."""\nclass A:\n  "B."\n  def __init__(self): pass'),
    (rules.documented, "citydesk.x", '"""A."""\nclass A:\n  "B."\n  @override\n  def f(self): 1'),
    (rules.documented, "citydesk.x", '"""A."""\nclass _A:\n  def f(self): pass'),
    (rules.documented, "citydesk.x", '"""A."""\ndef f():\n  "B."\n  def g(): pass'),
    (rules.asks_the_clock, "citydesk.x", "world.clock.now()\nworld.clock.today()"),
    (rules.asks_the_clock, "citydesk.x", "from time import perf_counter\nperf_counter()"),
    (rules.asks_the_clock, "citydesk.x", "loop.time()\ntime = 1\ntime"),
    (rules.asks_the_clock, "citydesk.kit.clock", "from datetime import datetime\ndatetime.now()"),
    (rules.asks_the_clock, "citydesk.x", "from datetime import datetime\ndatetime.combine(a, b)"),
    (rules.frameworks_in_their_place, "tasks.worker", "from arq import cron"),
    (rules.frameworks_in_their_place, "asgi", "import arq\nimport starlette"),
    (rules.frameworks_in_their_place, "mobile_api.x", "from starlette.routing import Route"),
    (rules.frameworks_in_their_place, "citydesk.x", "import arqueology"),
    (rules.well_named, "citydesk.cases.rules", ""),
    (rules.well_named, "citydesk.kit.commonplace", ""),
]

BAD = [
    (rules.doors_never_query, "mobile_api.x", "from models.organs import Hall\nHall.filter(a=1)"),
    (rules.doors_never_query, "wechat.x", "from models.organs import Hall as H\nH.get_or_none()"),
    (rules.doors_never_query, "tasks.x", "from models import organs\norgans.Hall.all()"),
    (rules.doors_never_query, "tasks.x", "import models.organs\nmodels.organs.Hall.create()"),
    (rules.doors_never_query, "mobile_api.x", "await row.fetch_related('hall')"),
    (rules.doors_never_query, "mobile_api.x", "from citydesk.kit import sql"),
    (rules.doors_never_query, "wechat.x", "from citydesk.kit.sql import rows"),
    (rules.front_door_only, "mobile_api.x", "from citydesk.cases.rules import y"),
    (rules.front_door_only, "mobile_api.x", "from citydesk.cases import rules"),
    (rules.front_door_only, "mobile_api.x", "import citydesk.cases.rules"),
    (rules.front_door_only, "mobile_api.x", "def f():\n  from citydesk.cases.rules import y"),
    (rules.front_door_only, "citydesk.notifications.x", "from citydesk.cases.events import A"),
    (rules.front_door_only, "citydesk.seed", "from citydesk import cases\ncases.rules.f()"),
    (rules.front_door_only, "tasks.x", "from citydesk import cases as c\nc.rules"),
    (rules.not_too_long, "citydesk.x", "a = 1\n" * 401),
    (rules.documented, "citydesk.x", ""),
    (rules.documented, "citydesk.x", "x = 1"),
    (rules.documented, "citydesk.x", '"""A."""\ndef f(): pass'),
    (rules.documented, "citydesk.x", '"""A."""\nasync def f(): pass'),
    (rules.documented, "citydesk.x", '"""A."""\nclass A: pass'),
    (rules.documented, "citydesk.x", '"""A."""\nclass A:\n  "B."\n  def f(self): pass'),
    (rules.asks_the_clock, "citydesk.x", "from datetime import datetime\ndatetime.now()"),
    (rules.asks_the_clock, "citydesk.x", "import datetime\ndatetime.datetime.utcnow()"),
    (rules.asks_the_clock, "citydesk.x", "import datetime as d\nd.date.today()"),
    (rules.asks_the_clock, "citydesk.x", "from datetime import date as d\nf = d.today"),
    (rules.asks_the_clock, "citydesk.x", "import time\ntime.time()"),
    (rules.asks_the_clock, "citydesk.x", "from time import time\ntime()"),
    (rules.asks_the_clock, "citydesk.x", "from time import time_ns as t\nt()"),
    (rules.asks_the_clock, "models.x", "at = fields.DatetimeField(auto_now=True)"),
    (rules.asks_the_clock, "models.x", "at = fields.DatetimeField(auto_now_add=True)"),
    (rules.frameworks_in_their_place, "citydesk.x", "from arq import cron"),
    (rules.frameworks_in_their_place, "mobile_api.x", "import arq.connections"),
    (rules.frameworks_in_their_place, "tasks.x", "from starlette.requests import Request"),
    (rules.frameworks_in_their_place, "models.x", "import starlette"),
    (rules.frameworks_in_their_place, "asgi", "from sandbox import app"),
    (rules.frameworks_in_their_place, "wechat.x", "def f():\n  import wechatpy"),
    (rules.frameworks_in_their_place, "tasks.x", "import pickle"),
    (rules.frameworks_in_their_place, "citydesk.x", "from unittest import mock"),
    (rules.well_named, "citydesk.cases.utils", ""),
    (rules.well_named, "tests.cases.helpers", ""),
    (rules.well_named, "mobile_api.common.x", ""),
]


def shown(example: Any) -> str:
    return example.__name__ if callable(example) else str(example)


@pytest.mark.parametrize(("rule", "name", "text"), GOOD, ids=shown)
def test_what_is_right_passes(rule: Rule, name: str, text: str) -> None:
    assert rule(Source(name, text)) == []


@pytest.mark.parametrize(("rule", "name", "text"), BAD, ids=shown)
def test_what_is_wrong_is_noticed(rule: Rule, name: str, text: str) -> None:
    assert rule(Source(name, text)) != []


def test_every_rule_was_seen_to_bite() -> None:
    own = {
        each for each in vars(rules).values() if getattr(each, "__module__", "") == rules.__name__
    }
    every = {
        each
        for each in own
        if getattr(each, "__annotations__", {}) == {"source": Source, "return": list[str]}
    }
    assert len(every) == 7
    assert {rule for rule, _, _ in BAD} == {rule for rule, _, _ in GOOD} == every
