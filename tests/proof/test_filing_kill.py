"""kill -9 of the application and of the worker while filings arrive (limits.md T02, T03).

Both are the real processes. Citizens file (``filers``), every other paper in parts, while the
worker pushes to the sandbox's phones. Every filing acknowledged exists exactly once, with its own
paper, byte for byte; its clock was started once and its citizen told once. With the answer kept in
another transaction than what it answers, or from phones that take a new key for every try and send
a part again without asking how far the paper is, the same kills must leave doubles and noes: or the
proof proves nothing.
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
from dataclasses import dataclass, replace

import aiohttp
import orjson
import pytest

from citydesk import cases
from citydesk.cases import stored
from citydesk.identity.sessions import open_session
from citydesk.kit import sql
from citydesk.kit.clock import SystemClock
from citydesk.settings import Settings
from citydesk.world import World, open_world
from models.cases import CaseMaterial
from models.identity import Account, Identity
from tests.cases.making import FORM, HALL, kite_guide
from tests.people import Outside
from tests.proof.filers import Filer, Filing, Request, asked, filing
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
AT_STAKE = (3, 2)  # requests and parts of papers that a kill should strike
SEED = 20261123
LINK_SECONDS = 0.08
PUSH_SECONDS = 0.03  # slow enough to be killed in the middle

SERVER, SPLIT_SERVER = ("citydesk", "serve", "--fd"), ("tests.proof.split_server", "--fd")
WORKER = ("tests.proof.push_worker",)

# What the controls do without.
ONE_TRANSACTION, MEMORY = "the one transaction", "the phones' memory"


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
        await _storm(url, filings, victims)
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
    untold = sum(each.untold for each in filings)
    figure(
        f"{FILINGS} filings ({sum(each.in_parts for each in filings)} with their paper in parts),"
        f" {APP_KILLS} kills of the application, {WORKER_KILLS} of the worker,"
        f" {tries} tries: acknowledged {sum(each.done for each in filings)}, {found.words()};"
        f" citizens told once {sum(told[each] == 1 for each in numbers)}, more than once"
        f" {sum(n > 1 for n in told.values())}; committed but told only on retry {late},"
        f" parts taken but told only when asked for {untold};"
        f" retries after a restart with another answer {changed}, altered ones not refused"
        f" {unrefused}"
    )
    assert all(each.done for each in filings)
    assert found == Left()
    assert len(set(numbers)) == FILINGS
    assert dict(told) == dict.fromkeys(numbers, 1)
    assert (changed, unrefused) == (0, 0)
    assert late, "no kill struck between a commit and its answer: no proof"
    assert untold, "no kill struck between a part and its answer: no proof"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("off", [MEMORY, ONE_TRANSACTION])
async def test_without_its_protection_the_same_kills_leave_doubles_or_noes(
    settings: Settings, outside: Outside, figure: Callable[[str], None], off: str
) -> None:
    async with _city(settings, SPLIT_SERVER if off == ONE_TRANSACTION else SERVER) as (
        world,
        url,
        app,
    ):
        filings = await _filings(world, outside, CONTROL_FILINGS)
        await _storm(url, filings, [app] * CONTROL_KILLS, off)
        made = await sql.value("SELECT count(*) FROM service_case")
        files = await sql.value("SELECT count(*) FROM stored_file")
    refused = sum(each.noes for each in filings)
    parts = sum(each.refused_parts for each in filings)
    doubles = sum(max(found - CONTROL_FILINGS, 0) for found in (made, files))
    figure(
        f"control, without {off}: {CONTROL_FILINGS} filings, {CONTROL_KILLS} kills:"
        f" {doubles} doubled cases and papers, {refused} requests and {parts} parts told no to"
        " what was done"
    )
    assert doubles + refused > 0
    assert (parts > 0) == (off == MEMORY)


@dataclass
class Left:
    """What the tables hold that they should not, or do not hold that they should."""

    lost: int = 0
    ghosts: int = 0
    without_paper: int = 0
    papers_not_as_sent: int = 0
    stray_files: int = 0
    uploads_left: int = 0
    submitted_not_once: int = 0
    clocks_not_once: int = 0
    events_not_once: int = 0
    differing: int = 0

    def words(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in vars(self).items())


_CLOCKS = """
    SELECT subject_id::text AS id FROM business_timer
    WHERE subject_kind = 'case' AND kind = 'pre_review' AND stopped_at IS NULL
