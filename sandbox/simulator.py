"""The phones a newcomer plays with in a browser: `/` on the sandbox's port."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.answers import json_response
from sandbox.config import is_loopback
from sandbox.control import Told, Wrong, control
from sandbox.control_people import person_of, sent
from sandbox.exchanges import attempts_of, message_xml
from sandbox.live import Listener, TooManyListeners
from sandbox.menus import Button
from sandbox.outside import Outside, outside_of
from sandbox.people import Person
from sandbox.pushes import Manner
from sandbox.screens import HEADERS, PERSON_COOKIE, screen

SHOWN_PEOPLE = 20
SIDE_BY_SIDE = 6
LOOPBACK = "127.0.0.1"
SCENE = re.compile(r"[\x21-\x7e]{1,64}")
COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def desk_of(outside: Outside) -> str:
    """The origin of our application: where the webhook is, the pages are."""
    parts = urlsplit(outside.webhook_url)
    return f"{parts.scheme}://{parts.netloc}"


def chosen(outside: Outside, request: Request) -> list[Person]:
    """The people named in `?people=zhang,li`, or 张示例 alone."""
    names = request.query_params.get("people", "").split(",")[:SIDE_BY_SIDE]
    found = [outside.people.find(name) for name in dict.fromkeys(names)]
    return [person for person in found if person] or list(outside.people)[:1]


async def home(request: Request) -> Response:
    """GET /: the phones, side by side; under one name, which the pages in frames know."""
    outside = outside_of(request)
    if request.url.hostname != LOOPBACK:
        here = request.url.replace(hostname=LOOPBACK)
        return RedirectResponse(str(here), 307, HEADERS)
    return screen(
        "simulator.html",
        people=list(outside.people)[:SHOWN_PEOPLE],
        chosen=[person.key for person in chosen(outside, request)],
        most=SIDE_BY_SIDE,
        desk=desk_of(outside),
    )


async def chat(request: Request) -> Response:
    """GET /simulator/chats/{who}: everything a phone shows at this moment."""
    outside = outside_of(request)
    try:
        person = person_of(outside, request)
    except Wrong as wrong:
        return json_response({"error": str(wrong)}, wrong.status)
    return json_response(
        {
            "person": person.shown(),
            "bubbles": outside.chats.of(person.key),
            "menu": outside.menu,
            "now": outside.clock.now(),
            "frozen": outside.clock.frozen,
        }
    )


async def live(request: Request) -> Response:
    """GET /simulator/live?people=: what happens on these phones, as it happens."""
    outside = outside_of(request)
    people = frozenset(person.key for person in chosen(outside, request))
    try:
        listener = outside.live.listen(people)
    except TooManyListeners:
        answer = json_response({"error": "too many pages are open"}, 503)
        answer.headers["Retry-After"] = "5"
        return answer
    frames = _until_left(outside, listener)
    return StreamingResponse(frames, media_type="text/event-stream", headers=STREAM_HEADERS)


async def _until_left(outside: Outside, listener: Listener) -> AsyncIterator[bytes]:
    try:
        async with contextlib.aclosing(listener.frames()) as frames:
            async for frame in frames:
                yield frame
    finally:
        outside.live.leave(listener)


async def exchange(request: Request) -> Response:
    """GET /simulator/exchanges/{no}: how one message travelled, raw and deciphered."""
    outside = outside_of(request)
    found = outside.chats.exchange(request.path_params["no"])
    if found is None:
        text = "只保留最近的一千条往来。请关闭这一页，回到手机再发一条消息看看。"
        return screen("notice.html", 404, title="这条往来已不在记录里", text=text)
    person = outside.people.find(found.person)
    return screen(
        "exchange.html",
        exchange=found,
        short=found.shown(),
        person=person,
        message=message_xml(found),
        attempts=attempts_of(outside, found),
        cut=outside.switches.cut_seconds,
    )


async def open_page(request: Request) -> Response:
    """GET /simulator/open?person=&url=: a page in this person's phone.

    All phones are in one browser, and a browser keeps one set of cookies per host, whatever the
    port. So when another person opens a page, the cookies of the one before are let go first (an
    officer's are kept): the page then asks WeChat anew who opened it.
    """
    outside, query = outside_of(request), request.query_params
    person, url = outside.people.find(query.get("person", "")), query.get("url", "")
    if person is None:
        return screen("notice.html", 404, title="没有这个人", text="请回到模拟器首页重新选择。")
    if not is_loopback(url):
        text = f"模拟环境只打开本机的网页。这个链接在真实微信里会打开：{url[:500]}"
        return screen("notice.html", title="外部网页", text=text)
    answer = RedirectResponse(url, 303, HEADERS)
    if request.cookies.get(PERSON_COOKIE) != person.key:
        kept = outside.config.kept_cookies.split(",")
        for name in list(request.cookies)[:50]:
            if name not in kept and COOKIE_NAME.fullmatch(name):
                answer.delete_cookie(name)
    answer.set_cookie(PERSON_COOKIE, person.key, httponly=True, samesite="lax")
    return answer


async def miniprogram(request: Request) -> Response:
    """GET /simulator/miniprogram?path=: mini programs do not run here; say where it leads."""
    path = request.query_params.get("path", "")[:500]
    text = f"模拟器不运行小程序。在真实微信里，这里会打开小程序的页面：{path or '首页'}"
    return screen("notice.html", title="小程序（示例）", text=text)


async def tap(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/tap {path: [0, 1]}: taps a button of the menu; says what to open."""
    person = person_of(outside, request)
    if not person.following:
        raise Wrong(f"{person.label} does not follow the account; follow first", 409)
    button = _button(outside, told.get("path"))
    kind = button["type"]
    if kind == "click":
        event = {"Event": "CLICK", "EventKey": button["key"]}
    elif kind == "view":
        event = {"Event": "VIEW", "EventKey": button["url"]}
    elif kind == "miniprogram":
        event = {"Event": "view_miniprogram", "EventKey": button["pagepath"]}
    else:
        return {"button": button, "event": None}
    whole = {"MsgType": "event", **event, "MenuId": outside.menu_id}
    outside.start(sent(outside, person, whole, Manner()))
    return {"button": button, "event": event}


def _button(outside: Outside, path: Any) -> Button:
    buttons = outside.menu
    button: Button | None = None
    for index in path if isinstance(path, list) else []:
        if type(index) is not int or not 0 <= index < len(buttons):
            raise Wrong("no such button", 404)
        button = buttons[index]
        buttons = button["sub_button"]
    if button is None or button["sub_button"]:
        raise Wrong("'path' leads to no button", 404)
    return button


async def scan(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/scan {scene}: scans a code of the account; a stranger follows by it."""
    person, scene = person_of(outside, request), told.get("scene")
    if not isinstance(scene, str) or not SCENE.fullmatch(scene):
        raise Wrong("'scene' is 1 to 64 visible ASCII characters")
    event = {"Event": "SCAN", "EventKey": scene}
    if not person.following:
        person.following, person.blocking = True, False
        person.followed_at = outside.clock.seconds()
        outside.live.publish("person", person.key, following=True, blocking=False)
        event = {"Event": "subscribe", "EventKey": f"qrscene_{scene}"}
    whole = {"MsgType": "event", **event, "Ticket": f"gQ{outside.next_id()}"}
    return person.shown() | await sent(outside, person, whole, Manner())


async def snapshot(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/snapshot {on}: pages this person opens are snapshots (virtual openid)."""
    person, on = person_of(outside, request), told.get("on")
    if not isinstance(on, bool):
        raise Wrong("'on' is true or false")
    person.snapshot = on
    return person.shown()


routes = [
    Route("/", home),
    Route("/simulator/chats/{who}", chat),
    Route("/simulator/live", live),
    Route("/simulator/exchanges/{no:int}", exchange),
    Route("/simulator/open", open_page),
    Route("/simulator/miniprogram", miniprogram),
    control("people/{who}/tap", tap),
    control("people/{who}/scan", scan),
    control("people/{who}/snapshot", snapshot),
]
