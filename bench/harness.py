"""Start servers on one core, load them from the other, compare them in one run.

Absolute figures drift with the machine; ratios inside one run and CPU microseconds a request hardly
do. So the variants are interleaved, their order is reversed every second round, medians are told.
"""

import hashlib
import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from typing import Any

from bench.load import Load, Outcome
from citydesk.kit.lifelines import dies_with_parent

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".bench-venv"
LOCK = ROOT / "requirements-bench.txt"
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
TICKS = os.sysconf("SC_CLK_TCK")
WARM_SECONDS = 1.0
MOST_ROUNDS, MOST_SECONDS = 20, 30.0
START_SECONDS = 60.0


def say(text: str) -> None:
    """Tell the person who waits; the result alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def peers_python() -> str:
    """The Python of the peers' own environment, which is made on first use."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    mark = PEERS / "made-from"
    python = str(PEERS / "bin" / "python")
    if mark.exists() and mark.read_text() == wanted:
        return python
    say("making .bench-venv for the peers …")
    shutil.rmtree(PEERS, ignore_errors=True)
    venv.create(PEERS, with_pip=True)
    install = ["-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([python, *install, "--require-hashes", "-r", str(LOCK)], check=True)
    mark.write_text(wanted)
    return python


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A server process and its children, on the server's core; dies with us."""

    def __init__(
        self, command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = port
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self.process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *command] if shutil.which("taskset") else command,
            cwd=ROOT,
            env={**os.environ, **(environment or {}), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
            start_new_session=True,
            preexec_fn=dies_with_parent(),
        )
        try:
            self._wait()
        except BaseException:
            self.log.seek(0)
            say(self.log.read().decode(errors="replace")[-4_000:])
            self.stop()
            raise

    def _wait(self) -> None:
        until = perf_counter() + START_SECONDS
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode} at its start")
            if perf_counter() > until:
                raise TimeoutError(f"nobody listens on port {self.port}")
            sleep(0.05)

    def cpu_seconds(self) -> float:
        """Processor time used so far by the process and its living children."""
        return sum(_cpu_ticks(pid) for pid in _family(self.process.pid)) / TICKS

    def stop(self) -> None:
        """End the process and everything it started."""
        for ending in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, ending)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                break
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()


def _family(pid: int) -> list[int]:
    found = [pid]
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            found += _family(int(child))
    return found


def _cpu_ticks(pid: int) -> int:
    with suppress(OSError):
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(after_name[11]) + int(after_name[12])
    return 0


@dataclass(slots=True)
class Variant:
    """One thing to measure: where it listens, what it is asked, how its answers are judged."""

    name: str
    server: Server
    requests: Callable[[int], list[bytes]]
    judge: Callable[[int, bytes], None]
    rounds: list[dict[str, float]] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Warm up, measure once, judge the sampled answers."""
        warm = self._load(self.requests(int(3_000 + 20_000 * WARM_SECONDS)), WARM_SECONDS)
        requests = self.requests(int(warm.per_second * seconds * 1.3) + 1_000)
        before = self.server.cpu_seconds()
        outcome = self._load(requests, seconds)
        used = self.server.cpu_seconds() - before
        for index, answer in outcome.samples:
            self.judge(index, answer)
        if outcome.failures:
            raise AssertionError(f"{self.name}: {outcome.failures} answers were not 200")
        self.rounds.append(
            {
                "per_second": round(outcome.per_second, 1),
                "cpu_us": round(used / outcome.answers * 1e6, 1),
                "p50_ms": round(outcome.wait_ms(0.5), 2),
                "p99_ms": round(outcome.wait_ms(0.99), 2),
                "judged": len(outcome.samples),
                "reconnects": outcome.reconnects,
            }
        )

    def _load(self, requests: list[bytes], seconds: float) -> Outcome:
        return Load(self.server.port, requests).run(seconds)

    def middle(self, figure: str) -> float:
        """The median of the rounds."""
        return median(each[figure] for each in self.rounds)


@dataclass(frozen=True, slots=True)
class Ratio:
    """What must hold between two variants, whatever the machine."""

    upper: str
    lower: str
    at_least: float


def compare(variants: Sequence[Variant], rounds: int, seconds: float) -> None:
    """Measure the variants in turn, in reversed order every second round."""
    os.sched_setaffinity(0, {LOAD_CORE})
    for number in range(min(rounds, MOST_ROUNDS)):
        for variant in variants if number % 2 == 0 else reversed(variants):
            variant.run(min(seconds, MOST_SECONDS))
            last = variant.rounds[-1]
            say(
                f"round {number + 1}  {variant.name:<18} {last['per_second']:>9.0f}/s "
                f"{last['cpu_us']:>7.1f} µs CPU  p99 {last['p99_ms']:.1f} ms"
            )


def report(metric: str, variants: Sequence[Variant], ratios: Sequence[Ratio], **more: Any) -> int:
    """Print the result as JSON; return 1 when a ratio is missed, and only then."""
    by_name = {each.name: each for each in variants}
    figures = ("per_second", "cpu_us", "p50_ms", "p99_ms")
    reached: list[dict[str, Any]] = []
    for each in ratios:
        upper, lower = by_name[each.upper], by_name[each.lower]
        reached.append(
            {
                "ratio": f"{each.upper} / {each.lower}",
                "is": round(upper.middle("per_second") / lower.middle("per_second"), 3),
                "at_least": each.at_least,
                # Told, not asserted: it drifts least when others use the machine.
                "by_cpu": round(lower.middle("cpu_us") / upper.middle("cpu_us"), 3),
            }
        )
    result = {
        "metric": metric,
        "variants": {
            each.name: {name: round(each.middle(name), 2) for name in figures}
            | {"rounds": each.rounds}
            for each in variants
        },
        "ratios": reached,
        **more,
        "machine": {
            "cores": len(CORES),
            "python": platform.python_version(),
            "uvicorn": version("uvicorn"),
            "starlette": version("starlette"),
            "cryptography": version("cryptography"),
        },
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    missed = [each for each in reached if each["is"] < each["at_least"]]
    for told in reached:
        word = "missed" if told in missed else "held"
        say(
            f"{word}: {told['ratio']} = {told['is']} (at least {told['at_least']}; "
            f"by CPU time {told['by_cpu']})"
        )
    return 1 if missed else 0
