"""Messages the account sends to a person: template and customer-service messages (A7, A8)."""

from __future__ import annotations

import asyncio
from typing import Any

from sandbox.answers import Refused
from sandbox.outside import Outside
from sandbox.people import Person
from sandbox.pusher import push
from sandbox.pushes import Manner
from sandbox.templates import Template, fill

CLIENT_MSG_SECONDS = 600
TEXT_BYTES = 2048
TYPING_AFTER_SECONDS = 30
TYPING_LASTS_SECONDS = 15
MEDIA = ("image", "voice", "video", "music", "mpnews", "wxcard")
OK = {"errcode": 0, "errmsg": "ok"}


def addressee(outside: Outside, told: dict[str, Any]) -> Person:
    """The person written to. Raises Refused 40003 for an openid of nobody here."""
    person = outside.people.follower(told.get("touser"))
    if person is None:
        raise Refused(40003)
    return person


def send_template(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/message/template/send: to followers only, once per client_msg_id.

    A person who refuses messages costs no errcode: the job's result says `failed:user block`.
    """
    person = addressee(outside, told)
    template_id, client_id = told.get("template_id"), told.get("client_msg_id")
    template = outside.templates.known.get(template_id) if isinstance(template_id, str) else None
    if template is None:
        raise Refused(40037)
    if not person.following:
        raise Refused(43004)
    _check_jump(outside, told)
    wrong, shown = fill(template, told.get("data"), outside.switches.strict_fields)
    if wrong:
        raise Refused(47003, wrong)
    if client_id is not None and not isinstance(client_id, str):
        raise Refused(47003, "client_msg_id should be string")
    msgid = _sent_before(outside, person, client_id)
    if msgid is None:
        msgid = _number(outside, person, client_id)
        _deliver(outside, person, template, told, shown, msgid)
    return {**OK, "msgid": msgid}


def _deliver(
    outside: Outside,
    person: Person,
    template: Template,
    told: dict[str, Any],
    shown: dict[str, str],
    msgid: int,
) -> None:
    """Show the message unless the person refuses messages, and report the result either way."""
    if not person.blocking:
        data = told["data"]
        person.receive(
            {
                "kind": "template",
                "at": outside.clock.now(),
                "template_id": template.template_id,
                "title": template.title,
                "labels": template.labels,
                "fields": shown,
                "cut": sorted(key for key in shown if shown[key] != data[key]["value"]),
                "url": told.get("url"),
                "miniprogram": told.get("miniprogram"),
                "client_msg_id": told.get("client_msg_id"),
                "msgid": msgid,
            }
        )
    if outside.switches.job_finish:
        status = "failed:user block" if person.blocking else "success"
        outside.start(finish_job(outside, person, msgid, status))


def _check_jump(outside: Outside, told: dict[str, Any]) -> None:
    jump = told.get("miniprogram")
    if jump is None:
        return
    if not isinstance(jump, dict) or jump.get("appid") != outside.config.miniprogram_app_id:
        raise Refused(40013, "miniprogram is not bound to this account")
    if not isinstance(jump.get("pagepath", ""), str) or jump.get("pagepath", "").startswith("/"):
        raise Refused(40165)


def _sent_before(outside: Outside, person: Person, client_id: str | None) -> int | None:
    if not client_id:
        return None
    msgid, at = outside.sent_templates.get((person.openid, client_id), (None, 0.0))
    return msgid if outside.clock.now() - at < CLIENT_MSG_SECONDS else None


def _number(outside: Outside, person: Person, client_id: str | None) -> int:
    """A number for a new message, remembered under its client_msg_id."""
    msgid, now = outside.next_id(), outside.clock.now()
    if client_id:
        outside.sent_templates.pop((person.openid, client_id), None)
        outside.sent_templates[person.openid, client_id] = (msgid, now)
        while len(outside.sent_templates) > 200_000:
            del outside.sent_templates[next(iter(outside.sent_templates))]
    return msgid


async def finish_job(outside: Outside, person: Person, msgid: int, status: str) -> None:
    """Tell our webhook how a template message ended; the fault path `webhook` may spoil it."""
    fault = outside.faults.meet("webhook")
    if fault is not None:
        await asyncio.sleep(fault.delay_seconds)
        if fault.drop:
            return
    message = {
        "MsgType": "event",
        "Event": "TEMPLATESENDJOBFINISH",
        "MsgID": msgid,
        "Status": status,
    }
    manner = Manner(duplicate=1 if fault is not None and fault.duplicate else 0)
    await push(outside, person, message, manner, show=False)


def send_custom(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/message/custom/send: only after the person did something (45015, 45047)."""
    person = addressee(outside, told)
    kind = told.get("msgtype")
    content = told.get(kind) if isinstance(kind, str) else None
    if kind not in ("text", "news", "msgmenu", "mpnewsarticle", "miniprogrampage", *MEDIA):
        raise Refused(40008)
    if not isinstance(content, dict):
        raise Refused(47001)
    _check_content(str(kind), content)
    if person.blocking:
        raise Refused(48002)
    errcode = outside.grants.spend(person.openid) if person.following else 45015
    if errcode:
        raise Refused(errcode)
    entry = {"kind": "custom", "at": outside.clock.now(), "msgtype": kind, **_shown(content)}
    person.receive(entry)
    person.typing_until = 0.0
    return dict(OK)


def _check_content(kind: str, content: dict[str, Any]) -> None:
    if kind == "text":
        text = content.get("content")
        if not isinstance(text, str) or not text:
            raise Refused(44004)
        if len(text.encode("utf-8", "replace")) > TEXT_BYTES:
            raise Refused(45002)
    elif kind == "news":
        articles = content.get("articles")
        if not isinstance(articles, list) or len(articles) != 1:
            raise Refused(45008)
    elif kind == "msgmenu":
        _check_menu(content.get("list"))
    elif kind in MEDIA and not content:
        raise Refused(40007)


def _check_menu(choices: Any) -> None:
    if not isinstance(choices, list) or not choices:
        raise Refused(47003, "msgmenu.list is empty")
    for choice in choices:
        if not isinstance(choice, dict) or not choice.get("id") or not choice.get("content"):
            raise Refused(47003, "msgmenu.list needs id and content")


def _shown(content: dict[str, Any]) -> dict[str, Any]:
    text = content.get("content") or content.get("head_content") or content.get("title")
    return {"text": text, "content": content}


def set_typing(outside: Outside, told: dict[str, Any]) -> dict[str, Any]:
    """POST /cgi-bin/message/custom/typing: within 30 s of a message, not twice at a time."""
    person = addressee(outside, told)
    command, now = told.get("command"), outside.clock.now()
    if command not in ("Typing", "CancelTyping"):
        raise Refused(45072)
    if person.wrote_at is None or now - person.wrote_at > TYPING_AFTER_SECONDS:
        raise Refused(45080)
    if command == "Typing" and now < person.typing_until:
        raise Refused(45081)
    person.typing_until = now + TYPING_LASTS_SECONDS if command == "Typing" else 0.0
    return dict(OK)
