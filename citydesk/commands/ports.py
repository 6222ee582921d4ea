"""The ports of the group: free, or a clear message before anything starts."""

import os
import socket

LOOPBACK = "127.0.0.1"
BACKLOG = 2048


class PortTrouble(Exception):
    """A port cannot be had; says which, and how to choose another."""


def listen(variable: str, default: int) -> socket.socket:
    """Listen on the port that a variable names; 0 takes any free one.

    The socket is handed to the application, so nobody can take the port in between, and calls wait
    in line while the application starts or is started again.

    Raises:
        PortTrouble: the port is taken, forbidden, or not a number.
    """
    port = _number(variable, default)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise PortTrouble(
            f"Port {port} is taken by another program. Stop it, or choose another port: "
            f"{variable}={port + 10 if port < 65_000 else 18_000} make run\n"
            f"端口 {port} 已被其他程序占用。请先关闭该程序，或用 {variable} 换一个端口再启动。"
        ) from None
    return listening


def free(variable: str, default: int) -> int:
    """Return the port that a variable names once it is known to be free; raises PortTrouble."""
    with listen(variable, default) as tried:
        port: int = tried.getsockname()[1]
    return port


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable) or str(default)
    if text.isdecimal() and int(text) < 65_536:
        return int(text)
    raise PortTrouble(
        f"{variable} is not a port (0 to 65535): {text}\n{variable} 不是有效的端口号：{text}"
    )
