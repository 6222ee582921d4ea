"""The virus scanner and its sandbox, over the wire that clamd speaks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from citydesk.gateways.virus_scan import VirusScanner
from citydesk.kit.troubles import GatewayTrouble
from citydesk.world import World
from sandbox.scanner import EICAR, LARGEST
from tests.people import Outside


async def of(*pieces: bytes) -> AsyncIterator[bytes]:
    """A file in pieces."""
    for piece in pieces:
        yield piece


async def said(outside: Outside, *sent: bytes) -> bytes:
    """What the sandbox answers to raw bytes."""
    host, _, port = outside.scanner.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.writelines(sent)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def test_what_is_harmful_is_found_wherever_the_pieces_are_cut(world: World) -> None:
    scanner = world.scanner
    assert await scanner.scan(of(b"%PDF-1.7 nothing", b"", b" at all")) is None
    assert await scanner.scan(of()) is None
    for cut in (1, 30, len(EICAR) - 1):
        found = await scanner.scan(of(b"x" * 70_000, EICAR[:cut], EICAR[cut:], b"x" * 70_000))
        assert found == "Eicar-Test-Signature"
    assert (await scanner.check()).startswith("ClamAV")


async def test_both_ends_of_a_command_are_understood(outside: Outside) -> None:
    assert await said(outside, b"zPING\0") == b"PONG\0"
    assert await said(outside, b"nPING\n") == b"PONG\n"
    assert await said(outside, b"zNONE\0") == b"UNKNOWN COMMAND\0"
    assert await said(outside, b"GET / HTTP/1.1\r\n\r\n") == b"UNKNOWN COMMAND\n"
    assert await said(outside, b"zINSTREAM\0", b"\0\0\0\x05abc") == b""  # cut short


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"drop": "before"}, "IncompleteReadError"),
        ({"drop": "after"}, "IncompleteReadError"),
        ({"truncated": True}, "IncompleteReadError"),
        ({"errcode": 1}, "allocate memory"),
    ],
    ids=str,
)
async def test_a_scanner_that_fails_is_in_trouble_and_has_found_nothing(
    world: World, outside: Outside, fault: dict[str, object], why: str
) -> None:
    await outside.control("POST", "faults", path="scanner", **fault)
    with pytest.raises(GatewayTrouble, match=f"{why}|ConnectionResetError"):
        await world.scanner.scan(of(EICAR))
    assert await world.scanner.scan(of(EICAR)) == "Eicar-Test-Signature"


async def test_a_scanner_that_is_away_or_silent_costs_little_time(
    outside: Outside, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("127.0.0.1:1", "", "nothing", "127.0.0.1:99999"):
        with pytest.raises(GatewayTrouble):
            await VirusScanner(address).check()
    monkeypatch.setattr("citydesk.gateways.virus_scan.SILENT_SECONDS", 0.05)
    await outside.control("POST", "faults", path="scanner", delay_seconds=0.4)
    with pytest.raises(GatewayTrouble, match="too slow"):
        await world.scanner.scan(of(b"x"))


async def test_more_than_it_scans_is_no_clean_file(world: World) -> None:
    piece = b"0" * (1 << 20)
    with pytest.raises(GatewayTrouble, match=r"size limit|Connection|BrokenPipe|Incomplete"):
        await world.scanner.scan(of(*[piece] * ((LARGEST >> 20) + 1)))


async def test_nobody_waits_for_the_scanner_within_a_transaction(world: World) -> None:
    with pytest.raises(AssertionError, match="never wait"):
        async with world.transaction():
            await world.scanner.scan(of(b"x"))
