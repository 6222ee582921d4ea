"""How many customer-service messages an account may send a person (rule of 2023-06-12, A7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.clock import Clock

# what the person did: how many messages, for how many seconds
RULE = {"message": (5, 48 * 3600), "menu": (3, 60), "follow": (3, 60), "scan": (3, 60)}

MENU_EVENTS = frozenset({"click", "scancode_push", "scancode_waitmsg"})


@dataclass(slots=True)
class Grant:
    """Leave to send `left` more messages until `ends_at` (epoch seconds)."""

    left: int
    ends_at: float


class Grants:
    """The open grants of each person; doing the same thing again renews its grant, it adds none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, dict[str, Grant]] = {}

    def give(self, openid: str, kind: str) -> None:
        """The person wrote, tapped, followed or scanned."""
        count, seconds = RULE[kind]
        self._open.setdefault(openid, {})[kind] = Grant(count, self._clock.now() + seconds)

    def spend(self, openid: str) -> int:
        """Use one leave: 0, 45015 when no window is open, 45047 when all are used up.

        The grant that ends first is used first.
        """
        now = self._clock.now()
        running = [g for g in self._open.get(openid, {}).values() if g.ends_at > now]
        if not running:
            return 45015
        usable = sorted((g for g in running if g.left > 0), key=lambda g: g.ends_at)
        if not usable:
            return 45047
        usable[0].left -= 1
        return 0

    def forget(self, openid: str) -> None:
        """The person left the account."""
        self._open.pop(openid, None)

    def shown(self, openid: str) -> dict[str, dict[str, float]]:
        """What is left, by kind."""
        now = self._clock.now()
        grants = self._open.get(openid, {}).items()
        return {
            kind: {"left": grant.left, "seconds": round(grant.ends_at - now, 3)}
            for kind, grant in grants
            if grant.ends_at > now
        }


def kind_of(message: Mapping[str, Any]) -> str | None:
    """Which grant a pushed message or event opens; a tap on a msgmenu counts as a menu tap."""
    if message.get("MsgType") != "event":
        return "menu" if message.get("bizmsgmenuid") else "message"
    event = str(message.get("Event", "")).lower()
    if event in MENU_EVENTS:
        return "menu"
    if event == "subscribe":
        return "scan" if str(message.get("EventKey", "")).startswith("qrscene_") else "follow"
    return "scan" if event == "scan" else None
