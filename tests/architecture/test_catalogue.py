"""What is listed in tables is there, and what is there is listed."""

import asyncio
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import orjson
import pytest
from arq import cron
from pydantic import TypeAdapter

import citydesk
from citydesk.commands import generate
from citydesk.kit.ids import new_id
from citydesk.kit.transaction import Event
from citydesk.reactions import REACTIONS
from mobile_api.api import Operation, Who
from mobile_api.app import OPERATIONS, routes
from tasks.timetable import TIMETABLE, Job
from tests.architecture.rules import ALL, ROOT, capabilities

# The words of the glossary that are capabilities; the same in every storey.
GLOSSARY = (
    *("workdays", "organs", "identity", "guides", "appointments", "tickets", "payments"),
    *("certificates", "cases", "packages", "exchange", "deliveries", "terminals"),
    *("notifications", "articles", "consultations", "evaluations", "supervision", "stores"),
    *("metrics", "reform"),
)
# Tables of the kit, which knows nothing of government.
KIT_TABLES = {"base", "fields", "outbox", "inbox", "idempotency"}


# --- events --------------------------------------------------------------------------------------


@cache
def events() -> tuple[type[Event], ...]:
    """Every event the desk defines, without those that others only build upon."""
    found: set[type[Event]] = set()
    for module in pkgutil.walk_packages(citydesk.__path__, "citydesk."):
        if module.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if inspect.isclass(each) and issubclass(each, Event) and each is not Event:
                found.add(each)
    bases = {base for each in found for base in each.__mro__[1:]}
    return tuple(sorted(found - bases, key=lambda each: each.__name__))


EVENTS = pytest.mark.parametrize("event", events(), ids=lambda each: each.__name__)


def test_every_event_has_an_entry_in_the_table_of_reactions() -> None:
    assert {each.__name__ for each in events()} == {each.__name__ for each in REACTIONS}
    assert set(REACTIONS) == set(events())


def test_no_two_events_share_the_name_they_have_in_the_outbox() -> None:
    names = [each.__name__ for each in events()]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 80 for name in names), "outbox_message.name"


SAMPLES: dict[Any, list[Any]] = {
    UUID: [new_id()],
    str: ["", "王小明"],
    int: [0, 2**53],
    bool: [True, False],
    date: [date(2026, 3, 2)],
    datetime: [datetime(2026, 3, 2, 1, 0, tzinfo=UTC)],
}


@EVENTS
def test_every_event_survives_the_outbox(event: type[Event]) -> None:
    assert is_dataclass(event)
    kinds = get_type_hints(event)
    names = [each.name for each in fields(event)]
    unknown = {name: kinds[name] for name in names if kinds[name] not in SAMPLES}
    assert not unknown, f"{event.__name__}.from_facts cannot read {unknown}: hold ids only"
    for turn in range(2):
        made = event(
            **{name: SAMPLES[kinds[name]][turn % len(SAMPLES[kinds[name]])] for name in names}
        )
        read = event.from_facts(orjson.loads(orjson.dumps(made.facts())))
        assert read == made
        assert [type(getattr(read, name)) for name in names] == [kinds[name] for name in names]


@EVENTS
def test_an_event_is_named_for_what_happened(event: type[Event]) -> None:
    assert not event.__name__.endswith(("Event", "Message", "Task", "Job"))
    assert event.__doc__


@pytest.mark.parametrize(
    ("event", "reaction"),
    [(event.__name__, reaction) for event, each in REACTIONS.items() for reaction in each],
)
def test_a_reaction_takes_the_world_and_a_batch(event: str, reaction: Any) -> None:
    assert inspect.iscoroutinefunction(reaction)
    inspect.signature(reaction).bind(object(), [])


def test_an_event_nobody_listed_would_be_noticed() -> None:
    listed = {each for each in events() if each is not next(iter(REACTIONS))}
    assert set(REACTIONS) != listed


# --- the timetable -------------------------------------------------------------------------------

JOBS = pytest.mark.parametrize("job", TIMETABLE, ids=lambda job: job.name)


@JOBS
def test_every_job_exists_and_takes_the_world(job: Job) -> None:
    assert inspect.iscoroutinefunction(job.run)
    inspect.signature(job.run).bind(object())
    assert inspect.getdoc(job.run)
    module = inspect.getmodule(job.run)
    assert module is not None
    assert module.__name__.partition(".")[0] in ("tasks", "citydesk")


