"""bm25s over the same pairs of characters: work as JSON on standard input, times on the output."""

import json
import sys
from time import perf_counter

import bm25s


def main() -> None:
    """Index the items, ask every question on its own, tell the microseconds."""
    work = json.load(sys.stdin)
    start = perf_counter()
    engine = bm25s.BM25()
    engine.index(work["items"], show_progress=False)
    build = perf_counter() - start
    runs = []
    for _ in range(work["rounds"]):
        times = []
        for question in work["questions"]:
            start = perf_counter()
            engine.retrieve([question], k=work["found"], show_progress=False)
            times.append((perf_counter() - start) * 1e6)
        runs.append(times)
    json.dump({"build_s": round(build, 2), "us": runs}, sys.stdout)


if __name__ == "__main__":
    main()
