"""Bodies no parser should trust, and cursors we never gave, on every operation (limits.md T28)."""

import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import orjson
import pytest

from citydesk.identity import Role
from citydesk.world import World
from mobile_api.api import Operation
from mobile_api.app import OPERATIONS
from tests.cases.making import ORGAN
from tests.people import Outside, Phone, Told
from tests.proof.crowd import Crowd, staff

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "arrays 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects 20,000 deep": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "a number of 5,000 digits": b'{"a":' + b"9" * 5_000 + b"}",
    "a number of a million digits": b'{"a":' + b"9" * 1_000_000 + b"}",
    "a number beyond any float": b'{"a":1e400}',
    "not a number": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "a field twice": b'{"code":"a","code":"b","form":{},"form":{}}',
    "half a character": b'{"code":"\\ud800"}',
    "bytes that are no text": b'{"code":"\xff\xfe"}',
    "a zero": b'{"code":"\\u0000"}',
    "a mark before": b'\xef\xbb\xbf{"code":"a"}',
    "UTF-16": '{"code":"a"}'.encode("utf-16"),
    "garbage behind": b"{} {}",
    "a remark": b"{/* no */}",
    "single quotes": b"{'code':'a'}",
    "half an object": b'{"code":"a"',
    "null": b"null",
    "a list": b"[]",
    "a word": b'"code"',
    "true": b"true",
    "a strange field": b'{"__proto__":{"admin":true},"constructor":1}',
    "20,000 fields": b"{" + b",".join(b'"f%d":1' % n for n in range(20_000)) + b"}",
}
WORDS: tuple[object, ...] = (
    *([], {}, None, 1, "x", [1], ["x"], [1, 2], ["x", "y"], [1, "x" * 120], ["x" * 130]),
    *([2**63, "x"], [-(2**63), "x"], [1.5, "x"], [True, "x"], [1, "\0"], ["\0"]),
    *([None, None], [[1], ["x"]], [1, "示例"], [1, "x", 2], [str(uuid4())], ["%"], ["'; --"]),
)


@pytest.mark.timeout(120)
async def test_a_body_no_parser_should_trust_is_refused_by_every_operation(
    world: World, outside: Outside, phone: Phone, figure: Callable[[str], None]
) -> None:
    crowd = await Crowd.gather(world, outside, phone)
    asked = [each for each in OPERATIONS if each.body not in (None, bytes)]
    statuses: Counter[int] = Counter()
    for operation in asked:
        somebody = await _admitted(crowd, operation)
        for name, body in BODIES.items():
            told = await _sent(somebody, operation, body)
            statuses[told.status] += 1
            assert told.status in (400, 413, 422), (operation.path, name, told.status)
            assert told.headers["content-type"] == "application/problem+json"
            assert len(told.body) < 8_000, (operation.path, name)
    figure(
        f"{len(asked)} operations × {len(BODIES)} bodies: {dict(sorted(statuses.items()))},"
        " 5xx 0, accepted 0"
    )
    assert (await crowd.citizen.get("/cases")).ok()["items"] == []


@pytest.mark.timeout(120)
async def test_a_cursor_we_never_gave_is_refused_or_harmless(
    world: World, outside: Outside, phone: Phone, figure: Callable[[str], None]
) -> None:
    crowd = await Crowd.gather(world, outside, phone)
    asked = [each for each in OPERATIONS if "cursor" in getattr(each.query, "model_fields", {})]
    statuses: Counter[int] = Counter()
    for operation in asked:
        somebody = await _admitted(crowd, operation)
        for word in WORDS:
            text = orjson.dumps(word, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str)
            for cursor in (urlsafe_b64encode(text).decode(), text.decode()):
                path = _path(operation)
                told = await somebody.get(path, cursor=cursor)
                statuses[told.status] += 1
                assert told.status in (200, 422), (path, word, told.status)
    figure(f"{len(asked)} lists × {len(WORDS) * 2} forged cursors: {dict(statuses)}, 5xx 0")


async def _admitted(crowd: Crowd, operation: Operation) -> Phone:
    if operation.who.anyone:
        return crowd.nobody
    if operation.who.citizen:
        return crowd.citizen
    for role, phone in crowd.by_role.items():
        if role in operation.who.roles:
            return phone
    [role] = operation.who.roles - {Role.ADMIN}
    return await staff(crowd.world, crowd.nobody, role, ORGAN, None)


def _path(operation: Operation) -> str:
    """An address of the operation: of a case there is not, of a guide there is not."""
    path = operation.path.removeprefix("/api").replace("{case_id}", str(uuid4()))
    return re.sub(r"\{\w+(:\w+)?\}", "m01", path)


async def _sent(somebody: Phone, operation: Operation, body: bytes) -> Told:
    path = _path(operation)
    headers = {"Content-Type": "application/json"}
    return await somebody.ask(operation.method, path, data=body, headers=headers)
