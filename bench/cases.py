"""Cases beside hand-written asyncpg doing the same writes and checks (limits.md 1e, metric A1).

    python -m bench.cases --rounds 5 --secs 2 --cases 1000000

One process of our server and one of ``bench.peers.raw_reads``, on one database, asked in turn over
HTTP with the same sign-in. Reads run for the seconds asked; steps run through a pool of cases that
is brought back before each round. First with ten thousand cases, then with ``--cases``: what one
costs may at most double. Before any figure both give the same answers and write the same rows.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
from typing_extensions import override

from bench import case_city
from bench.case_city import FORM, HALL, ITEM, POOL, City
from bench.harness import LOAD_CORE, ROOT, Ratio, Server, Variant, free_port, report, say
from bench.load import Load, body_of
from citydesk.settings import Settings

SMALL = 10_000
CONNECTIONS = 16
WARM = 300  # of a pool; the others are measured
OURS, PEER = "citydesk", "asyncpg"
AIMS = {
    "begin": 0.70,
    "submit": 0.70,
    "pass": 0.70,
    "accept": 0.70,
    "one": 0.75,
    "timeline": 0.70,
    "list": 0.70,
}
MOST_GROWN = 2.0
CHANGING = ("id", "case_no", "query_code", "filed_at", "at")
Ask = Callable[[City, int], bytes]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to ask; ``pool`` names the cases it uses up, "" when it only reads."""

    name: str
    ask: Ask
    status: bytes = b"200"
    uses_up: int = 0  # how many there are before something must be brought back


def _request(method: str, path: str, token: str, body: bytes | None = None) -> bytes:
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    if method == "POST":
        head += [f"Idempotency-Key: {uuid4().hex}", "Content-Type: application/json"]
        head += [f"Content-Length: {len(body or b'')}"]
    return "\r\n".join([*head, "", ""]).encode() + (body or b"")


_BEGUN = orjson.dumps({"item_code": ITEM, "hall_code": HALL, "form": FORM})
_NOTE = b'{"note":null}'


def _begin(city: City, number: int) -> bytes:
    return _request("POST", "/api/cases", city.people.citizen_token(number), _BEGUN)


def _submit(city: City, number: int) -> bytes:
    who, case = city.pools["submit"][number]
    return _request("POST", f"/api/cases/{case}/submission", city.people.citizen_token(who))


def _step(pool: str, path: str) -> Ask:
    def ask(city: City, number: int) -> bytes:
        _, case = city.pools[pool][number]
        token = city.people.officer_token(number)
        return _request("POST", f"/api/officer/cases/{case}/{path}", token, _NOTE)

    return ask


def _read(path: str) -> Ask:
    def ask(city: City, number: int) -> bytes:
        who, case = city.owned[number * 7919 % len(city.owned)]
        return _request("GET", path.format(case=case), city.people.citizen_token(who))

    return ask


OPERATIONS = (
    Operation("one", _read("/api/cases/{case}/standing")),
    Operation("timeline", _read("/api/cases/{case}")),
    Operation("list", _read("/api/cases?limit=20")),
    Operation("begin", _begin, b"201", POOL),
    Operation("submit", _submit, uses_up=POOL),
    Operation("pass", _step("pass", "pre-review-pass"), uses_up=POOL),
    Operation("accept", _step("accept", "acceptance"), uses_up=POOL),
)


