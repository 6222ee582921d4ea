"""The real commands as processes of their own, and what they cost."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import aiohttp

from citydesk.settings import PREFIX, Settings
from tests.serving import address_of, free_listener

ROOT = Path(__file__).parents[2]
START_SECONDS = 30
STEADY_LOOKS, STEADY_BYTES = 8, 256 << 10


@dataclass
class Running:
    """One process of citydesk's."""

    url: str
    process: asyncio.subprocess.Process

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def resident(self) -> int:
        """Bytes of memory it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        [line] = [each for each in status.splitlines() if each.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    def peak(self) -> int:
        """The most it held since ``forget_peak``."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        [line] = [each for each in status.splitlines() if each.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def forget_peak(self) -> None:
        """Measure the peak from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    async def settled(self) -> None:
        """Wait until what a start goes on doing is done: a search is answered, the memory rests."""
        async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(self.url) as asking:
            while True:
                async with asking.get("/api/guides?q=%E8%BA%AB%E4%BB%BD%E8%AF%81") as answer:
                    if answer.status == 200:
                        break
                await asyncio.sleep(0.1)
            held = [self.resident()]
            while len(held) < STEADY_LOOKS or max(held) - min(held) > STEADY_BYTES:
                await asyncio.sleep(0.1)
                held = [*held, self.resident()][-STEADY_LOOKS:]


def environment_of(settings: Settings, home: Path, **more: str) -> dict[str, str]:
    """The settings as a process is told them."""
    told = {
        PREFIX + each.name.upper(): str(getattr(settings, each.name)) for each in fields(settings)
    }
    return {**os.environ, **told, "CITYDESK_HOME": str(home), **more}


@asynccontextmanager
async def serving(
    settings: Settings, home: Path, *program: str, port: int | None = None, **more: str
) -> AsyncIterator[Running]:
    """``citydesk serve`` on a free port; or another program that is told the port last."""
    listener = free_listener()
    url = address_of(listener)
    listener.close()
    port = port or int(url.rpartition(":")[2])
    url = f"http://127.0.0.1:{port}"
    command = program or ("-m", "citydesk", "serve", "--port")
    log = _log_in(home)
    with log.open("ab") as told:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            str(port),
            cwd=ROOT,
            env=environment_of(settings, home, **more),
            stdout=told,
            stderr=told,
        )
    try:
        await _until_up(url, process, log)
        yield Running(url, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _log_in(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    return home / "serve.log"


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8")[-3000:]


async def _until_up(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession(url) as asking:
        while True:
            if process.returncode is not None:
                raise AssertionError(_end_of(log))
            try:
                async with asking.get("/healthz"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)
