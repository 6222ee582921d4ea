from datetime import timedelta

import pytest
from starlette.routing import Route
from tortoise.models import Model

from citydesk import cases
from citydesk.kit import records, sql
from citydesk.world import World
from mobile_api.places import Places
from models.cases import Case, CaseEvent
from models.identity import Identity
from models.organs import ServiceHall
from tests.cases.making import Desk


def held(record: Model) -> dict[str, object]:
    return {name: getattr(record, name) for name in type(record)._meta.fields_db_projection}


async def test_prepared_rows_are_the_objects_the_orm_would_make_and_write(world: World) -> None:
    desk = await Desk.open(world)
    case = await desk.accepted()
    for model in (Case, CaseEvent, Identity, ServiceHall):  # JSON, words of an enumeration, bytes
        by_orm = await model.all().order_by("id")
        prepared = await records.all_of(model, "true ORDER BY id")
        assert [held(each) for each in prepared] == [held(each) for each in by_orm]
        assert by_orm

    again = await records.one_of(Case, "id = $1", case.id)
    assert again is not None
    again.filed_at = world.clock.now() + timedelta(days=1)
    await records.update(again, ["filed_at"])
    stored = await Case.get(id=case.id)
    assert stored.filed_at == again.filed_at

    [brief] = await records.parts_of(Case, ("id", "state"), "id = $1", case.id)
    assert (brief.id, brief.state) == (case.id, cases.State.ACCEPTED)
    with pytest.raises(AttributeError):
        _ = brief.form_sealed


async def test_questions_in_a_row_share_one_connection(world: World) -> None:
    async with sql.one_connection():
        first = await sql.value("SELECT pg_backend_pid()")
        async with world.transaction():
            inside = await sql.value("SELECT pg_backend_pid()")
        assert await sql.value("SELECT pg_backend_pid()") == first
    assert inside != first  # a transaction has a connection of its own


def test_a_path_is_found_by_its_words_and_a_fixed_word_before_a_variable_one() -> None:
    async def nothing(*_: object) -> None:
        """Never called."""

    paths = ("/a", "/a/{one}", "/a/b", "/{x}/b/c", "/a/{one}/c")
    places = Places([Route(path, nothing) for path in paths])

    def found(path: str) -> object:
        place = places.find(path)
        return place and (place[0].path, place[1])

    assert found("/a") == ("/a", {})
    assert found("/a/b") == ("/a/b", {})
    assert found("/a/z") == ("/a/{one}", {"one": "z"})
    assert found("/a/b/c") == ("/a/{one}/c", {"one": "b"})
    assert found("/q/b/c") == ("/{x}/b/c", {"x": "q"})
    assert found("/a/") is None
    assert found("/q") is None
    assert found("/a/z/d") is None
