"""kill -9 of the application and of the worker while filings arrive (limits.md T02, T03).

Both are the real processes. A filing is three requests (begin, paper, submit); its citizen retries
each with the same Idempotency-Key until told yes or no, while the worker pushes to the sandbox's
phones. Every filing acknowledged exists exactly once, with its own paper; its clock was started
once and its citizen told once. With a new key for every try, or with the answer kept in another
transaction than what it answers, the same kills must leave doubles: or the proof proves nothing.
"""

import asyncio
import hashlib
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import aiohttp
import orjson
import pytest

from citydesk import cases
from citydesk.identity.sessions import open_session
from citydesk.kit import sql
from citydesk.kit.clock import SystemClock
from citydesk.settings import Settings
from citydesk.world import World, open_world
from models.identity import Account, Identity
from tests.cases.making import FORM, HALL, kite_guide
from tests.documents import a_pdf
from tests.people import Outside
from tests.proof.push_worker import LEASE_SECONDS
from tests.proof.running import ROOT, environment_of
from tests.proof.slow_link import slow_link
from tests.pushes import TEMPLATE_SEND, citizen, pushes_on, spoil
from tests.serving import free_listener

FULL = os.environ.get("PROOF_SCALE") == "full"
FILINGS, APP_KILLS, WORKER_KILLS = (500, 50, 20) if FULL else (36, 2, 1)
CONTROL_FILINGS, CONTROL_KILLS = (60, 10) if FULL else (14, 2)
PEOPLE = ("zhang", "li", "wang", "zhao", "liu", "chen")
AT_ONCE = 8
AT_STAKE = 3  # requests that a kill should strike
SEED = 20261123
LINK_SECONDS = 0.08
PUSH_SECONDS = 0.03  # slow enough to be killed in the middle

SERVER, SPLIT_SERVER = ("citydesk", "serve", "--fd"), ("tests.proof.split_server", "--fd")
WORKER = ("tests.proof.push_worker",)


@dataclass
class Request:
    """One thing asked for under one key, and what was told."""

    path: str
    body: bytes
    key: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    status: int = 0
    told: bytes = b""
    replayed: bool = False

    @property
    def says(self) -> Any:
        return orjson.loads(self.told)


@dataclass
class Filing:
    """What one citizen files: their token, their own paper, and the three requests."""

    token: str
    start: Request
    paper: bytes
    asked: list[Request] = field(default_factory=list)

    @property
    def case_id(self) -> str:
        return str(self.start.says["id"])

    @property
    def done(self) -> bool:
        """Whether they were told that it is filed."""
        return len(self.asked) == 3 and self.asked[-1].status == 200


class Process:
    """One process of ours, killed and started again."""

    def __init__(self, settings: Settings, module: tuple[str, ...], number: int | None) -> None:
        self.settings, self.module, self.number = settings, module, number

    async def start(self) -> None:
        passed = [] if self.number is None else [str(self.number)]
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *self.module, *passed),
            cwd=ROOT,
            env=environment_of(self.settings, ROOT / "nowhere"),
            pass_fds=[] if self.number is None else [self.number],
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill(self) -> None:
        assert self.process.returncode is None, "a process ended by itself"
        await self.stop()

    async def stop(self) -> None:
        """End it, if it has not ended."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@pytest.mark.timeout(3600)
async def test_killed_again_and_again_every_acknowledged_filing_exists_once_with_its_paper(
    settings: Settings, outside: Outside, figure: Callable[[str], None]
) -> None:
    await outside.control("POST", "limits", job_finish=False)
    async with (
        _city(settings, SERVER) as (world, url, app),
        _running(Process(settings, WORKER, None)) as worker,
    ):
        filings = await _filings(world, outside, FILINGS)
        await spoil(outside, path=TEMPLATE_SEND, delay_seconds=PUSH_SECONDS, times=None)
        victims = [app] * APP_KILLS + [worker] * WORKER_KILLS
        await _storm(url, filings, victims, same_key=True)
        changed, unrefused = await _all_once_more(url, filings)
        await _until_delivered()
        found = await _left_behind(world, filings)
        told = Counter(
            [
                each["fields"]["character_string2"]
                for who in PEOPLE
                for each in await pushes_on(outside, who)
            ]
        )

    numbers = [each.asked[-1].says["case_no"] for each in filings]
    late = sum(each.replayed for filing in filings for each in filing.asked)
    tries = sum(each.tries for filing in filings for each in filing.asked)
    figure(
        f"{FILINGS} filings, {APP_KILLS} kills of the application, {WORKER_KILLS} of the worker,"
        f" {tries} tries: acknowledged {sum(each.done for each in filings)}, {found.words()};"
        f" citizens told once {sum(told[each] == 1 for each in numbers)}, more than once"
        f" {sum(n > 1 for n in told.values())}; committed but told only on retry {late};"
        f" retries after a restart with another answer {changed}, altered ones not refused"
        f" {unrefused}"
    )
    assert all(each.done for each in filings)
    assert found == Left()
    assert len(set(numbers)) == FILINGS
    assert dict(told) == dict.fromkeys(numbers, 1)
    assert (changed, unrefused) == (0, 0)
    assert late, "no kill struck between a commit and its answer: no proof"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("off", ["the same key", "the one transaction"])
async def test_without_its_protection_the_same_kills_leave_doubles(
    settings: Settings, outside: Outside, figure: Callable[[str], None], off: str
) -> None:
    split = off == "the one transaction"
    async with _city(settings, SPLIT_SERVER if split else SERVER) as (world, url, app):
        filings = await _filings(world, outside, CONTROL_FILINGS)
        await _storm(url, filings, [app] * CONTROL_KILLS, same_key=split, split=split)
        made = await sql.value("SELECT count(*) FROM service_case")
        papers = await sql.value("SELECT count(*) FROM case_material")
    refused = sum(each.status >= 400 for filing in filings for each in filing.asked)
    doubles = made + papers - 2 * CONTROL_FILINGS
    figure(
        f"control, without {off}: {CONTROL_FILINGS} filings, {CONTROL_KILLS} kills:"
        f" {doubles} doubled cases and papers, {refused} told no to what was done"
    )
    assert doubles + refused > 0


@dataclass
class Left:
    """What the tables hold that they should not, or do not hold that they should."""

    lost: int = 0
    ghosts: int = 0
    without_paper: int = 0
    stray_files: int = 0
    submitted_not_once: int = 0
    clocks_not_once: int = 0
    events_not_once: int = 0
    differing: int = 0

    def words(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in vars(self).items())


_PAPERS = """
    SELECT m.case_id::text AS case_id, f.sha256 FROM case_material m
    JOIN stored_file f ON f.id = m.file_id WHERE m.replaced_at IS NULL
