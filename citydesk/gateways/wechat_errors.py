"""What WeChat's error codes mean for a sender (protocol A16).

Two families: trouble, where the message waits and is tried again, and a final no, where it is not.
"""

import re
from datetime import datetime

from citydesk.kit.troubles import GatewayTrouble

TOKEN_CODES = frozenset({40001, 40014, 42001, 41001})
QUOTA_CODES = frozenset({45009})
WINDOW_CODES = frozenset({45015, 45047})
RECIPIENT_CODES = frozenset({43004, 43101, 43019, 48002, 50005, 46004, 40003})
BAD_DATA_CODES = frozenset(
    {47003, 47001, 44002, 44004, 45002, 40033, 40035, 40008, 41030, 40037, 40038, 45168, 87014}
)
MENU_CODES = frozenset({*range(40015, 40029), 40054, 40055, 40119, 40120, 40165})
ACCOUNT_CODES = frozenset({48001, 48004, 43107, 50002, 40013, 40125, 40164, 40243, 40002, 41004})
UNKNOWN_OPENID = 40003
BUSY_MINUTE = 45011

ACCOUNT_WAIT_SECONDS = 300
MINUTE_WAIT_SECONDS = 60

_RID = re.compile(r"\brid: ([0-9a-fA-F-]+)")


class QuotaGone(GatewayTrouble):
    """The account's calls of the day are used up; they begin anew at ``until``."""

    def __init__(self, what: str, until: datetime, retry_after_seconds: int) -> None:
        super().__init__(what, sent=False, retry_after_seconds=retry_after_seconds)
        self.until = until


class AccountTrouble(GatewayTrouble):
    """The account itself may not call (secret, address, ban): a person must put it right."""


class SaidNo(Exception):
    """WeChat refused this message for good; asking again would get the same answer."""

    def __init__(self, what: str, code: int = 0, rid: str = "") -> None:
        super().__init__(what)
        self.code = code
        self.rid = rid


class WindowClosed(SaidNo):
    """The person has not written lately, or was answered often enough: use another channel."""


class RecipientGone(SaidNo):
    """The person does not follow, refuses messages, or is unknown to WeChat."""

    @property
    def unknown(self) -> bool:
        """Whether WeChat does not know this openid at all, so that ours must be wrong."""
        return self.code == UNKNOWN_OPENID


class BadMessage(SaidNo):
    """The message cannot be sent as it is: a fault of ours or of the template."""


def error_of(where: str, code: int, errmsg: str, until: datetime, wait_seconds: int) -> Exception:
    """Return the exception an error code stands for.

    ``until`` is when daily quotas begin anew, ``wait_seconds`` from now. WeChat's own sentence may
    quote what was sent, so only its request number (rid) is kept. A code nobody has classified
    counts as trouble: it is tried again and in the end a person looks.
    """
    found = _RID.search(errmsg)
    rid = found.group(1) if found else ""
    what = f"{where}: errcode {code}" + (f", rid {rid}" if rid else "")
    if code in QUOTA_CODES:
        return QuotaGone(what, until, wait_seconds)
    if code in ACCOUNT_CODES or code in TOKEN_CODES:
        return AccountTrouble(what, sent=False, retry_after_seconds=ACCOUNT_WAIT_SECONDS)
    if code in WINDOW_CODES:
        return WindowClosed(what, code, rid)
    if code in RECIPIENT_CODES:
        return RecipientGone(what, code, rid)
    if code in BAD_DATA_CODES or code in MENU_CODES:
        return BadMessage(what, code, rid)
    wait = MINUTE_WAIT_SECONDS if code == BUSY_MINUTE else None
    return GatewayTrouble(what, sent=code == -1, retry_after_seconds=wait)