class Asked(Variant):
    """One server asked for one thing; before a step is measured its cases are brought back."""

    operation: Operation
    city: City

    @override
    def run(self, seconds: float) -> None:
        """Measure once."""
        done = self.operation.uses_up
        if done:
            asyncio.run(case_city.restored(self.city))
        asked = [self.operation.ask(self.city, number) for number in range(done or 2_000)]
        first, rest = (asked[:WARM], asked[WARM:]) if done else (asked, asked)
        self._asked(first, 1.0, warming=True)
        if not done:
            rest = rest * (1 + int(seconds * 8_000) // len(rest))
        before = self.server.cpu_seconds()
        outcome = self._asked(rest, seconds if not done else 30.0)
        used = self.server.cpu_seconds() - before
        self.rounds.append(
            {
                "per_second": round(outcome.per_second, 1),
                "cpu_us": round(used / outcome.answers * 1e6, 1),
                "p50_ms": round(outcome.wait_ms(0.5), 2),
                "p99_ms": round(outcome.wait_ms(0.99), 2),
                "asked": outcome.answers,
            }
        )

    def _asked(self, requests: list[bytes], seconds: float, *, warming: bool = False) -> Any:
        load = Load(self.server.port, requests, good=self.operation.status, connections=CONNECTIONS)
        outcome = load.run(seconds)
        if outcome.failures and not warming:
            raise AssertionError(f"{self.name}: {outcome.failures} refused: {outcome.failed!r}")
        return outcome


def variants(city: City, ours: Server, peer: Server, operation: Operation) -> list[Asked]:
    """Both servers, asked for one thing at the present volume."""
    made = []
    for name, server in ((OURS, ours), (PEER, peer)):
        title = f"{name} {operation.name}, {city.volume:,}"
        one = Asked(title, server, lambda _: [], lambda _, __: None)
        one.operation, one.city = operation, city
        made.append(one)
    return made


def answered(server: Server, asked: bytes) -> tuple[int, Any]:
    """Ask once; return the status and the answer."""
    load = Load(server.port, [asked], sample_every=1)
    [(_, answer)] = load.run(5).samples
    body = body_of(answer)
    return int(answer[9:12]), orjson.loads(body) if body.startswith((b"{", b"[")) else body


def gate(city: City, ours: Server, peer: Server) -> None:
    """Before any figure: the same answers, the same rows, and the same refusals."""
    asyncio.run(case_city.restored(city))
    for operation in OPERATIONS:
        for number in range(0, 60, 2):
            # A step is taken once: the twin of its case answers for the other server.
            twin = number + 1 if operation.uses_up else number
            mine = answered(ours, operation.ask(city, number))
            theirs = answered(peer, operation.ask(city, twin))
            if _plain(mine, operation) != _plain(theirs, operation):
                raise AssertionError(f"{operation.name}: {mine} but by hand {theirs}")
            if mine[0] != int(operation.status):
                raise AssertionError(f"{operation.name}: {mine}")
    asyncio.run(_same_rows(city))
    for operation in OPERATIONS[4:]:  # taken already, and without a key of their own
        refused = [answered(each, operation.ask(city, 0))[0] for each in (ours, peer)]
        if refused != [409, 409]:
            raise AssertionError(f"{operation.name} twice: {refused}")
    for each in (ours, peer):
        if answered(each, _request("GET", "/api/cases", "a.b.c"))[0] == 200:
            raise AssertionError("answered to nobody")
    say("gate: the same answers and the same rows")


def _plain(answer: tuple[int, Any], operation: Operation) -> Any:
    status, told = answer
    if not operation.uses_up or isinstance(told, bytes):
        return answer
    return status, {name: value for name, value in told.items() if name not in CHANGING}


_ROWS = """
    SELECT (SELECT jsonb_agg(to_jsonb(e) - 'id' - 'case_id' - 'created_at' - 'actor_id' - 'post_id'
                - 'acting_for'
                || jsonb_build_object('who', num_nulls(actor_id, post_id, acting_for))
                ORDER BY seq)
              FROM case_event e WHERE case_id = $1) AS events,
           (SELECT jsonb_agg(to_jsonb(t) - 'id' - 'subject_id' - 'created_at' - 'anchor_at'
                - 'running_since' - 'fire_at' - 'next_rung_at' - 'stopped_at' - 'consumed_seconds'
                ORDER BY kind) FROM business_timer t WHERE subject_id = $1) AS timers,
           (SELECT jsonb_agg(name || order_key LIKE 'case:%')
              FROM outbox_message WHERE facts ->> 'case_id' = $1::text) AS told,
           (SELECT to_jsonb(c) - 'id' - 'case_no' - 'created_at' - 'filed_at' - 'received_at'
                - 'accepted_at' - 'identity_id' - 'account_id' - 'query_code_blind'
                - 'query_code_sealed' - 'form_sealed' - 'draft_saved_at'
              FROM service_case c WHERE id = $1) AS kase
"""


async def _same_rows(city: City) -> None:
    connection = await asyncpg.connect(city.dsn)
    for pool, cases in city.pools.items():
        mine, theirs = [
            dict(await connection.fetchrow(_ROWS, case)) for _, case in (cases[0], cases[1])
        ]
        for part, rows in mine.items():
            if _sorted(rows) != _sorted(theirs[part]):
                raise AssertionError(f"{pool}: {part} {rows} but by hand {theirs[part]}")
    await connection.close()


def _sorted(text: str | None) -> Any:
    return orjson.loads(text or "null")


@contextmanager
def servers() -> Iterator[tuple[City, Server, Server]]:
    """The city with its first cases, our server, and the one written by hand."""
    from citydesk.commands.development import environment
    from citydesk.commands.development import servers as embedded
    from citydesk.commands.home import Home

    with ExitStack() as closing:
        folder = Path(tempfile.mkdtemp(prefix="citydesk-bench-"))
        closing.callback(shutil.rmtree, folder, ignore_errors=True)
        home, port = Home(folder), free_port()
        home.make()
        addresses = closing.enter_context(embedded(home))
        told = environment(home, port=port, sandbox_port=free_port()) | addresses
        told["CITYDESK_HOME"] = str(folder)
        run = [sys.executable, "-m", "citydesk"]
        say("preparing the city …")
        subprocess.run([*run, "seed"], env=told, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        city = asyncio.run(case_city.built(Settings.from_env(told)))
        ours = Server([*run, "serve", "--port", str(port)], port, told)
        closing.callback(ours.stop)
        other = free_port()
        uvicorn = ["-m", "uvicorn", "bench.peers.raw_reads:app", "--port", str(other)]
        quiet = ["--http", "httptools", "--loop", "uvloop", "--ws", "none", "--no-access-log"]
        peer = Server([sys.executable, *uvicorn, *quiet, "--log-level", "error"], other, told)
        closing.callback(peer.stop)
        try:
            yield city, ours, peer
        except AssertionError:
            for each in (ours, peer):
                each.log.seek(0)
                say(each.log.read().decode(errors="replace")[-6_000:])
            raise


def measured(
    city: City, ours: Server, peer: Server, chosen: Sequence[Operation], asked: Any
) -> list[Asked]:
    """Measure everything at the present volume, the two servers in turn."""
    os.sched_setaffinity(0, {LOAD_CORE})
    found: list[Asked] = []
    for operation in chosen:
        pair = variants(city, ours, peer, operation)
        for number in range(asked.rounds):
            for one in pair if number % 2 == 0 else reversed(pair):
                one.run(asked.secs)
        mine, theirs = pair
        say(
            f"{mine.name:<28} {mine.middle('per_second'):>7.0f}/s of "
            f"{theirs.middle('per_second'):>7.0f}/s = "
            f"{mine.middle('per_second') / theirs.middle('per_second'):.2f}   CPU "
            f"{mine.middle('cpu_us'):.0f} µs of {theirs.middle('cpu_us'):.0f} µs = "
            f"{theirs.middle('cpu_us') / mine.middle('cpu_us'):.2f}"
        )
        found += pair
    return found


def ratios(chosen: Sequence[Operation], small: int, large: int) -> list[Ratio]:
    """What must hold: beside the peer at both volumes, and beside ourselves across them."""
    volumes = [small] if small == large else [small, large]
    found = [
        Ratio(f"{OURS} {each.name}, {volume:,}", f"{PEER} {each.name}, {volume:,}", AIMS[each.name])
        for volume in volumes
        for each in chosen
    ]
    if small != large:
        found += [
            Ratio(
                f"{OURS} {each.name}, {large:,}", f"{OURS} {each.name}, {small:,}", 1 / MOST_GROWN
            )
            for each in chosen
        ]
    return found


def main() -> int:
    """Measure, print, and fail on a missed ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--secs", type=float, default=2.0)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", choices=[each.name for each in OPERATIONS])
    asked = parser.parse_args()
    chosen = [each for each in OPERATIONS if not asked.only or each.name in asked.only]
    with servers() as (city, ours, peer):
        gate(city, ours, peer)
        small = city.volume
        found = measured(city, ours, peer, chosen, asked)
        if asked.cases > small:
            asyncio.run(case_city.grown(city, asked.cases))
            found += measured(city, ours, peer, chosen, asked)
        held = ratios(chosen, small, city.volume)
        return report("cases", found, held, cases=[small, city.volume])


if __name__ == "__main__":
    sys.exit(main())
