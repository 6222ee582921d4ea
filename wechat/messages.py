"""What a citizen's WeChat has told us: one message or one event, checked and typed."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple, TypeAlias

Mode = Literal["plain", "compat", "safe"]
"""How the account's console is set: 明文模式, 兼容模式 or 安全模式."""

Field: TypeAlias = "str | Mapping[str, Field] | Sequence[Field]"
"""One element of a push: its text, its children by name, or a list of repeated elements."""

LONGEST_KEY = 160
"""Characters of a message key; a longer one (a menu link of 1,000 characters) is folded."""


class Refused(Exception):
    """This push is not answered as a message.

    `authentic` says whether WeChat's signatures had been proven before we refused: a genuine push
    that we cannot read is answered `success` (an error page would be shown to the citizen, and the
    push repeated twice); anything else gets 403. `reason` is for our log, never for the caller.
    """

    def __init__(self, reason: str, *, authentic: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.authentic = authentic


class Message(NamedTuple):
    """One push of WeChat's: a citizen's message (`kind` text, image, location …) or an event.

    `from_user` is the citizen's openid, `to_user` our own account, `created_at` seconds since 1970.
    `event` is lower case, and '' for messages. `msg_id` is `MsgId`, or the `MsgID` of the events
    that report on something sent. `menu_id` names the menu link that was tapped (`bizmsgmenuid`).
    `sealed` tells that the push came encrypted, so the answer must be encrypted too. `fields` holds
    every other element as it came; the elements `List` and `item` are always lists.
    """

    # A named tuple and not a frozen dataclass: it is built once per push, seven times as fast.
    to_user: str
    from_user: str
    created_at: int
    kind: str
    msg_id: int | None = None
    content: str = ""
    event: str = ""
    event_key: str = ""
    menu_id: str = ""
    ticket: str = ""
    sealed: bool = False
    fields: Mapping[str, Field] = {}

    @property
    def key(self) -> str:
        """The name by which WeChat's second and third try of one push are recognised.

        Messages go by `MsgId`; events, which have none, by who, when, what and which. Two events of
        one person in one second can differ in their details only, so a digest of nested details
        joins the key. (Protocol A3.)
        """
        if self.msg_id and self.kind != "event":
            return f"message:{self.msg_id}"
        parts = [self.kind, self.from_user, str(self.created_at), self.event, self.event_key]
        if self.msg_id:
            parts.append(str(self.msg_id))
        card_code = self.fields.get("UserCardCode")
        if isinstance(card_code, str):
            parts.append(card_code)
        nested = {name: value for name, value in self.fields.items() if not isinstance(value, str)}
        if nested:
            parts.append(sha256(repr(sorted(nested.items())).encode()).hexdigest()[:16])
        key = ":".join(parts)
        return key if len(key) <= LONGEST_KEY else f"{self.kind}:{sha256(key.encode()).hexdigest()}"
