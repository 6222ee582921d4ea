"""The control panel in a browser: `/panel` turns the clock, breaks things, shows the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.clock import CITY
from sandbox.control import Wrong, set_clock
from sandbox.ledger import Entry
from sandbox.outside import Outside, outside_of
from sandbox.panel_words import (
    DONE,
    FAULT_KINDS,
    FAULT_PATHS,
    FAULT_TIMES,
    PROVIDER_KINDS,
    RESULTS,
)
from sandbox.provider import form_of
from sandbox.provider_login import BadRequest
from sandbox.screens import screen
from sandbox.simulator import SHOWN_PEOPLE

LEDGER_ROWS = 100
SECRET = ("secret", "access_token", "client_secret", "refresh_token", "id_token", "session_key")
COUNTED = "/cgi-bin/message/template/send"

Form = dict[str, str]
Deed = Callable[[Outside, Form], None]


async def panel(request: Request) -> Response:
    """GET /panel: everything that can be turned, and the ledger."""
    outside = outside_of(request)
    query = request.query_params
    return screen(
        "panel.html",
        now=datetime.fromtimestamp(outside.clock.now(), CITY),
        epoch=outside.clock.now(),
        frozen=outside.clock.frozen,
        faults=outside.faults.shown(),
        provider_faults=[PROVIDER_KINDS.get(k, k) for k in outside.provider_faults],
        switches=outside.switches,
        template_quota=outside.quotas.day[COUNTED],
        people=list(outside.people)[:SHOWN_PEOPLE],
        grants=outside.grants,
        webhook=outside.webhook_url,
        kinds=FAULT_KINDS,
        paths=FAULT_PATHS,
        times=FAULT_TIMES,
        provider_kinds=PROVIDER_KINDS,
        fault_words=fault_words,
        path_words=FAULT_PATHS | {"*": "所有接口"},
        done=DONE.get(query.get("done", "")),
        wrong=query.get("wrong", "")[:200],
        **_ledger(outside, request),
    )


async def ledger(request: Request) -> Response:
    """GET /panel/ledger?path=&person=: the table of the ledger alone."""
    return screen("ledger.html", **_ledger(outside_of(request), request))


def _ledger(outside: Outside, request: Request) -> dict[str, Any]:
    query = request.query_params
    path, who = query.get("path", "").strip(), query.get("person", "")
    person = outside.people.find(who) if who else None
    entries = outside.ledger.entries(
        path=path or None, openid=person.openid if person else None, limit=LEDGER_ROWS
    )
    names = {each.openid: each.name for each in list(outside.people)[:SHOWN_PEOPLE]}
    return {
        "rows": [_row(entry, names) for entry in reversed(entries)],
        "path": path,
        "who": who,
        "known_paths": sorted(outside.ledger.counts())[:100],
    }


def _row(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    shown = entry.shown()
    result = RESULTS.get(str(entry.fault), entry.fault) or entry.status or "进行中"
    answer = shown["answer"]
    errcode = answer.get("errcode", 0) if isinstance(answer, dict) else 0
    return {
        "no": entry.no,
        "at": datetime.fromtimestamp(entry.at, CITY).strftime("%m-%d %H:%M:%S"),
        "way": "收到" if entry.direction == "in" else "推送",
        "method": entry.method,
        "path": entry.path,
        "person": names.get(shown["openid"] or "", ""),
        "result": f"errcode {errcode}" if errcode else result,
        "bad": bool(entry.fault or errcode or (entry.status or 200) >= 400),
        "query": pretty(shown["query"]),
        "body": pretty(shown["body"]),
        "answer": pretty(answer),
        "message": pretty(shown.get("message", "")),
    }


def pretty(value: Any) -> str:
    """A value for reading; what opens doors is shortened."""
    if isinstance(value, str):
        return value[:4_000]
    return json.dumps(_veiled(value), ensure_ascii=False, indent=1)[:4_000]


def _veiled(value: Any) -> Any:
    if isinstance(value, list):
        return [_veiled(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{each[:4]}…" if name in SECRET and isinstance(each, str) else _veiled(each)
        for name, each in value.items()
    }


def fault_words(fault: dict[str, Any]) -> str:
    """What a fault does, in plain words."""
    if fault["drop"]:
        words = "办了但不回答" if fault["drop"] == "after" else "不办也不回答"
    elif fault["errcode"] is not None:
        words = f"返回错误码 {fault['errcode']}"
    elif fault["http_status"] is not None:
        words = f"返回 HTTP {fault['http_status']}"
    else:
        others = ((fault["duplicate"], "重复执行"), (fault["truncated"], "回答只有一半"))
        words = next((word for is_so, word in others if is_so), "正常回答")
    slow = fault["delay_seconds"]
    return f"慢 {slow:g} 秒，{words}" if slow else words


def _move(outside: Outside, form: Form) -> None:
    if form.get("set"):
        instant = datetime.fromisoformat(form["set"]).replace(tzinfo=CITY)
        set_clock(outside, {"now": instant.timestamp()})
    elif form.get("move"):
        set_clock(outside, {"move_seconds": float(form["move"])})
    else:
        set_clock(outside, {"frozen": form.get("frozen") == "1"})


def _add_fault(outside: Outside, form: Form) -> None:
    kind, path = FAULT_KINDS[form["kind"]], form["path"]
    if path not in FAULT_PATHS or form.get("times") not in FAULT_TIMES:
        raise ValueError("unknown path or number of times")
    times = int(form["times"]) or None
    if kind.fields is None:
        outside.tokens.revoke_all()
    else:
        outside.faults.add({"path": path, "times": times, **kind.fields})


def _add_provider_fault(outside: Outside, form: Form) -> None:
    if form["kind"] not in PROVIDER_KINDS or len(outside.provider_faults) >= 50:
        raise ValueError("unknown fault of the provider, or too many")
    outside.provider_faults.append(form["kind"])


def _clear_faults(outside: Outside, form: Form) -> None:
    outside.faults.clear()
    outside.provider_faults.clear()


def _limits(outside: Outside, form: Form) -> None:
    outside.switches.change(
        {
            "cut_seconds": float(form["cut_seconds"]),
            "tries": int(form["tries"]),
            "mode": form["mode"],
            "job_finish": form.get("job_finish") == "1",
            "strict_fields": form.get("strict_fields") == "1",
        }
    )
    outside.quotas.change({COUNTED: int(form["template_quota"])}, {})


def _person(outside: Outside, form: Form) -> None:
    person = outside.people.find(form["who"])
    if person is None:
        raise ValueError("nobody of that name here")
    if form["deed"] == "block":
        person.blocking = not person.blocking
    elif form["deed"] == "snapshot":
        person.snapshot = not person.snapshot
    outside.live.publish("person", person.key, following=person.following, blocking=person.blocking)


def _reset(outside: Outside, form: Form) -> None:
    """Begin anew, but keep the menu: the desk publishes it only once."""
    menu, menu_id = outside.menu, outside.menu_id
    outside.reset()
    outside.menu, outside.menu_id = menu, menu_id


DEEDS: dict[str, Deed] = {
    "clock": _move,
    "fault": _add_fault,
    "provider": _add_provider_fault,
    "clear": _clear_faults,
    "limits": _limits,
    "person": _person,
    "reset": _reset,
}
SECTIONS = {"provider": "faults", "fault": "faults", "clear": "faults", "person": "people"}


async def act(request: Request) -> Response:
    """POST /panel/{deed}: do it, and show the panel again at that place."""
    deed = request.path_params["deed"]
    if deed not in DEEDS:
        return screen("notice.html", 404, title="没有这个操作", text="请回到控制台。")
    try:
        DEEDS[deed](outside_of(request), await form_of(request))
        said = f"done={deed}"
    except (BadRequest, Wrong, ValueError, KeyError, OverflowError):
        said = "wrong=1"
    place = SECTIONS.get(deed, deed)
    return RedirectResponse(f"/panel?{said}#{place}", 303)


routes = [
    Route("/panel", panel),
    Route("/panel/ledger", ledger),
    Route("/panel/{deed}", act, methods=["POST"]),
]
