"""What `citydesk up` says once it is ready: where to look, and as whom."""

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any

SAMPLE = "sample: "  # how `citydesk seed` marks a sample log-in
SHOWN_CITIZENS = 4
ASK_SECONDS = 2.0


def fetched(port: int, path: str) -> tuple[int, bytes]:
    """Ask a server of ours on loopback; status 0 when it does not answer."""
    asking = HTTPConnection("127.0.0.1", port, timeout=ASK_SECONDS)
    try:
        asking.request("GET", path)
        answer = asking.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException):
        return 0, b""
    finally:
        asking.close()


def greeting(settings: Mapping[str, str], log_ins: Sequence[str], seconds: float) -> str:
    """Write the lines that a person reads first; the line ``ready:`` is for programs, too."""
    app = f"http://127.0.0.1:{settings['CITYDESK_PORT']}"
    sandbox_port = int(settings["CITYDESK_SANDBOX_PORT"])
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    lines = [
        f"ready: {app}",
        f"  begin here         {sandbox}/   a citizen's phone: WeChat, simulated",
        f"  control panel      {sandbox}/panel   its time, faults and ledger",
        f"  portal             {app}/",
        f"  officers' desk     {app}/desk",
        f"  API, for people    {app}/api/docs",
        f"  API, for programs  {app}/api/openapi.json",
        f"  sandbox            {sandbox}/_ctl/state   (the world outside: {sandbox}/_ctl/people)",
        *(f"  officer            {each}" for each in log_ins),
        *(f"  citizen            {each}" for each in _citizens(sandbox_port)),
        f"Set up in {seconds:.1f} s. Data and logs: .citydesk/   Stop: Ctrl-C   Clear: make reset",
    ]
    return "\n".join(lines)


def _citizens(port: int) -> list[str]:
    _, body = fetched(port, "/_ctl/people")
    try:
        found: Any = json.loads(body)
    except ValueError:
        return []
    people = found.get("people", []) if isinstance(found, dict) else found
    return [f"{each['label']}  openid {each['openid']}" for each in people[:SHOWN_CITIZENS]]
