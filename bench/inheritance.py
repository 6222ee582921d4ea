"""A guide through four levels of inheritance, beside the same guide read flat (issue 4).

    python -m bench.inheritance --rounds 7 --reads 6000

The city as it is (2,907 regions) carries 200 items; districts, streets and communities say hours,
phones and promises of their own. One reader asks for a community's guide: community → street →
district → city; the other for the city's own text. Both go through `guides.published` on the same
connection, in one process, interleaved; every read asks the database which version is in force and
whether a region has changed its words, and thousands of communities are asked in turn. Before any
figure: what a community says is what the levels above it say, one change at the top shows in every
region, and no row was copied. The first read of a community is told, not judged.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from bench.harness import free_port, say
from citydesk import guides
from citydesk.kit import sql
from citydesk.kit.ids import new_id
from citydesk.world import World

ITEMS = 200
AT_MOST = 1.3
CREDIT_CODE = "11990000MB00000355"
PAIRS = 3_000  # of an item and a community, asked for in turn
OWN_WORDS = 3  # of ten items, so many have words of their own at each level


@dataclass(slots=True)
class Reader:
    """One way of reading: what it asks for, and how long its rounds took."""

    name: str
    read: Callable[[int], Awaitable[object]]
    wall_us: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    async def run(self, reads: int) -> None:
        """Read so many times; note the time of one."""
        began, used = perf_counter(), process_time()
        for number in range(reads):
            await self.read(number)
        self.cpu_us.append((process_time() - used) / reads * 1e6)
        self.wall_us.append((perf_counter() - began) / reads * 1e6)


@asynccontextmanager
async def city() -> AsyncIterator[World]:
    """A migrated city with its regions, organs and halls, and no guides."""
    from citydesk import organs
    from citydesk.commands.development import environment, servers
    from citydesk.commands.home import Home
    from citydesk.commands.migrate import migrated
    from citydesk.settings import Settings
    from citydesk.world import open_world

    folder = Path(tempfile.mkdtemp(prefix="citydesk-bench-"))
    try:
        home = Home(folder)
        home.make()
        with servers(home) as addresses:
            told = environment(home, port=free_port(), sandbox_port=free_port()) | addresses
            settings = Settings.from_env(told | {"CITYDESK_HOME": str(folder)})
            await migrated(settings.database_url)
            async with open_world(settings) as world:
                await organs.load(world)
                yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def code(number: int) -> str:
    """An item's code."""
    return f"{CREDIT_CODE}3{990000000000 + number}"


def written() -> list[guides.GuideContent]:
    """The items: a whole sample guide under different codes and names."""
    from citydesk.guides.actions import samples

    sample = next(each for each in samples() if each.promised_limit.value >= 3)  # room for less
    return [
        sample.model_copy(update={"item_code": code(number), "name": f"{sample.name}（{number}）"})
        for number in range(ITEMS)
    ]


async def own_words(world: World) -> tuple[list[tuple[str, str]], int]:
    """Let regions of every level say something of their own; return what communities to ask."""
    rows = await sql.rows("SELECT code, level FROM region WHERE valid_to IS NULL ORDER BY code")
    regions = [(row["code"], row["level"]) for row in rows]
    items = await sql.rows("SELECT id, code FROM service_item ORDER BY code")
    chance = random.Random(4)
    said: list[tuple[Any, ...]] = []
    for region, level in regions:
        for number, item in enumerate(items):
            if level != "3" and number % 10 < OWN_WORDS:
                words = json.dumps(_words(level, chance), ensure_ascii=False)
                said.append((new_id(), item["id"], region, words))
    for start in range(0, len(said), 20_000):
        some = said[start : start + 20_000]
        await sql.run(
            "INSERT INTO region_guide (id, created_at, changed_at, item_id, region_code, overrides)"
            " SELECT id, now(), now(), item_id, region, words::jsonb"
            " FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])"
            " AS new (id, item_id, region, words)",
            *([each[column] for each in some] for column in range(4)),
        )
    await sql.run("UPDATE service_item SET region_words = region_words + 1")
    await sql.run("ANALYZE region_guide")
    communities = [region for region, level in regions if level == "6"]
    codes = [row["code"] for row in items if int(row["code"][-12:]) % 10 < OWN_WORDS]
    asked = {(chance.choice(codes), chance.choice(communities)) for _ in range(PAIRS)}
    return sorted(asked), len(said)


