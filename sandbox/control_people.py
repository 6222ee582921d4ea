"""The control plane for people: let them follow, write, tap, log in; look at their phones."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from starlette.requests import Request

from sandbox import grants
from sandbox.control import Told, Wrong, control, number
from sandbox.outside import Outside
from sandbox.people import Person
from sandbox.pusher import HEADERS, post, push
from sandbox.pushes import Envelope, Envelopes, Manner


def person_of(outside: Outside, request: Request) -> Person:
    """The person named in the path, by openid, key or provider subject. Raises Wrong (404)."""
    person = outside.people.find(request.path_params["who"])
    if person is None:
        raise Wrong("nobody of that name here", 404)
    return person


async def listed(outside: Outside, request: Request, told: Told) -> Told:
    """GET people: everybody with their ids."""
    return {"people": [person.shown() for person in outside.people]}


async def more(outside: Outside, request: Request, told: Told) -> Told:
    """POST people {count, following?}: further sample people, for loads."""
    count = told.get("count", 1)
    if type(count) is not int or not 1 <= count <= 100_000:
        raise Wrong("'count' is 1 to 100000")
    people = outside.people.more(count)
    for person in people:
        person.following = bool(told.get("following"))
    return {"people": [person.shown() for person in people]}


async def shown(outside: Outside, request: Request, told: Told) -> Told:
    """GET people/{who}: one person, with the grants to write to them."""
    person = person_of(outside, request)
    return person.shown() | {"grants": outside.grants.shown(person.openid)}


async def sent(outside: Outside, person: Person, message: Told, how: Manner) -> Told:
    """Push something the person did; only what WeChat itself would push opens a grant."""
    kind = grants.kind_of(message)
    if kind is not None and how.genuine:
        outside.grants.give(person.openid, kind)
    if message["MsgType"] != "event":
        person.wrote_at = outside.clock.now()
    return await push(outside, person, message, how)


def _changed(outside: Outside, person: Person) -> None:
    outside.live.publish("person", person.key, following=person.following, blocking=person.blocking)


async def follow(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/follow {scene?, push?}: follows, perhaps by a QR code with a scene."""
    person = person_of(outside, request)
    person.following, person.blocking = True, False
    person.followed_at = outside.clock.seconds()
    _changed(outside, person)
    scene, pushed = told.pop("scene", None), told.pop("push", True)
    message: Told = {"MsgType": "event", "Event": "subscribe", "EventKey": ""}
    if scene is not None:
        message |= {"EventKey": f"qrscene_{scene}", "Ticket": f"gQ{outside.next_id()}"}
    if not pushed:
        outside.grants.give(person.openid, "follow")
        return person.shown()
    return person.shown() | await sent(outside, person, message, Manner.told(told))


