"""Telling people: from a batch of events to messages on their phones, each once.

An entry is made before the message leaves and says ``sending`` until the answer is noted. Killed
in between, the next try finds it so and sends the same message under the same client_msg_id,
which WeChat drops if the first one arrived. Once they would not drop it any more (ten minutes),
it is not sent again but stands as ``unknown`` until WeChat's own report settles it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from citydesk import identity
from citydesk.gateways.wechat import BadMessage, RecipientGone, SaidNo
from citydesk.kit.announced import Announced, Reaction
from citydesk.kit.transaction import Event
from citydesk.kit.troubles import GatewayTrouble
from citydesk.notifications import ledger
from citydesk.notifications.ledger import Entry, Noted, Push
from citydesk.notifications.rules import (
    NothingToSay,
    Template,
    ToTell,
    may_repeat,
    said,
)
from citydesk.notifications.templates import in_force
from citydesk.world import World
from models.notifications import NotificationState as State

AT_ONCE = 50
NOT_FOLLOWING = frozenset({43004, 40003})
BLIND = "notification.recipient"

Failures = dict[UUID, BaseException]


@dataclass(frozen=True, slots=True)
class Telling:
    """How an event is told: the occasion's template, and who is told with which words."""

    template_key: str
    whom: Callable[[World, Sequence[Announced]], Awaitable[Sequence[ToTell]]]


def teller(tellings: Mapping[type[Event], Telling]) -> Reaction:
    """Make the reaction that tells people of these events."""

    async def tell(world: Any, batch: Sequence[Announced]) -> Mapping[UUID, BaseException]:
        failures: Failures = {}
        kinds = {type(each.event) for each in batch}
        for kind in kinds:
            events = [each for each in batch if type(each.event) is kind]
            failures.update(await _tell(world, tellings[kind], events))
        return failures

    return tell


async def _tell(world: World, telling: Telling, events: Sequence[Announced]) -> Failures:
    wanted = {(each.event_id, each.identity_id): each for each in await telling.whom(world, events)}
    if not wanted:
        return {}
    template = (await in_force(world)).get(telling.template_key)
    if template is None:
        raise LookupError(f"no template in force for {telling.template_key}")
    openids = await identity.official_openids(
        world, list({each.identity_id for each in wanted.values()})
    )
    now = world.clock.now()
    pushes = [_push(world, template, each, openids) for each in wanted.values()]
    entries = await ledger.take(pushes, now)
    due = [each for each in entries if each.state is State.SENDING]
    places = asyncio.Semaphore(AT_ONCE)
    done = await asyncio.gather(
        *(_send(world, each, openids.get(each.identity_id), places) for each in due)
    )
    noted = [each for each, _ in done if each is not None]
    if noted:
        await ledger.note(noted, world.clock.now())
    return {
        entry.event_id: fault
        for entry, (_, fault) in zip(due, done, strict=True)
        if fault is not None
    }


def _push(world: World, template: Template, to_tell: ToTell, openids: Mapping[UUID, str]) -> Push:
    """Decide how a push begins: on its way, without a recipient, or with nothing to say."""
    entry = (to_tell, template.key, template.template_id)
    try:
        fields_said = said(template, to_tell.words)
    except NothingToSay as lacking:  # things have moved on, or the template is wrong
        world.log.warning("push without its words: not sent", error=str(lacking))
        return Push(*entry, {}, State.FAILED_TECHNICAL, reason=str(lacking))
    openid = openids.get(to_tell.identity_id)
    if openid is None:
        return Push(*entry, fields_said, State.NO_RECIPIENT, reason="does not follow")
    return Push(*entry, fields_said, State.SENDING, world.seals.blind(openid, BLIND))


async def _send(
    world: World, entry: Entry, openid: str | None, places: asyncio.Semaphore
) -> tuple[Noted | None, BaseException | None]:
    """Send one message; return what to note of it, and the trouble if it must be tried again."""
    if entry.uncertain and not _still_safe(world, entry):
        world.log.error("push of unknown fate: not sent again", notification=str(entry.id))
        return Noted(entry.id, State.UNKNOWN, reason="no clear answer within ten minutes"), None
    if openid is None:
        return Noted(entry.id, State.NO_RECIPIENT, reason="does not follow"), None
    url = world.settings.public_url + entry.path if entry.path else None
    try:
        async with places:
            msgid = await world.wechat.send_template(
                openid, entry.template_id, entry.fields_said, entry.id.hex, url
            )
    except RecipientGone as gone:
        await _note_gone(world, openid, gone, entry)
        return Noted(entry.id, State.FAILED_PERMANENT, reason=str(gone)), None
    except SaidNo as no:
        level = world.log.error if isinstance(no, BadMessage) else world.log.warning
        level("push refused by WeChat", notification=str(entry.id), error=str(no))
        return Noted(entry.id, State.FAILED_TECHNICAL, reason=str(no)), None
    except GatewayTrouble as trouble:
        clear = not trouble.sent and not entry.uncertain
        state = State.CREATED if clear else State.SENDING
        return Noted(entry.id, state, reason=str(trouble)), trouble
    except Exception as fault:
        return None, fault
    return Noted(entry.id, State.SENT, msgid), None


def _still_safe(world: World, entry: Entry) -> bool:
    since = entry.sending_since
    return since is not None and may_repeat(since, world.clock.now())


async def _note_gone(world: World, openid: str, gone: RecipientGone, entry: Entry) -> None:
    """Stop pushing to one who, as WeChat says, does not follow."""
    if gone.code in NOT_FOLLOWING:
        await identity.unfollow(world, openid, f"push:{entry.id.hex}", world.clock.now())
