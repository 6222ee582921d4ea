"""`python -m sandbox --port 8900`: the outside world on loopback."""

from __future__ import annotations

import argparse
import os
import socket
import sys

import uvicorn
from typing_extensions import override

from sandbox.app import create_sandbox
from sandbox.config import BadConfig, Config
from sandbox.live import Live

DEFAULT_PORT = 8900
LOOPBACK = "127.0.0.1"


class Server(uvicorn.Server):
    """A server that lets go of the pages that are looking before it stops."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the live streams: they would go on for ever."""
        self._live.close()
        await super().shutdown(sockets)


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped. Returns 2 when a setting is missing or another address is asked for."""
    reader = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    reader.add_argument("--port", type=int)
    reader.add_argument("--host", default=LOOPBACK)
    told = reader.parse_args(arguments)
    if told.host != LOOPBACK:
        sys.stderr.write("sandbox: it binds 127.0.0.1 only; leave --host out\n")
        return 2
    if os.environ.get("CITYDESK_MODE", "development") == "production":
        sys.stderr.write("sandbox: CITYDESK_MODE is production; there the outside is real\n")
        return 2
    try:
        port = told.port or int(os.environ.get("CITYDESK_SANDBOX_PORT") or DEFAULT_PORT)
        app = create_sandbox(Config.from_env())
    except (BadConfig, ValueError) as wrong:
        sys.stderr.write(f"sandbox: {wrong}\n")
        return 2
    config = uvicorn.Config(
        app,
        host=LOOPBACK,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    Server(config, app.state.outside.live).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
