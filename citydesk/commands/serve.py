"""``citydesk serve``: the doors, as one process or several behind one port."""

import os
import resource
import signal
import socket
import subprocess
import sys
from argparse import Namespace

from citydesk.commands.development import desk
from citydesk.kit.guard import Limits
from citydesk.kit.lifelines import dies_with_parent
from citydesk.settings import Settings

STOP_SECONDS = 3
APPLICATION = "asgi:app"
OTHER_FILES = 256  # what a process opens besides its connections


def serve(asked: Namespace) -> int:
    """Answer citizens until told to stop."""
    if asked.fd is not None:
        return _answer(socket.socket(fileno=asked.fd))
    with desk():
        port = int(os.environ.get("CITYDESK_PORT") or 8000) if asked.port is None else asked.port
        with socket.create_server((asked.host, port), backlog=2048) as listening:
            print(f"serving http://{asked.host}:{listening.getsockname()[1]}", flush=True)
            if asked.processes == 1:
                return _answer(listening)
            return _several(listening, asked.processes)


def _answer(listening: socket.socket) -> int:
    import uvicorn

    from citydesk.commands.connections import guarded

    limits = Settings.from_env().limits
    _make_room(limits)
    server = uvicorn.Server(
        uvicorn.Config(
            APPLICATION,
            factory=True,
            loop="uvloop",
            http=guarded(limits),
            timeout_keep_alive=limits.idle_seconds,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # asgi.py reads them, for the doors that ask who calls
            backlog=2048,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    server.run(sockets=[listening])
    return 0 if server.started else 1


def _make_room(limits: Limits) -> None:
    """Let this process have as many open files as it may have connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _several(listening: socket.socket, processes: int) -> int:
    """Run equal processes on one listening socket; when one ends, all end."""
    number = listening.fileno()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end is Ctrl-C, too
    command = [sys.executable, "-m", "citydesk", "serve", "--fd", str(number)]
    running = [
        subprocess.Popen(  # noqa: S603 - ourselves
            command, pass_fds=[number], preexec_fn=dies_with_parent()
        )
        for _ in range(processes)
    ]
    try:
        os.wait()
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for each in running:
            each.terminate()
        for each in running:
            each.wait()