@JOBS
def test_every_job_has_an_hour_that_comes(job: Job) -> None:
    limits = {"month": 12, "day": 31, "weekday": 6, "hour": 23, "minute": 59, "second": 59}
    assert set(job.when) <= set(limits)
    assert job.when, "a job without an hour would run every second"
    for unit, times in job.when.items():
        chosen = times if isinstance(times, frozenset) else {times}
        assert chosen
        assert all(0 <= each <= limits[unit] for each in chosen)
    entry = cron(
        job.run,
        name=job.name,
        **{
            unit: set(times) if isinstance(times, frozenset) else times
            for unit, times in job.when.items()
        },  # type: ignore[arg-type]
    )
    entry.calculate_next(datetime(2026, 3, 2, 9, 0))  # noqa: DTZ001 - arq counts without zones
    assert entry.next_run is not None


def test_jobs_have_names_of_their_own() -> None:
    names = [job.name for job in TIMETABLE]
    assert len(set(names)) == len(names)


# --- the API -------------------------------------------------------------------------------------

# They ask outside systems or give tokens away: no answer of theirs may be kept for 24 hours.
SIGN_INS = {
    "/api/sessions/mini-program",
    "/api/sessions/refresh",
    "/api/officer-sessions",
    "/api/identity/verifications",
}
EACH = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}"
)


@EACH
def test_every_operation_says_who_may_call_it_and_what_it_does(operation: Operation) -> None:
    assert isinstance(operation.who, Who)
    assert operation.who.label
    assert operation.who.anyone == (operation.who.label == "anyone")
    assert inspect.getdoc(operation.handler)
    assert asyncio.iscoroutinefunction(operation.handler)
    inspect.signature(operation.handler).bind(object())


@EACH
def test_what_creates_is_a_post_of_somebody_we_know(operation: Operation) -> None:
    if operation.creates:
        assert operation.method == "POST"
        assert not operation.who.anyone, "a key belongs to a caller"
    if operation.status == 201 and operation.path not in SIGN_INS:
        assert operation.creates, "what creates takes an Idempotency-Key"


@EACH
def test_the_parts_of_a_path_have_a_form(operation: Operation) -> None:
    parts = {each.partition("}")[0].partition(":")[0] for each in operation.path.split("{")[1:]}
    form = operation.path_form
    assert parts == (set(TypeAdapter(form).json_schema()["properties"]) if form else set())


@EACH
def test_forms_take_nothing_they_do_not_know(operation: Operation) -> None:
    for form in (operation.query, operation.path_form, operation.body):
        if inspect.isclass(form) and form is not bytes:
            assert form.model_config.get("extra") == "forbid", form.__name__


def test_no_operation_hides_another() -> None:
    addresses = [(each.method, each.path) for each in OPERATIONS]
    assert len(set(addresses)) == len(addresses)
    names = [each.handler.__name__ for each in OPERATIONS]
    assert len(set(names)) == len(names), "operationId"


def test_every_address_of_the_api_is_an_operation() -> None:
    described = {each.path for each in OPERATIONS}
    about = {"/api/openapi.json", "/api/docs", "/api/docs.css"}
    assert {getattr(each, "path", "?") for each in routes()} == described | about


# --- words and files -----------------------------------------------------------------------------


def test_every_capability_is_a_word_of_the_glossary() -> None:
    assert set(capabilities()) <= set(GLOSSARY)


def test_the_glossary_in_the_repository_explains_every_capability() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert not [word for word in capabilities() if f"`{word}`" not in text]


@pytest.mark.parametrize("storey", ["models", "tests"])
def test_a_storey_uses_the_words_of_the_glossary(storey: str) -> None:
    found = {
        path.stem for path in (ROOT / storey).iterdir() if not path.name.startswith(("_", "."))
    }
    if storey == "models":
        assert found - KIT_TABLES <= set(GLOSSARY)
    else:
        assert set(capabilities()) <= found, "every capability has its tests"


def package_files() -> Iterator[tuple[str, Path]]:
    for name in ALL:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        yield name, Path(spec.origin).resolve()


def test_every_package_is_ours_and_not_a_namesake_from_the_registry() -> None:
    strangers = {name: path for name, path in package_files() if not path.is_relative_to(ROOT)}
    assert not strangers
    assert not {name for name, path in package_files() if ".venv" in path.parts}


@pytest.mark.parametrize("path", generate.MADE, ids=str)
def test_what_is_generated_is_up_to_date(path: Path) -> None:
    file = ROOT / path
    written = file.read_text(encoding="utf-8") if file.exists() else ""
    assert written == generate.MADE[path](), f"{path} is out of date: run make fix"