"""
_CLOCKS = """
    SELECT subject_id::text AS id FROM business_timer
    WHERE subject_kind = 'case' AND kind = 'pre_review' AND stopped_at IS NULL
"""


async def _left_behind(world: World, filings: list[Filing]) -> Left:
    """Hold the tables against what the citizens were told."""
    yes = {each.case_id: each for each in filings if each.done}
    stored = {row["id"]: row["state"] for row in await sql.rows(_CASES)}
    papers = await sql.rows(_PAPERS)
    by_case = Counter(row["case_id"] for row in papers)
    right = {row["case_id"] for row in papers if _own(yes, row)}
    submitted = await _counted("SELECT case_id::text AS id FROM case_event")
    clocks = await _counted(_CLOCKS)
    events = await _counted(
        "SELECT facts->>'case_id' AS id FROM outbox_message WHERE name = 'CaseFiled'"
    )
    files = await sql.value("SELECT count(*) FROM stored_file")
    return Left(
        lost=sum(stored.get(each) != "filed" for each in yes),
        ghosts=len(set(stored) - set(yes)),
        without_paper=sum(by_case[each] != 1 or each not in right for each in yes),
        stray_files=files - len(papers),
        submitted_not_once=_not_once(submitted, yes),
        clocks_not_once=_not_once(clocks, yes),
        events_not_once=_not_once(events, yes),
        differing=len(await cases.differing(world)),
    )


_DONE = """
    SELECT (SELECT count(*) FROM service_case) + (SELECT count(*) FROM case_material)
        + (SELECT count(*) FROM case_event) AS done,
        (SELECT count(*) FROM keyed_answer) AS kept
"""
_CASES = "SELECT id::text AS id, state FROM service_case"


def _own(yes: dict[str, Filing], row: Any) -> bool:
    """Whether a stored paper is the very one that was handed in with its case."""
    filing = yes.get(row["case_id"])
    return filing is not None and hashlib.sha256(filing.paper).hexdigest() == row["sha256"]


def _not_once(found: Counter[str], yes: dict[str, Filing]) -> int:
    return sum(found[each] != 1 for each in yes) + len(set(found) - set(yes))


async def _counted(statement: str) -> Counter[str]:
    return Counter([row["id"] for row in await sql.rows(statement)])


@asynccontextmanager
async def _city(
    settings: Settings, module: tuple[str, ...]
) -> AsyncIterator[tuple[World, str, Process]]:
    """A city on the real clock, the application's process, and the slow line to it.

    Who calls while it is down waits in line on our socket.
    """
    listening = free_listener()
    listening.listen(128)
    app = Process(settings, module, listening.fileno())
    host, port = listening.getsockname()
    async with (
        open_world(settings, clock=SystemClock()) as world,
        slow_link(host, port, LINK_SECONDS) as url,
        _running(app),
    ):
        yield world, url, app
    listening.close()


@asynccontextmanager
async def _running(process: Process) -> AsyncIterator[Process]:
    """Have a process run, however this ends."""
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def _filings(world: World, outside: Outside, count: int) -> list[Filing]:
    """So many filings of the sandbox's people, each with a paper of its own."""
    item = await kite_guide(world)
    tokens = [await _signed_in(world, outside, who) for who in PEOPLE]
    await sql.run("DELETE FROM outbox_message")
    body = orjson.dumps({"item_code": item, "hall_code": HALL, "form": FORM})
    return [
        Filing(
            tokens[number % len(PEOPLE)],
            Request("/cases", body),
            a_pdf(Title=f"filing {number}"),
        )
        for number in range(count)
    ]


