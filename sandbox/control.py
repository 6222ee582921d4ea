"""The control plane `/_ctl/*`: look at the outside world, turn its clock, script its faults."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import provider_login
from sandbox.answers import json_response
from sandbox.config import is_loopback
from sandbox.outside import Outside, outside_of
from sandbox.pusher import verify


class Wrong(Exception):
    """A control call that cannot be carried out; the text says why."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


Told = dict[str, Any]
Action = Callable[[Outside, Request, Told], Awaitable[Any]]


def control(path: str, action: Action, method: str = "POST") -> Route:
    """A control route: JSON object in, JSON out, mistakes as 400 with a sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            return json_response(await action(outside_of(request), request, await _told(request)))
        except Wrong as wrong:
            return json_response({"error": str(wrong)}, wrong.status)
        except ValueError as wrong:
            return json_response({"error": str(wrong)}, 400)

    return Route(f"/_ctl/{path}", endpoint, methods=[method])


async def _told(request: Request) -> Told:
    body = await request.body()
    if not body:
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Wrong("the body is not JSON") from None
    if not isinstance(told, dict):
        raise Wrong("the body must be a JSON object")
    return told


def number(request: Request, name: str, default: float) -> float:
    """A number from the query. Raises Wrong."""
    try:
        value = float(request.query_params.get(name, default))
    except ValueError:
        raise Wrong(f"{name} must be a number") from None
    if not math.isfinite(value):
        raise Wrong(f"{name} must be a number")
    return value


async def state(outside: Outside, request: Request, told: Told) -> Told:
    """GET state: clock, webhook, switches, quotas, faults, templates, people, counts."""
    return {
        "now": outside.clock.now(),
        "clock_frozen": outside.clock.frozen,
        "webhook": outside.webhook_url,
        "scanner": outside.scanner_address,
        "limits": {name: getattr(outside.switches, name) for name in outside.switches.__slots__},
        "quotas": {"day": outside.quotas.day, "minute": outside.quotas.minute},
        "faults": outside.faults.shown(),
        "provider_faults": outside.provider_faults,
        "templates": [each.listed() for each in outside.templates.known.values()],
        "people": [person.shown() for person in list(outside.people)[:50]],
        "calls": outside.ledger.counts(),
        "ledger_last": outside.ledger.last_no,
    }


async def ledger(outside: Outside, request: Request, told: Told) -> Told:
    """GET ledger?path=&openid=&since=&direction=&limit=: what was received and sent, in order."""
    query = request.query_params
    entries = outside.ledger.entries(
        path=query.get("path"),
        openid=query.get("openid"),
        since=int(number(request, "since", 0)),
        direction=query.get("direction"),
        limit=int(number(request, "limit", 1000)),
    )
    return {"entries": [each.shown() for each in entries], "last": outside.ledger.last_no}


async def reset(outside: Outside, request: Request, told: Told) -> Told:
    """POST reset {webhook?, now?, frozen?}: as after a start, with these three set at once."""
    outside.reset()
    if "webhook" in told:
        set_webhook(outside, told["webhook"])
    if {"now", "frozen"} & told.keys():
        set_clock(outside, {name: told[name] for name in ("now", "frozen") if name in told})
    return await state(outside, request, told)


def set_webhook(outside: Outside, url: Any) -> None:
    """Push to this address from now on. Raises Wrong unless it is on loopback."""
    if not isinstance(url, str) or not is_loopback(url):
        raise Wrong("webhook url must be http:// on loopback")
    outside.webhook_url = url


async def webhook(outside: Outside, request: Request, told: Told) -> Told:
    """POST webhook {url, verify?}: change our address; with verify, prove it by GET echostr."""
    set_webhook(outside, told.get("url", outside.webhook_url))
    proof = await verify(outside) if told.get("verify") else {}
    return {"webhook": outside.webhook_url, **proof}


async def add_fault(outside: Outside, request: Request, told: Told) -> Told:
    """POST faults {path, …}: one more fault at the end of the script."""
    outside.faults.add(told)
    return {"faults": outside.faults.shown()}


async def clear_faults(outside: Outside, request: Request, told: Told) -> Told:
    """DELETE faults?path=: forget the faults of a path, or all (the provider's too)."""
    path = request.query_params.get("path")
    outside.faults.clear(path)
    if path is None:
        outside.provider_faults.clear()
    return {"faults": outside.faults.shown()}


def set_clock(outside: Outside, told: Told) -> None:
    """Freeze or run, set, then move. Raises Wrong for an unreadable instant."""
    frozen = told.get("frozen")
    if frozen is not None:
        (outside.clock.freeze if frozen else outside.clock.run)()
    if "now" in told:
        outside.clock.set(_instant(told["now"]))
    if "move_seconds" in told:
        outside.clock.move(_instant(told["move_seconds"]))
    outside.live.publish("clock", now=outside.clock.now(), frozen=outside.clock.frozen)


def _instant(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e10:
        return float(value)
    if isinstance(value, str):
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            return instant.timestamp()
    raise Wrong("an instant is epoch seconds, or ISO 8601 with an offset")


async def clock(outside: Outside, request: Request, told: Told) -> Told:
    """POST clock {move_seconds | now (epoch or ISO), frozen?}: move time."""
    set_clock(outside, told)
    return {"now": outside.clock.now(), "frozen": outside.clock.frozen}


async def limits(outside: Outside, request: Request, told: Told) -> Told:
    """POST limits {job_finish, strict_fields, cut_seconds, tries, mode, day: {}, minute: {}}."""
    day, minute = told.pop("day", {}), told.pop("minute", {})
    if not isinstance(day, dict) or not isinstance(minute, dict):
        raise Wrong("'day' and 'minute' are objects of path and calls")
    outside.switches.change(told)
    outside.quotas.change(day, minute)
    shown = await state(outside, request, {})
    return {"limits": shown["limits"], "quotas": shown["quotas"]}


async def revoke(outside: Outside, request: Request, told: Told) -> Told:
    """POST tokens/revoke: every access token is dead at once (a bearer gets 40001)."""
    outside.tokens.revoke_all()
    return {"revoked": True}


async def add_template(outside: Outside, request: Request, told: Told) -> Told:
    """POST templates {template_id, keys: ["thing1", …], title?}: one more known template."""
    keys = told.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Wrong("'keys' is a list of names such as thing1")
    template_id, title = str(told.get("template_id", "")), str(told.get("title", "测试模板"))
    return outside.templates.register(template_id, title, keys).listed()


async def provider(outside: Outside, request: Request, told: Told) -> Told:
    """POST provider {faults: [kind, …], rotate_keys?}: the next id_tokens are spoilt, in order."""
    kinds = told.get("faults", [])
    if not isinstance(kinds, list) or not set(map(str, kinds)) <= provider_login.FAULTS:
        raise Wrong("'faults' is a list of: " + ", ".join(sorted(provider_login.FAULTS)))
    outside.provider_faults.extend(kinds)
    if told.get("rotate_keys"):
        outside.provider_keys.rotate()
    return {"faults": outside.provider_faults}


async def settle(outside: Outside, request: Request, told: Told) -> Told:
    """POST settle?seconds=5: wait until the pushes running in the background have ended."""
    return {"settled": await outside.settle(min(number(request, "seconds", 5), 60))}


routes = [
    control("state", state, "GET"),
    control("ledger", ledger, "GET"),
    control("reset", reset),
    control("webhook", webhook),
    control("faults", add_fault),
    control("faults", clear_faults, "DELETE"),
    control("clock", clock),
    control("limits", limits),
    control("tokens/revoke", revoke),
    control("templates", add_template),
    control("provider", provider),
    control("settle", settle),
]
