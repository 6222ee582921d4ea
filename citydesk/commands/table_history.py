"""How the tables came to be, as the ORM retells it while it changes them; told without detours.

For each of some hundred steps the ORM makes the classes of all tables twice: as they were before
the step, and with every query and filter ready. Our steps look at the former only to alter or drop
something, and query through no class. Leaving both until somebody asks makes a new database in a
sixth of the time.
"""

from functools import cached_property

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps
from typing_extensions import override


class Executor(MigrationExecutor):
    """Applies migrations; only forwards, as we do."""

    @override
    async def _project_state(
        self, applied: set[MigrationKey], *, upto: MigrationKey | None = None
    ) -> State:
        told = await super()._project_state(applied, upto=upto)
        apps = _Classes(told.apps._default_connections, told.apps._connections)
        return _Now(told.models, apps.clone(told.models))


class _Classes(StateApps):
    """The classes of the tables, good for describing them, not for asking them."""

    @override
    def _build_initial_querysets(self) -> None:
        for app in self.apps.values():
            for model in app.values():
                if model._meta._inited:
                    model._meta.finalise_fields()
                    model._meta._resolve_index_expressions()


class _Now(State):
    """The tables as they are after a step."""

    @override
    def clone(self) -> State:
        return _Before({key: each.clone() for key, each in self.models.items()}, self.apps)


class _Before(State):
    """The tables as they were before a step; their classes are made for who looks at them."""

    def __init__(self, models: dict[tuple[str, str], ModelState], made_by: StateApps) -> None:
        self.models = models
        self._made_by = made_by

    @cached_property
    @override
    def apps(self) -> StateApps:  # type: ignore[override]  # a field there, made late here
        """The classes."""
        return self._made_by.clone(self.models)
