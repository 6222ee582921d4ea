"""Every benchmark, one after the other: ``make bench``; the words after ARGS go to each.

Exit status: 0 when every ratio holds, otherwise 1. Absolute figures are printed, never judged.
"""

import subprocess
import sys

BENCHES = (
    *("bench.codec", "bench.webhook", "bench.outbox"),
    *("bench.inheritance", "bench.search_speed", "bench.cases"),
)


def main() -> int:
    """Run them all, even after a missed ratio; name those that missed."""
    missed = [
        name
        for name in BENCHES
        if subprocess.run([sys.executable, "-m", name, *sys.argv[1:]], check=False).returncode
    ]
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
