"""How fast search is over 20,000 items, beside what else one could have taken.

    python -m bench.search_speed --rounds 5

One run, the variants in turn: our engine (`SearchIndex.by_words`) and bare tantivy over the same
pairs of characters; the whole `guides.search`, with all that is done to understand a question;
bm25s and SQLite FTS5 beside them. Ratios are judged, absolute times are told with the machine's
load. Memory and the time to build are printed.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from bench.harness import ROOT, peers_python, say
from bench.search_quality import scratch_world
from citydesk import guides
from citydesk.guides.search import tokens
from citydesk.guides.search.index import WRITER_BYTES, SearchIndex
from citydesk.guides.search.knowledge import knowledge
from citydesk.guides.search.shelf import Shelf
from citydesk.world import World

ITEMS, QUESTIONS, FOUND = 20_000, 500, 10
MOST_TIMES_TANTIVY = 2.0
AIMS_US = {"engine p50": 100.0, "engine p99": 400.0, "search p50": 300.0}
AROUND = ("{}", "请问{}怎么办", "{}需要什么材料", "我想办{}", "{}在哪里办理")


def main() -> int:
    """Measure; return 1 when the engine needs more than twice bare tantivy's time."""
    reading = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    reading.add_argument("--rounds", type=int, default=5)
    rounds = reading.parse_args().rounds
    result = asyncio.run(measured(rounds))
    print(json.dumps(result, ensure_ascii=False, indent=1))
    for aim, least in AIMS_US.items():
        word = "held" if result["us"][aim] <= least else "missed"
        say(f"{word}: {aim} {result['us'][aim]:.0f} µs (aim {least:.0f}; load {result['load']})")
    ratio = result["engine / tantivy"]
    say(f"{'held' if ratio <= MOST_TIMES_TANTIVY else 'missed'}: engine / tantivy = {ratio}")
    return 0 if ratio <= MOST_TIMES_TANTIVY else 1


async def measured(rounds: int) -> dict[str, Any]:
    """Build every variant over the same items, ask all the same questions, in turn."""
    rows = list(items())
    asked = questions(rows)
    with scratch_world() as opened:
        async with opened as world:
            await guides.import_list(world, guides.read_list(as_list(rows)))
            before, start = _memory(), perf_counter()
            await guides.refresh(world)
            build = {"ours": round(perf_counter() - start, 2)}
            memory = {"ours (whole index)": round(_memory() - before, 1)}
            index = world.kept(Shelf).index
            assert index is not None
            variants: dict[str, Callable[[str], object]] = {"engine": _engine(index)}
            for name, make in (("tantivy", bare_tantivy), ("fts5", fts5)):
                start = perf_counter()
                variants[name] = make([name for name, _ in rows])
                build[name] = round(perf_counter() - start, 2)
            runs: dict[str, list[list[float]]] = {name: [] for name in (*variants, "search")}
            for _ in range(rounds):
                for name, ask in variants.items():
                    runs[name].append(timed(ask, asked))
                runs["search"].append(await _searched(world, asked))
            times = {name: best_of(each) for name, each in runs.items()}
    peer = bm25s([name for name, _ in rows], asked, rounds)
    build["bm25s"], times["bm25s"] = peer["build_s"], best_of(peer["us"])
    return {
        "items": len(rows),
        "questions": len(asked),
        "us": {
            f"{name} {label}": round(percentile(each, share), 1)
            for name, each in times.items()
            for label, share in (("p50", 0.5), ("p99", 0.99))
        },
        "engine / tantivy": round(median(times["engine"]) / median(times["tantivy"]), 2),
        "build_s": build,
        "memory_mb": memory,
        "load": " ".join(f"{each:.1f}" for each in os.getloadavg()),
    }