def _words(level: str, chance: random.Random) -> dict[str, Any]:
    hours = f"工作日 {chance.randrange(8, 10)}:30-16:30"
    return {
        "4": {"promised_limit": {"value": 2, "unit": "working_day", "note": ""}},
        "5": {"consult_phone": f"024-0000{chance.randrange(1000, 9999)}"},
        "6": {"office_hours": hours},
    }[level]


async def gate(world: World, asked: list[tuple[str, str]], copies: int) -> None:
    """Before any figure: the levels add up, one change shows everywhere, nothing was copied."""
    for item, region in asked[:50]:
        there = await guides.published(world, item, region)
        if set(there.overridden) != {"promised_limit", "consult_phone", "office_hours"}:
            raise AssertionError(f"{region} says {there.overridden}")
    item = asked[0][0]
    standard = await guides.published(world, item)
    changed = standard.content.model_copy(update={"quantity_limit": "改了一处"})
    await guides.publish(world, changed)
    regions = {region for other, region in asked if other == item}
    for region in regions:
        if (await guides.published(world, item, region)).content.quantity_limit != "改了一处":
            raise AssertionError(f"{region} does not show the change")
    if await sql.value("SELECT count(*) FROM region_guide") != copies:
        raise AssertionError("rows were copied")
    if await sql.value("SELECT count(*) FROM service_item_version") != ITEMS + 1:
        raise AssertionError("versions were copied")
    say(f"gate: {len(regions)} regions show one change; {copies} rows hold only their own words")


async def measure(rounds: int, reads: int) -> int:
    """Measure, print, and fail on a missed ratio."""
    async with city() as world:
        say("writing 200 guides and what 2,907 regions say of their own …")
        await guides.publish_all(world, written())
        asked, copies = await own_words(world)
        await gate(world, asked, copies)
        flat = Reader("flat", lambda n: guides.published(world, asked[n % len(asked)][0]))
        four = Reader("four levels", lambda n: guides.published(world, *asked[n % len(asked)]))
        first = Reader("four levels, the first time", four.read)
        await first.run(len(asked))
        for reader in (flat, four):
            await reader.run(len(asked))
            reader.wall_us.clear()
            reader.cpu_us.clear()
        for number in range(rounds):
            for reader in (flat, four) if number % 2 == 0 else (four, flat):
                await reader.run(reads)
                say(
                    f"round {number + 1}  {reader.name:<12} {reader.wall_us[-1]:>7.1f} µs"
                    f"  {reader.cpu_us[-1]:>7.1f} µs CPU"
                )
        regions: int = await sql.value("SELECT count(*) FROM region WHERE valid_to IS NULL")
        once = round(first.wall_us[0])
        return told(flat, four, regions=regions, items=ITEMS, rows=copies, first_time_us=once)


def told(flat: Reader, four: Reader, **more: int) -> int:
    """Print the result as JSON; 1 when the ratio is missed."""
    # Each round's ratio by itself: what slows the machine slows both of a round.
    ratios = [ours / peer for ours, peer in zip(four.wall_us, flat.wall_us, strict=True)]
    ratio = median(ratios)
    figures = {
        reader.name: {
            "wall_us": round(median(reader.wall_us), 1),
            "cpu_us": round(median(reader.cpu_us), 1),
        }
        for reader in (flat, four)
    }
    result = {
        "metric": "inheritance",
        "variants": figures,
        "ratio": {"is": round(ratio, 3), "at_most": AT_MOST},
        "by_cpu": round(median(four.cpu_us) / median(flat.cpu_us), 3),
        **more,
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    word = "held" if ratio <= AT_MOST else "missed"
    say(f"{word}: four levels / flat = {ratio:.3f} (at most {AT_MOST})")
    return 0 if ratio <= AT_MOST else 1


def main() -> int:
    """Read the words after the command, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--reads", type=int, default=6_000)
    parser.add_argument("--secs", type=float, default=0.0, help="for the other benches")
    asked = parser.parse_args()
    return asyncio.run(measure(max(3, asked.rounds), asked.reads))


if __name__ == "__main__":
    sys.exit(main())
