"""``citydesk sandbox``: the outside world, imitated over its real wire formats, on loopback."""

import os
import subprocess
import sys
from argparse import Namespace

from citydesk.commands.development import environment
from citydesk.commands.home import Home
from citydesk.commands.ports import free
from citydesk.kit.lifelines import dies_with_parent


def command(port: int) -> list[str]:
    """Return the command line of the sandbox; it is a foreign program, never imported."""
    return [sys.executable, "-m", "sandbox", "--port", str(port)]


def sandbox(asked: Namespace) -> int:
    """Run the sandbox alone until told to stop."""
    home = Home.here()
    home.make()
    port = free("CITYDESK_SANDBOX_PORT", 8900)
    desk_port = int(os.environ.get("CITYDESK_PORT") or 8000)
    settings = environment(home, port=desk_port, sandbox_port=port)
    running = subprocess.Popen(  # noqa: S603 - ourselves
        command(port), env=settings, preexec_fn=dies_with_parent()
    )
    print(f"sandbox: http://127.0.0.1:{port}/_ctl/state", flush=True)
    try:
        return running.wait()
    except KeyboardInterrupt:
        return running.wait()