def items() -> Iterator[tuple[str, str]]:
    """Yield 20,000 names with their departments: our sample names, by place and by step."""
    samples = [
        (guide["name"], guide["authority"])
        for file in (files("citydesk.guides") / "data").iterdir()
        if file.name.endswith(".json")
        for guide in json.loads(file.read_text("utf-8"))
    ]
    steps = ("", "变更", "延续", "补办", "注销")
    places = [f"示例{letter}{kind}" for letter in "甲乙丙丁戊己庚辛壬癸" for kind in "区县街镇乡"]
    made = ((f"{p}{n}{s}", a) for p in places for s in steps for n, a in samples)
    for _, each in zip(range(ITEMS), made, strict=False):
        yield each


def questions(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return questions: names with a character left out, and sayings, in sentences."""
    chance = random.Random(20_000)
    said = [word for word in knowledge().sayings.words if len(word) > 2 and "^" not in word]
    asked = []
    for number in range(QUESTIONS):
        if number % 2:
            core = chance.choice(said)
        else:
            name = chance.choice(rows)[0]
            left_out = chance.randrange(len(name))
            core = name[:left_out] + name[left_out + 1 :]
        asked.append(chance.choice(AROUND).format(core))
    return asked


def as_list(rows: Sequence[tuple[str, str]]) -> bytes:
    """Return the items in the simple list form."""
    lines = ["id,source,department,main_item,name,code,type_name"]
    lines += [
        f"B{number},bench,{department},,{name},B-{number},公共服务"
        for number, (name, department) in enumerate(rows)
    ]
    return "\n".join(lines).encode()


async def _searched(world: World, asked: Sequence[str]) -> list[float]:
    times = []
    for question in asked:
        start = perf_counter()
        await guides.search(world, question, FOUND)
        times.append((perf_counter() - start) * 1e6)
    return times


def best_of(runs: Sequence[Sequence[float]]) -> list[float]:
    """Return each question's shortest time: who else uses the machine just then does not count."""
    return [min(times) for times in zip(*runs, strict=True)]


def timed(ask: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """Return the microseconds of each question."""
    times = []
    for question in asked:
        start = perf_counter()
        ask(question)
        times.append((perf_counter() - start) * 1e6)
    return times


def percentile(times: Sequence[float], share: float) -> float:
    """Return the time that this share of the questions stays under."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def _engine(index: SearchIndex) -> Callable[[str], object]:
    return lambda text: index.by_words(dict.fromkeys(tokens.pairs(text), 1.0))


def bare_tantivy(names: Sequence[str]) -> Callable[[str], object]:
    """Index the names as documented and ask with a plain disjunction of terms."""
    from tantivy import Document, Index, Occur, Query, SchemaBuilder

    schema = SchemaBuilder().add_text_field("name", tokenizer_name="whitespace").build()
    index = Index(schema)
    writer = index.writer(WRITER_BYTES, 1)  # as much as ours, or it would search more segments
    for name in names:
        document = Document()
        document.add_text("name", " ".join(tokens.pairs(name)))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(text: str) -> object:
        words = [
            (Occur.Should, Query.term_query(schema, "name", word)) for word in tokens.pairs(text)
        ]
        return searcher.search(Query.boolean_query(words), FOUND).hits

    return ask


def fts5(names: Sequence[str]) -> Callable[[str], object]:
    """Index the names' pairs in SQLite FTS5."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE item USING fts5(pairs)")
    rows = [(" ".join(tokens.pairs(name)),) for name in names]
    database.executemany("INSERT INTO item VALUES (?)", rows)

    def ask(text: str) -> object:
        words = " OR ".join(f'"{word}"' for word in tokens.pairs(text))
        found = "SELECT rowid FROM item WHERE item MATCH ? ORDER BY rank LIMIT ?"
        return database.execute(found, (words, FOUND)).fetchall() if words else []

    return ask


def bm25s(names: Sequence[str], asked: Sequence[str], rounds: int) -> dict[str, Any]:
    """Ask bm25s in the peers' environment, the same pairs."""
    work = {
        "items": [tokens.pairs(name) for name in names],
        "questions": [tokens.pairs(text) for text in asked],
        "rounds": rounds,
        "found": FOUND,
    }
    done = subprocess.run(
        [peers_python(), str(ROOT / "bench" / "peers" / "bm25s_search.py")],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _memory() -> float:
    """Return the megabytes this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
