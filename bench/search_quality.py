"""How well search answers: a catalogue, questions, and what the bot's own function finds.

    python -m bench.search_quality --catalogue C.csv --questions Q.csv --out RUN.tsv [--gold G.csv]

The catalogue (`id,source,department,main_item,name,code,type_name`; only a name is needed, other
columns are left out, UTF-8 or GB 18030) is imported into a scratch database; each question
(`id,question`, and `context` if it has one) goes through `guides.search`, the function every
channel uses; RUN.tsv holds `id<TAB>ids, best first`, nothing after the tab meaning "no match".
With a gold file (`acceptable_ids`, `kind`) the shares are printed with their Wilson intervals.
"""

import argparse
import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from math import sqrt
from pathlib import Path

from bench.harness import free_port, say
from citydesk import guides
from citydesk.commands.development import environment
from citydesk.commands.home import Home
from citydesk.commands.migrate import migrated
from citydesk.kit.servers import PostgresServer
from citydesk.kit.spreadsheets import text_of
from citydesk.settings import Settings
from citydesk.world import World, open_world

MOST_ANSWERS = 10
LARGEST_FILE = 32 * 1024 * 1024  # bytes
COLUMNS = ("id", "source", "department", "main_item", "name", "code", "type_name")
Z = 1.96  # of a 95 % interval

Row = Mapping[str, str]


def main() -> int:
    """Run the questions, write the answers, print the figures when there is a gold file."""
    reading = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    reading.add_argument("--catalogue", type=Path, required=True)
    reading.add_argument("--questions", type=Path, required=True)
    reading.add_argument("--out", type=Path, required=True)
    reading.add_argument("--gold", type=Path)
    reading.add_argument("--misses", action="store_true", help="list what was not hit at first")
    asked = reading.parse_args()
    questions = read_rows(asked.questions)
    run = asyncio.run(answered(asked.catalogue.read_bytes(), questions))
    lines = [f"{number}\t{'|'.join(found)}\n" for number, found in run.items()]
    asked.out.write_text("".join(lines), "utf-8")
    say(f"{len(run)} questions answered → {asked.out}")
    if asked.gold:
        gold = read_rows(asked.gold)
        print("\n".join(figures(gold, run)))
        if asked.misses:
            print("\n".join(misses(gold, run)))
    return 0


def read_rows(path: Path) -> list[dict[str, str]]:
    """Read a CSV file with a heading."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def simple_form(data: bytes) -> bytes:
    """Return a catalogue of any columns, with a name at least, in the simple list form."""
    rows = list(csv.DictReader(io.StringIO(text_of(data, LARGEST_FILE))))
    seen: set[str] = set()
    written = io.StringIO()
    out = csv.DictWriter(written, COLUMNS)
    out.writeheader()
    for number, row in enumerate(rows, 1):
        told = {(name or "").strip(): (value or "") for name, value in row.items() if name}
        name = _clean(told.get("name", ""))[:300]
        if not name:
            continue
        mine = _clean(told.get("id", "")) or _clean(told.get("code", "")) or str(number)
        code = _clean(told.get("code", ""))
        if not code or code in seen:
            code = f"{mine}-{number}"
        seen.add(code)
        out.writerow(
            {
                "id": mine,
                "source": "list",
                "department": _clean(told.get("department", ""))[:120] or "未注明",
                "main_item": _clean(told.get("main_item", ""))[:300],
                "name": name,
                "code": code[:80],
                "type_name": _clean(told.get("type_name", ""))[:40],
            }
        )
    return written.getvalue().encode()


def _clean(value: object) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in str(value)).split())


async def answered(catalogue: bytes, questions: Sequence[Row]) -> dict[str, list[str]]:
    """Import the catalogue into a scratch database and ask; return list ids, best first."""
    with scratch_world() as opened:
        async with opened as world:
            rows = guides.read_list(simple_form(catalogue))
            taken = await guides.import_list(world, rows)
            await guides.refresh(world)
            say(f"{taken.added} items imported and indexed")
            return {
                question["id"]: [
                    found.list_id or found.item_code
                    for found in await guides.search(
                        world,
                        question["question"],
                        MOST_ANSWERS,
                        context=question.get("context") or None,
                    )
                ]
                for question in questions
            }


@contextmanager
def scratch_world() -> Iterator[AbstractAsyncContextManager[World]]:
    """Start a PostgreSQL of our own with the tables and nothing in them; all goes at the end."""
    with tempfile.TemporaryDirectory(prefix="citydesk-bench-") as folder:
        home = Home(Path(folder) / "home")
        home.make()
        with PostgresServer(Path(folder) / "postgres", durable=False) as server:
            told = environment(home, port=free_port(), sandbox_port=free_port())
            told["CITYDESK_DATABASE_URL"] = server.url("quality")
            told["CITYDESK_REDIS_URL"] = "redis://127.0.0.1:1/0"  # search asks it nothing
            yield _migrated(Settings.from_env(told))


@asynccontextmanager
async def _migrated(settings: Settings) -> AsyncIterator[World]:
    await migrated(settings.database_url)
    async with open_world(settings) as world:
        yield world


def interval(hits: int, of: int) -> str:
    """Return a share with its 95 % Wilson interval: 88.3 % [81.4 … 92.9] (106 of 120)."""
    if not of:
        return "–"
    share, square = hits / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    low, high = max(0.0, 100 * (middle - half)), 100 * (middle + half)
    return f"{100 * share:5.1f} % [{low:.1f} … {high:.1f}] ({hits} of {of})"


def figures(gold: Sequence[Row], run: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the lines of the report: each kind, all answerable, all off-topic."""
    answerable = [row for row in gold if row["acceptable_ids"]]
    off = [row for row in gold if not row["acceptable_ids"]]
    kinds = dict.fromkeys(row.get("kind", "") for row in answerable)
    lines = []
    for kind in kinds:
        rows = [row for row in answerable if row.get("kind", "") == kind]
        lines.append(f"{kind or 'all':<12} hit@1 {interval(_hits(rows, run, 1), len(rows))}")
    lines += [
        f"answerable   hit@1    {interval(_hits(answerable, run, 1), len(answerable))}",
        f"answerable   hit@3    {interval(_hits(answerable, run, 3), len(answerable))}",
        f"answerable   declined {interval(_declined(answerable, run), len(answerable))}",
        f"off-topic    rejected {interval(_declined(off, run), len(off))}",
    ]
    right = _hits(answerable, run, 1) + _declined(off, run)
    return [*lines, f"overall      right    {interval(right, len(gold))}"]


def misses(gold: Iterable[Row], run: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a line for every question whose first answer is not an acceptable one."""
    return [
        f"{row['id']} {row['question']} → {'|'.join(run.get(row['id'], [])[:3]) or '(no match)'}"
        f", wanted {row['acceptable_ids'] or '(no match)'}"
        for row in gold
        if not _right(row, run)
    ]


def _right(row: Row, run: Mapping[str, Sequence[str]]) -> bool:
    found = run.get(row["id"], [])
    return found[0] in _wanted(row) if found else not row["acceptable_ids"]


def _wanted(row: Row) -> set[str]:
    return set(filter(None, row["acceptable_ids"].split("|")))


def _hits(rows: Iterable[Row], run: Mapping[str, Sequence[str]], first: int) -> int:
    return sum(not _wanted(row).isdisjoint(run.get(row["id"], [])[:first]) for row in rows)


def _declined(rows: Iterable[Row], run: Mapping[str, Sequence[str]]) -> int:
    return sum(not run.get(row["id"]) for row in rows)


if __name__ == "__main__":
    raise SystemExit(main())