async def unfollow(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/unfollow {push?}: leaves the account; nothing more reaches them."""
    person = person_of(outside, request)
    person.following = False
    outside.grants.forget(person.openid)
    _changed(outside, person)
    if not told.pop("push", True):
        return person.shown()
    message = {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""}
    return person.shown() | await sent(outside, person, message, Manner.told(told))


async def block(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/block: refuses the account's messages, yet stays a follower."""
    person = person_of(outside, request)
    person.blocking = True
    _changed(outside, person)
    return person.shown()


async def unblock(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/unblock: takes messages again."""
    person = person_of(outside, request)
    person.blocking = False
    _changed(outside, person)
    return person.shown()


def message_of(outside: Outside, person: Person, told: Told) -> Told:
    """Take a message out of a control call: `event` fields, `message` fields or `text`.

    Raises Wrong (409) when somebody writes who does not follow; `force` lets them.
    """
    forced = told.pop("force", False)
    if "event" in told:
        fields = told.pop("event")
        message = {"MsgType": "event", **_fields(fields, "Event")}
    elif "message" in told:
        message = _fields(told.pop("message"), "MsgType")
    else:
        text = told.pop("text", None)
        if not isinstance(text, str):
            raise Wrong("'text' is required")
        message = {"MsgType": "text", "Content": text}
        choice = told.pop("bizmsgmenuid", None)
        message |= {} if choice is None else {"bizmsgmenuid": str(choice)}
    if not person.following and not forced and message["MsgType"] != "event":
        raise Wrong(f"{person.label} does not follow the account; follow first", 409)
    return message


def _fields(fields: Any, needed: str) -> Told:
    if not isinstance(fields, dict) or not fields.get(needed):
        raise Wrong(f"an object with {needed} is required")
    return fields


async def say(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/say {text, bizmsgmenuid?, mode?, duplicate?, …}: writes; all the tries.

    `message` {MsgType, …} instead of `text` sends another kind: image, location, voice.
    """
    person = person_of(outside, request)
    message = message_of(outside, person, told)
    return await sent(outside, person, message, Manner.told(told))


async def event(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/event {Event, …, options?: {}}: any event, nested fields allowed."""
    person = person_of(outside, request)
    how = Manner.told(told.pop("options", {}))
    return await sent(outside, person, {"MsgType": "event", **_fields(told, "Event")}, how)


async def conversation(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/conversation {messages: [{text}|{event}], order?, at_once?, options?}.

    The messages are written in their order, then arrive in `order` (indexes), or all at once.
    """
    person = person_of(outside, request)
    given = told.get("messages")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Wrong("'messages' is a list of objects")
    messages = [message_of(outside, person, each) for each in given]
    for message in messages:
        if message["MsgType"] != "event":
            message["MsgId"] = outside.next_id()
    how = Manner.told({"create_time": outside.clock.seconds(), **told.get("options", {})})
    order = told.get("order", list(range(len(messages))))
    if not isinstance(order, list) or not all(i in range(len(messages)) for i in order):
        raise Wrong("'order' is a list of indexes of messages")
    if told.get("at_once"):
        pushes = (sent(outside, person, messages[i], how) for i in order)
        return {"pushes": await asyncio.gather(*pushes)}
    return {"pushes": [await sent(outside, person, messages[i], how) for i in order]}


async def raw(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/raw {xml | body | body_base64, headers?, signed?, mode?, …}.

    `xml` replaces the message inside the envelope, in the usual manner. `body` is what goes over
    the wire itself, with a true signature in the query unless `signed` is false.
    """
    person = person_of(outside, request)
    if "xml" in told:
        inner = _bytes(told, "xml")
        message = {"MsgType": "raw"}
        return await push(outside, person, message, Manner.told(told), inner=inner)
    body = _bytes(told, "body")
    headers = told.pop("headers", {})
    signed = told.pop("signed", True)
    how = Manner.told(told)
    envelopes = Envelopes(outside.config.wechat_token, outside.cipher, outside.config.original_id)
    envelope = envelopes.sign(body, person.openid, outside.clock.seconds(), how)
    if not signed:
        envelope = Envelope("", body)
    notes = {"openid": person.openid}
    cut = how.cut_seconds or outside.switches.cut_seconds
    entry, latency = await post(outside, envelope, cut, notes, {**HEADERS, **headers})
    return entry.shown() | {"latency_seconds": latency}


def _bytes(told: Told, name: str) -> bytes:
    encoded, text = told.pop("body_base64", None), told.pop(name, None)
    if isinstance(encoded, str):
        return base64.b64decode(encoded, validate=True)
    if not isinstance(text, str):
        raise Wrong(f"'{name}' is required")
    return text.encode("utf-8", "surrogatepass")


async def phone(outside: Outside, request: Request, told: Told) -> Told:
    """GET people/{who}/phone?since=&at_least=&within=: what reached the phone, in order.

    With `at_least` it waits up to `within` seconds for that many entries after `since`.
    """
    person = person_of(outside, request)
    since, wanted = int(number(request, "since", 0)), int(number(request, "at_least", 0))
    await person.wait_for(since + wanted, min(number(request, "within", 5), 60))
    entries = [entry for entry in person.phone if entry["no"] > since]
    return {"openid": person.openid, "phone": entries, "last": person.phone_count}


async def login_code(outside: Outside, request: Request, told: Told) -> Told:
    """POST people/{who}/login_code: what wx.login() gives the mini program; once, 5 minutes."""
    return {"code": outside.login_codes.issue(person_of(outside, request))}


routes = [
    control("people", listed, "GET"),
    control("people", more),
    control("people/{who}", shown, "GET"),
    control("people/{who}/follow", follow),
    control("people/{who}/unfollow", unfollow),
    control("people/{who}/block", block),
    control("people/{who}/unblock", unblock),
    control("people/{who}/say", say),
    control("people/{who}/event", event),
    control("people/{who}/conversation", conversation),
    control("people/{who}/raw", raw),
    control("people/{who}/phone", phone, "GET"),
    control("people/{who}/login_code", login_code),
]
