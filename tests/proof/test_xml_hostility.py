"""XML made to harm its reader: bombs, entities, depth, width, encodings (limits.md T23).

Each document comes twice: as the body of a push whose address alone is signed (one line of a log is
enough for that), and sealed inside a genuine one. Whatever it is, the codec says Refused or reads a
message, within five milliseconds. The control is wechatpy's reader.
"""

import os
import resource
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import perf_counter, process_time

import pytest
import wechatpy

from bench.pushes import Secrets
from citydesk.settings import Settings
from citydesk.world import World
from sandbox.config import Config
from tests.proof.pushing import query_for, request, sealed
from tests.proof.running import Running, serving
from tests.proof.wires import tell
from wechat.codec import LARGEST_BODY, Codec, read_query
from wechat.messages import Refused

FULL = os.environ.get("PROOF_SCALE") == "full"
ROUNDS = 20 if FULL else 5
MOST_SECONDS = 0.005
MOST_BYTES = 5 << 20

GOOD = (
    "<ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime>"
    "<MsgType>text</MsgType><Content>{}</Content><MsgId>1</MsgId>"
)
LAUGHS = "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
)
FILL = LARGEST_BODY - 2_000
# What base64 and padding leave of the largest body.
INNER = FILL * 3 // 4 - 200


def _corpus(room: int) -> dict[str, bytes]:
    texts = {
        "billion laughs": f"<!DOCTYPE x [{LAUGHS}]><xml>{GOOD.format('&l9;')}</xml>",
        "quadratic": f'<!DOCTYPE x [<!ENTITY a "{"a" * 9_000}">]><xml>{GOOD.format("&a;" * 9_000)}'
        "</xml>",
        "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        f"<xml>{GOOD.format('&a;')}</xml>",
        "external subset": f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml>{GOOD}</xml>',
        "parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><xml/>',
        "empty doctype": f"<!DOCTYPE x><xml>{GOOD}</xml>",
        "doctype with attributes": '<!DOCTYPE x [<!ATTLIST xml a CDATA "b">]><xml/>',
        "unknown entity": f"<xml>{GOOD.format('&nobody;')}</xml>",
        "deep": "<a>" * (room // 7) + "</a>" * (room // 7),
        "deep and unclosed": "<a>" * (room // 3),
        "wide": "<xml>" + "<a/>" * (room // 4 - 4) + "</xml>",
        "wide with texts": "<xml>" + "<a>b</a>" * (room // 8 - 4) + "</xml>",
        "a name as long as the body": "<" + "a" * (room - 10) + "/>",
        "many attributes": "<xml " + " ".join(f'a{n}=""' for n in range(room // 10)) + "/>",
        "an attribute twice": '<xml a="1" a="2"/>',
        "a namespace bomb": "<xml " + " ".join(f'xmlns:a{n}="b"' for n in range(room // 17)) + "/>",
        "unclosed cdata": f"<xml><Content><![CDATA[{'x' * (room - 100)}",
        "cdata ends everywhere": f"<xml>{GOOD.format(']]>' * (room // 4))}</xml>",
        "texts without end": "<a><![CDATA[" * (room // 12),
        "texts that end late": "<a><![CDATA[" * (room // 30) + "]]></b>" * (room // 30),
        "blanks": f"<xml>{' ' * (room - 600)}{GOOD}</xml>",
        "blanks and no element": "<xml>" + " " * (room - 20),
        "openings of cdata": f"<xml>{'<![CDATA[' * (room // 10)}</xml>",
        "comments": f"<xml>{'<!---->' * (room // 8)}</xml>",
        "instructions": f"<xml>{'<?a b?>' * (room // 8)}</xml>",
        "character references": f"<xml>{GOOD.format('&#65;' * (room // 6))}</xml>",
        "reference to a NUL": f"<xml>{GOOD.format('&#0;')}</xml>",
        "Encrypt everywhere": "<Encrypt>A</Encrypt>" * (room // 21),
        "half an Encrypt everywhere": "<Encrypt>" * (room // 10),
        "one Encrypt without end": "<Encrypt>" + "A" * (room - 10),
        "spaces in Encrypt": ("<Encrypt>" + " " * 1_000) * (room // 1_010),
        "the sender twice": f"<xml>{GOOD}<FromUserName>c</FromUserName></xml>",
        "another root": f"<html>{GOOD}</html>",
        "two roots": f"<xml>{GOOD}</xml><xml>{GOOD}</xml>",
        "numbers without end": f"<xml>{GOOD.replace('>1<', '>' + '9' * 5_000 + '<')}</xml>",
        "json": '{"ToUserName": "a"}',
        "nothing": "",
    }
    found = {name: text.encode()[:room] for name, text in texts.items()}
    good = f"<xml>{GOOD}</xml>"
    found |= {
        "UTF-16": good.encode("utf-16"),
        "UTF-32": good.encode("utf-32"),
        "UTF-7": f'<?xml version="1.0" encoding="UTF-7"?>{good}'.encode(),
        "an unknown encoding": f'<?xml version="1.0" encoding="klingon"?>{good}'.encode(),
        "EBCDIC": good.encode("cp037"),
        "broken UTF-8": b"<xml><Content>\xff\xfe\xc0\x80</Content></xml>",
        "NULs": b"\0" * room,
        "noise": bytes(n * 197 % 256 for n in range(room)),
    }
    return found


def _codec(secrets: Secrets) -> Codec:
    return Codec(token=secrets.token, app_id=secrets.app_id, aes_keys=[secrets.aes_key])


@pytest.fixture
def secrets() -> Secrets:
    config = Config.for_tests()
    return Secrets(config.wechat_token, config.wechat_aes_key, config.wechat_app_id)


Figure = Callable[[str], None]
Case = tuple[str, str, bytes]


def _cases(secrets: Secrets) -> list[Case]:
    """Name, query and body: as a stranger sends it, and as WeChat itself would have to."""
    strangers = [(name, query_for(secrets, "A" * 32), body) for name, body in _corpus(FILL).items()]
    genuine = [(f"sealed {name}", *sealed(secrets, body)) for name, body in _corpus(INNER).items()]
    return strangers + genuine


def _plain_cases(secrets: Secrets) -> list[Case]:
    """In plain mode one signed address is enough to be read."""
    corpus = _corpus(FILL)
    return [(f"plain {name}", query_for(secrets), body) for name, body in corpus.items()]


def _read(codec: Codec, query: str, body: bytes) -> str:
    try:
        codec.read(read_query(query.encode()), body, int(time.time()))
    except Refused:
        return "refused"
    return "read"


def test_every_document_is_refused_or_read_at_once(secrets: Secrets, figure: Figure) -> None:
    codec, plain = _codec(secrets), Codec(token=secrets.token, mode="plain")
    worst: dict[str, float] = {}
    outcomes = {"refused": 0, "read": 0}
    cases = _cases(secrets) + _plain_cases(secrets)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, query, body in cases:
        assert len(body) <= LARGEST_BODY, name
        took = []
        for _ in range(ROUNDS):
            began = process_time()
            outcome = _read(plain if name.startswith("plain ") else codec, query, body)
            took.append(process_time() - began)
        outcomes[outcome] += 1
        worst[name] = min(took)  # what it costs; the rest is the machine
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    name = max(worst, key=lambda each: worst[each])
    figure(
        f"{len(cases)} documents: {outcomes}, slowest {worst[name] * 1000:.2f} ms ({name}), "
        f"memory +{grown / 1e6:.1f} MB, escapes 0"
    )
    assert worst[name] <= MOST_SECONDS, name
    assert grown <= MOST_BYTES


@pytest.fixture
async def running(settings: Settings, world: World, tmp_path: Path) -> AsyncIterator[Running]:
    async with serving(settings, tmp_path / "home") as started:
        yield started


async def test_over_the_wire_nothing_is_a_fault(
    running: Running, secrets: Secrets, figure: Figure
) -> None:
    statuses: dict[int, int] = {}
    for _, query, body in _cases(secrets):  # one connection after the other
        running_push = request(query, body).replace(b"Host:", b"Connection: close\r\nHost:", 1)
        heard = await tell(running.port, running_push)
        statuses[heard.status] = statuses.get(heard.status, 0) + 1
        assert heard.status in (200, 403, 413), heard.text[:200]
    running.forget_peak()
    before = running.resident()
    for _, query, body in _cases(secrets):
        await tell(
            running.port, request(query, body).replace(b"Host:", b"Connection: close\r\nHost:", 1)
        )
    grown = running.peak() - before
    figure(f"statuses {statuses}, memory of the server +{grown / 1e6:.1f} MB")
    assert grown <= MOST_BYTES


def test_the_reader_everybody_uses_fails_on_the_same_documents(
    secrets: Secrets, figure: Figure
) -> None:
    escapes: set[str] = set()
    slowest = 0.0
    for body in _corpus(INNER).values():
        began = perf_counter()
        try:
            wechatpy.parse_message(body)
        except Exception as fault:
            escapes.add(type(fault).__name__)
        slowest = max(slowest, perf_counter() - began)
    figure(f"control: wechatpy {sorted(escapes)}, slowest {slowest * 1000:.1f} ms")
    assert len(escapes) > 1
    assert slowest > MOST_SECONDS