async def _signed_in(world: World, outside: Outside, who: str) -> str:
    """A person of the sandbox who follows the account and has proven their name."""
    person_id = await citizen(world, outside, who)
    seal = world.seals.seal
    await Identity.filter(id=person_id).update(
        name_sealed=seal("郑示例", "identity.name", person_id),
        id_no_sealed=seal(FORM["id_no"], "identity.id_no", person_id),
    )
    account = await Account.get(identity_id=person_id)
    async with world.transaction():
        opened = await open_session(
            world, subject=account.id, account_id=account.id, channel="app", device=""
        )
    return opened.access_token


async def _storm(
    url: str,
    filings: list[Filing],
    victims: list[Process],
    *,
    same_key: bool,
    split: bool = False,
) -> None:
    """Let all citizens file, and kill the processes while they do, in any order."""
    chance = random.Random(SEED)
    victims = chance.sample(victims, len(victims))
    line = list(reversed(filings))

    async def files(session: aiohttp.ClientSession) -> None:
        while line:
            await _file(session, line.pop(), same_key=same_key)

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(10)) as session:
        filing = [asyncio.create_task(files(session)) for _ in range(AT_ONCE)]
        for number, victim in enumerate(victims, 1):
            goal = 3 * len(filings) * number // (len(victims) + 2) + chance.randint(0, 5)
            while _answers(filings) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await asyncio.sleep(chance.random() * LINK_SECONDS)
            await _until_it_hurts(filings, split=split)
            await victim.kill()
            await victim.start()
        await asyncio.gather(*filing)


async def _until_it_hurts(filings: list[Filing], *, split: bool) -> None:
    """Wait a moment until something is done and not told; best of all, not even kept to be told."""
    for _ in range(500):
        [row] = await sql.rows(_DONE)
        if row["done"] >= (row["kept"] if split else _answers(filings)) + AT_STAKE:
            return
        await asyncio.sleep(0.002)


def _answers(filings: list[Filing]) -> int:
    return sum(each.status > 0 for filing in filings for each in filing.asked)


async def _file(session: aiohttp.ClientSession, each: Filing, *, same_key: bool) -> None:
    """Begin, hand the paper in, submit; a no ends it."""
    each.asked = [each.start]
    await _until_told(session, each.token, each.start, same_key=same_key)
    if each.start.status != 201:
        return
    path = f"/cases/{each.case_id}"
    for request in (
        Request(f"{path}/materials/m01", each.paper),
        Request(f"{path}/submission", b""),
    ):
        each.asked.append(request)
        await _until_told(session, each.token, request, same_key=same_key)
        if request.status >= 400:
            return


async def _until_told(
    session: aiohttp.ClientSession, token: str, each: Request, *, same_key: bool
) -> None:
    """Ask until there is a yes or a no, as a phone would."""
    while not each.status:
        each.tries += 1
        key = each.key if same_key else str(uuid4())
        try:
            status, told, replayed = await _asked(session, token, replace(each, key=key))
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.02)
            continue
        if status == 503 or b"/problems/key-in-flight" in told:
            await asyncio.sleep(0.05)
            continue
        each.told, each.replayed, each.status = told, replayed, status


async def _asked(
    session: aiohttp.ClientSession, token: str, each: Request
) -> tuple[int, bytes, bool]:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": each.key}
    async with session.post(f"/api{each.path}", data=each.body, headers=headers) as answer:
        replayed = answer.headers.get("Idempotent-Replay") == "true"
        return answer.status, await answer.read(), replayed


async def _all_once_more(url: str, filings: list[Filing]) -> tuple[int, int]:
    """Ask everything again under the same keys, as it was and altered; return what was wrong."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def again(session: aiohttp.ClientSession, token: str, each: Request) -> tuple[bool, bool]:
        async with limit:
            same = await _asked(session, token, each)
            other = replace(each, body=each.body + b" ")
            if not each.body:
                other = replace(each, path=each.path + "?promises=true")
            status, told, _ = await _asked(session, token, other)
        right = status == 422 and b"/problems/key-reused" in told
        return same != (each.status, each.told, True), not right

    async with aiohttp.ClientSession(url) as session:
        found = await asyncio.gather(
            *(
                again(session, filing.token, each)
                for filing in filings
                for each in filing.asked
                if each.status < 300
            )
        )
    return sum(changed for changed, _ in found), sum(wrong for _, wrong in found)


async def _until_delivered() -> None:
    """Wait until nothing announced is left to tell."""
    async with asyncio.timeout(60 + FILINGS * PUSH_SECONDS * 2 + LEASE_SECONDS):
        while await sql.value(  # noqa: ASYNC110 - another process's doing
            "SELECT count(*) FROM outbox_message WHERE delivered_at IS NULL"
        ):
            await asyncio.sleep(0.05)
