"""How soon a publication is found: ``python -m bench.publication [--items 20000] [--rounds 5]``.

A scratch database with so many items, and a process that searches in it. Printed: how long the
first index takes, then from each publication's commit to the first answer that names it. Exit
status 1 when the median is over a second.
"""

import argparse
import asyncio
import csv
import io
import tempfile
from itertools import islice, product
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.harness import free_port, say

WITHIN_SECONDS = 1.0
SAMPLE = "11990000MB0000318D4000929001000"
DISTRICTS = ("和平", "沈河", "皇姑", "大东", "铁西", "浑南", "沈北", "于洪", "辽中", "新民")
VERBS = ("核发", "变更", "延续", "注销", "补办", "备案", "审批", "登记", "年检", "查询")


async def main() -> int:
    """Measure and print."""
    reading = argparse.ArgumentParser()
    reading.add_argument("--items", type=int, default=20_000)
    reading.add_argument("--rounds", type=int, default=5)
    asked = reading.parse_args()

    from citydesk import guides, organs
    from citydesk.commands.development import environment
    from citydesk.commands.home import Home
    from citydesk.commands.migrate import migrated
    from citydesk.guides.search.shelf import Shelf
    from citydesk.kit.servers import PostgresServer
    from citydesk.settings import Settings
    from citydesk.world import open_world

    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.make()
        with PostgresServer(Path(folder) / "postgres", durable=False) as server:
            told = environment(home, port=free_port(), sandbox_port=free_port())
            told["CITYDESK_DATABASE_URL"] = server.url("publication")
            told.setdefault("CITYDESK_REDIS_URL", "redis://127.0.0.1:1/0")  # nothing is asked of it
            settings = Settings.from_env(told)
            await migrated(settings.database_url)
            async with open_world(settings) as world:
                await organs.load(world)
                await guides.load_samples(world)
                rows = guides.read_list(_list(asked.items))
                await guides.import_list(world, rows)
                began = perf_counter()
                async with guides.awake(world):
                    while world.kept(Shelf).index is None:  # noqa: ASYNC110 - another's work
                        await asyncio.sleep(0.01)
                    say(f"{len(rows)} items: first index after {perf_counter() - began:.2f} s")
                    took = [await _round(world, number) for number in range(asked.rounds)]
    print("found after", *(f"{each * 1000:.0f} ms" for each in took))
    return int(median(took) > WITHIN_SECONDS)


async def _round(world, number: int) -> float:  # type: ignore[no-untyped-def]  # imported late
    """Publish a guide under a new name; return how long until search names it."""
    from citydesk import guides

    guide = await guides.published(world, SAMPLE)
    name = f"示例风筝放飞许可（第{number}次申请）"
    await guides.publish(world, guide.content.model_copy(update={"name": name}))
    began = perf_counter()
    while True:
        found = await guides.search(world, "示例风筝放飞许可", 1)
        if found and found[0].name == name:
            return perf_counter() - began
        await asyncio.sleep(0.005)


def _list(items: int) -> bytes:
    """A department's list of so many items, all named differently."""
    from citydesk.guides.lists import COLUMNS

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    names = product(range(items), VERBS, DISTRICTS)
    for number, (kind, verb, district) in enumerate(islice(names, items)):
        what = f"{chr(0x4E00 + kind % 5000)}{chr(0x5000 + kind * 7 % 5000)}经营许可"
        row = [number, "bench", f"{district}区示例局", "", f"{what}{verb}（{district}区）"]
        writer.writerow([*row, f"B-{number}", "行政许可"])
    return text.getvalue().encode()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