"""


async def _left_behind(world: World, filings: list[Filing]) -> Left:
    """Hold the tables against what the citizens were told."""
    yes = {each.case_id: each for each in filings if each.done}
    found = {row["id"]: row["state"] for row in await sql.rows(_CASES)}
    papers = await CaseMaterial.filter(replaced_at=None).prefetch_related("file")
    by_case = Counter(str(each.case_id) for each in papers)
    right = [each for each in papers if await _as_sent(world, each, yes)]
    submitted = await _counted("SELECT case_id::text AS id FROM case_event")
    clocks = await _counted(_CLOCKS)
    events = await _counted(
        "SELECT facts->>'case_id' AS id FROM outbox_message WHERE name = 'CaseFiled'"
    )
    files = await sql.value("SELECT count(*) FROM stored_file")
    return Left(
        lost=sum(found.get(each) != "filed" for each in yes),
        ghosts=len(set(found) - set(yes)),
        without_paper=sum(by_case[each] != 1 for each in yes),
        papers_not_as_sent=len(papers) - len(right),
        stray_files=files - len(papers),
        uploads_left=await sql.value("SELECT count(*) FROM paper_upload"),
        submitted_not_once=_not_once(submitted, yes),
        clocks_not_once=_not_once(clocks, yes),
        events_not_once=_not_once(events, yes),
        differing=len(await cases.differing(world)),
    )


# A paper in parts counts twice: once begun (an upload), once finished.
_DONE = """
    SELECT (SELECT count(*) FROM service_case) + (SELECT count(*) FROM case_event)
        + (SELECT count(*) FROM case_material) + (SELECT count(*) FROM paper_upload)
        + (SELECT count(*) FROM case_material m JOIN stored_file f ON f.id = m.file_id
           WHERE f.content_sealed IS NULL) AS done,
        (SELECT count(*) FROM keyed_answer) AS kept,
        (SELECT count(*) FROM stored_file_part) AS parts
"""
_CASES = "SELECT id::text AS id, state FROM service_case"


async def _as_sent(world: World, paper: CaseMaterial, yes: dict[str, Filing]) -> bool:
    """Whether a stored paper is the very one that was handed in with its case, byte for byte."""
    filing = yes.get(str(paper.case_id))
    kept = hashlib.sha256(await stored.whole(world, paper.file)).hexdigest()
    sent = hashlib.sha256(filing.paper).hexdigest() if filing else ""
    return kept == sent == paper.file.sha256


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
        filing(tokens[number % len(PEOPLE)], body, number, in_parts=number % 2 == 0)
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


async def _storm(url: str, filings: list[Filing], victims: list[Process], off: str = "") -> None:
    """Let all citizens file, and kill the processes while they do, in any order."""
    chance = random.Random(SEED)
    victims = chance.sample(victims, len(victims))
    line = list(reversed(filings))
    steps = sum(each.steps for each in filings)

    async def files(filer: Filer) -> None:
        while line:
            await filer.files(line.pop())

    async with aiohttp.ClientSession(url, timeout=aiohttp.ClientTimeout(10)) as session:
        filer = Filer(session, remembers=off != MEMORY)
        filing = [asyncio.create_task(files(filer)) for _ in range(AT_ONCE)]
        for number, victim in enumerate(victims, 1):
            goal = steps * number // (len(victims) + 2) + chance.randint(0, 5)
            while sum(each.answers + each.parts for each in filings) < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await asyncio.sleep(chance.random() * LINK_SECONDS)
            await _until_it_hurts(filings, off)
            await victim.kill()
            await victim.start()
        await asyncio.gather(*filing)


async def _until_it_hurts(filings: list[Filing], off: str) -> None:
    """Wait a moment until something is done and not told; best of all, not even kept to be told.

    And until a part of a paper is here of which nobody has been told.
    """
    requests, parts = AT_STAKE
    for _ in range(500):
        [row] = await sql.rows(_DONE)
        answers = sum(each.answers for each in filings)
        told = row["kept"] if off == ONE_TRANSACTION else answers
        known = sum(each.parts for each in filings)
        if row["done"] >= told + requests and row["parts"] >= known + parts:
            return
        await asyncio.sleep(0.002)


async def _all_once_more(url: str, filings: list[Filing]) -> tuple[int, int]:
    """Ask everything again under the same keys, as it was and altered; return what was wrong."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def again(session: aiohttp.ClientSession, token: str, each: Request) -> tuple[bool, bool]:
        async with limit:
            same = await asked(session, token, each)
            other = replace(each, body=each.body + b" ")
            if not each.body:
                other = replace(each, path=each.path + "?promises=true")
            status, told, _ = await asked(session, token, other)
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
