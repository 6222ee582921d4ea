"""A one-time code leaves once, whatever becomes of the connection."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from citydesk.gateways.identity_provider import IdentityProvider
from citydesk.gateways.miniprogram import MiniProgram
from citydesk.kit.http import Http, open_http
from citydesk.kit.troubles import GatewayTrouble
from tests.kit.test_http import Dropping, listening


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    async with open_http() as opened:
        yield opened


async def test_a_log_in_code_goes_to_wechat_once(http: Http) -> None:
    server = Dropping(answers=0)
    async with listening(server) as url:
        miniprogram = MiniProgram(http, url, "wx0000000000000000", "sample-secret")
        with pytest.raises(GatewayTrouble):
            await miniprogram.code_to_session("a-log-in-code")
        await asyncio.sleep(0.05)
    assert server.requests == 1


async def test_an_authorization_code_goes_to_the_provider_once(http: Http) -> None:
    server = Dropping(answers=0)
    async with listening(server) as url:
        provider = IdentityProvider(http, url, "sample-client", "sample-secret")
        provider.known.document = {"token_endpoint": f"{url}/token"}
        provider.known.document_at = time.monotonic()
        with pytest.raises(GatewayTrouble):
            await provider.redeem(
                "a-code", f"{url}/back", "verifier", "nonce", datetime(2026, 3, 2, tzinfo=UTC)
            )
        await asyncio.sleep(0.05)
    assert server.requests == 1
