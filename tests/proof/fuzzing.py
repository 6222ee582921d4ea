"""Schemathesis, told who signs in for which operation and which things really exist."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID, uuid4

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineFinished, NonFatalError, ScenarioFinished
from schemathesis.hooks import unregister

SEED = 20261123
REFUSALS = ["400", "401", "403", "404", "405", "409", "415", "422", "429"]
# Invented values of these break HTTP itself: the server answers 400 before any operation is asked.
FRAMING = frozenset(("content-length", "transfer-encoding", "connection", "expect", "upgrade"))
LIKELY = 0.6  # how often a sound request names something that exists

Token = Callable[[str], str | None]  # by operation id


@dataclass(frozen=True)
class Sound:
    """A call that will be carried out: who asks, about what, and what they send."""

    token: str | None
    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any


def _never(_: str) -> Sound | None:
    return None


@dataclass
class Things:
    """What exists: by the operation that needs it, by the name of the parameter, or anywhere.

    ``sound`` makes a whole call of an operation (by its id), as long as one is wanted.
    """

    by_operation: Mapping[tuple[str, str], Sequence[Any]] = field(default_factory=dict)
    by_name: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sound: Callable[[str], Sound | None] = _never

    def of(self, operation: str, name: str) -> Sequence[Any]:
        """The values that would do for this parameter; none when any word is as good."""
        return self.by_operation.get((operation, name)) or self.by_name.get(name) or []


@dataclass
class Fuzzed:
    """What a run showed."""

    requests: int = 0
    operations: set[str] = field(default_factory=set)
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    checks: int = 0
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    ended: str = ""

    def carried_out(self) -> set[str]:
        """The operations that were answered well at least once."""
        return {label for (label, status), count in self.answered.items() if status < 300 and count}

    def told(self) -> str:
        """Every failure once, with how to repeat it."""
        return "\n\n".join([*self.failures.values(), *self.errors])

    def note(self, scenario: ScenarioFinished) -> None:
        """Count one scenario."""
        for case_id, found in scenario.recorder.interactions.items():
            case = scenario.recorder.cases[case_id].value
            self.requests += 1
            self.phases[scenario.phase.value] += 1
            self.operations.add(case.operation.label)
            if found.response is not None:
                self.statuses[found.response.status_code] += 1
                self.answered[case.operation.label, found.response.status_code] += 1
        for case_id, checks in scenario.recorder.checks.items():
            for check in checks:
                self.checks += 1
                if check.failure_info is not None:
                    label = scenario.recorder.cases[case_id].value.operation.label
                    wrong = check.failure_info
                    self.failures.setdefault(
                        (label, f"{check.name}: {wrong.failure.title}"),
                        f"{label} {check.name}: {wrong.failure.title}\n{wrong.failure.message}"
                        f"\n{wrong.code_sample}",
                    )


def config(*, examples: int, stateful: bool, seconds: int) -> schemathesis.Config:
    """Every check, every phase; seeded."""
    return schemathesis.Config.from_dict(
        {
            "seed": SEED,
            "max-time": seconds,
            "continue-on-failure": True,
            "request-timeout": 10,
            "generation": {"max-examples": examples, "no-shrink": True, "database": "none"},
            "checks": {
                # What a form allows may still be refused by the rules of the house, by name.
                "positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSALS]},
                "negative_data_rejection": {"expected-statuses": [*REFUSALS, "413"]},
            },
            "phases": {"stateful": {"enabled": stateful, "max-steps": 8}},
        }
    )


def fuzz(url: str, told: schemathesis.Config, token: Token, things: Things | None = None) -> Fuzzed:
    """Fuzz every operation at an address; blocks, so call it in a thread."""
    schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", config=told)
    _sign_in(schema, token)
    result = Fuzzed()
    with _using(things or Things(), Random(SEED)):
        for event in from_schema(schema).execute():
            match event:
                case ScenarioFinished():
                    result.note(event)
                case NonFatalError():
                    result.errors.append(f"{event.label}: {event.info.format()}")
                case EngineFinished():
                    result.ended = event.stop_reason.value
    return result


def _sign_in(schema: Any, token: Token) -> None:
    @schema.auth(refresh_interval=None)
    class Bearer:
        def get(self, case: Any, _: Any) -> str | None:
            return token(_id_of(case))

        def set(self, case: Any, data: str, _: Any) -> None:
            case.headers["Authorization"] = f"Bearer {data}"


@contextmanager
def _using(things: Things, chance: Random) -> Iterator[None]:
    """Let most sound requests name things that exist, each with an Idempotency-Key of its own."""

    @schemathesis.hook
    def before_call(_: Any, case: Any, __: Any) -> None:
        meta = case.meta
        if meta is None:
            return
        for name in [name for name in case.headers or () if name.lower() in FRAMING]:
            del case.headers[name]
        operation = _id_of(case)
        if _is_sound(case) and (sound := things.sound(operation)):
            _make_sound(case, sound)
            return
        if not meta.is_negative_at(ParameterLocation.PATH):
            _put(case.path_parameters, operation, things, chance)
        if things.of(operation, "body") and chance.random() < LIKELY:
            case.body = chance.choice(things.of(operation, "body"))
        elif isinstance(case.body, dict) and not meta.is_negative_at(ParameterLocation.BODY):
            _put(case.body, operation, things, chance)
        named = "Idempotency-Key" in (case.headers or {})
        if named and not meta.is_negative_at(ParameterLocation.HEADER):
            case.headers["Idempotency-Key"] = str(UUID(int=chance.getrandbits(128), version=4))

    try:
        yield
    finally:
        unregister(before_call)


def _is_sound(case: Any) -> bool:
    """Whether nothing about a case was made wrong on purpose."""
    wrong = any(case.meta.is_negative_at(each) for each in ParameterLocation)
    return not wrong and case.method == case.operation.method.upper()


def _make_sound(case: Any, sound: Sound) -> None:
    """Have a case ask for this instead."""
    case.path_parameters = {name: sound.path[name] for name in case.path_parameters or ()}
    case.query = dict(sound.query)
    case.headers.update(sound.headers)
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())
    if sound.token:
        case.headers["Authorization"] = f"Bearer {sound.token}"
    if sound.body is not None:
        case.body = sound.body


def _put(given: dict[str, Any], operation: str, things: Things, chance: Random) -> None:
    for name in given or ():
        if (known := things.of(operation, name)) and chance.random() < LIKELY:
            given[name] = chance.choice(known)


def _id_of(case: Any) -> str:
    return str(case.operation.definition.raw.get("operationId"))
