"""Our own doors, asked from outside as a citizen's phone and browser ask them.

The chat is asked by a signed message, enciphered as the account's mode says (protocol A1 to A3),
so that the whole way is tried: address, signature, cipher, dialogue, caches.
"""

import os
import re
import secrets
import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from html import unescape
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from citydesk.kit.clock import Clock
from citydesk.kit.http import Answer, Http
from citydesk.kit.troubles import GatewayTrouble

PROBER_OPENID = "citydesk-prober"
"""Nobody's: whoever counts citizens or their questions leaves this one out."""
NOBODY = {"User-Agent": PROBER_OPENID}  # what our doors do not count as somebody's visit
BLOCK = 32
START = 20
_PAGE_VERSION = re.compile(r"第\s*(\d{1,9})\s*版\s*·\s*([0-9a-f]{8})")
_CIPHER = re.compile(rb"<Encrypt><!\[CDATA\[([A-Za-z0-9+/=]+)\]\]></Encrypt>")
_CONTENT = re.compile(r"<Content><!\[CDATA\[(.*)\]\]></Content>", re.DOTALL)
_NAME = re.compile(r"【(.+?)】")


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as a channel showed it: its number (None where it shows none) and hash8."""

    version_no: int | None
    hash8: str


@dataclass(frozen=True, slots=True)
class ApiGuide:
    """What the API says of an item: the versions it names, and the content itself as JSON."""

    shown: tuple[Shown, ...]
    content: object


@dataclass(frozen=True, slots=True)
class OwnDoors:
    """The doors of one deployment, at the address citizens use."""

    http: Http
    clock: Clock
    address: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    app_id: str
    mode: str

    async def api_guide(self, item_code: str) -> ApiGuide:
        """Ask the API for a guide; raises GatewayTrouble when it gives none."""
        answer = await self._get(f"/api/guides/{quote(item_code, safe='')}")
        told = answer.json()
        if not isinstance(told, dict):
            raise GatewayTrouble("the API's guide is no object")
        return ApiGuide((_shown(told),), told.get("content"))

    async def api_search(self, item_code: str, name: str) -> tuple[Shown, ...]:
        """Search by the API; return the versions it names of this item, none if not found."""
        told = (await self._get(f"/api/guides?{urlencode({'q': name[:200]})}")).json()
        items = told.get("items") if isinstance(told, dict) else None
        if not isinstance(items, list):
            raise GatewayTrouble("the API's search is no list")
        return tuple(
            _shown(each)
            for each in items
            if isinstance(each, dict) and each.get("item_code") == item_code
        )

    async def page(self, item_code: str) -> tuple[tuple[Shown, ...], str]:
        """Open the guide's page; return the versions that stand on it, and its text."""
        answer = await self._get(f"/guides/{quote(item_code, safe='')}")
        text = unescape(answer.body.decode("utf-8", "replace"))
        return _versions(text), text

    async def page_search(self, item_code: str, name: str) -> tuple[Shown, ...]:
        """Search on the portal; return the versions in this item's row, none if not found."""
        answer = await self._get(f"/guides?{urlencode({'q': name[:200]})}")
        path = f"/guides/{quote(item_code, safe='')}"
        _, _, after = unescape(answer.body.decode("utf-8", "replace")).partition(f'href="{path}"')
        return _versions(after.partition("</a>")[0])

    async def chat(self, item_code: str, name: str) -> tuple[Shown, ...]:
        """Type the item's name to the account, then tap its link; return the versions told.

        What was typed may be answered with another item; that answer is not about this one.
        """
        found: list[Shown] = []
        typed = await self._say(name)
        named = _NAME.search(typed)
        if named is not None and named[1] == name:
            found += _versions(typed)
        found += _versions(await self._say(name, menu_id=f"g:{item_code}"))
        return tuple(found)

    async def _get(self, path: str) -> Answer:
        answer = await self.http.call("GET", self.address + path, headers=NOBODY)
        if answer.status != 200:
            raise GatewayTrouble(f"{path.partition('?')[0][:60]}: status {answer.status}")
        return answer

    async def _say(self, text: str, menu_id: str = "") -> str:
        """Push one text message; return what the account answers, "" for nothing."""
        now = int(self.clock.now().timestamp())
        body, query = self._pushed(_message(text, menu_id, now), now)
        headers = {"Content-Type": "text/xml"}
        answer = await self.http.call(
            "POST", f"{self.address}/wechat?{query}", data=body, headers=headers, once=True
        )
        if answer.status != 200:
            raise GatewayTrouble(f"/wechat: status {answer.status}")
        found = _CONTENT.search(self._opened(answer.body).decode("utf-8", "replace"))
        return found[1].replace("]]]]><![CDATA[>", "]]>") if found else ""

    def _pushed(self, message: bytes, now: int) -> tuple[bytes, str]:
        stamp, nonce = str(now), str(secrets.randbelow(10**10))
        signed = {"signature": _signature(self.token, stamp, nonce)}
        query = {**signed, "timestamp": stamp, "nonce": nonce, "openid": PROBER_OPENID}
        if self.mode == "plain":
            return message, urlencode(query)
        sealed = self._sealed(message)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": _signature(self.token, stamp, nonce, sealed),
        }
        to_user = "<ToUserName><![CDATA[gh_prober]]></ToUserName>"
        body = f"<xml>{to_user}<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return body.encode(), urlencode(query)

    def _cipher(self) -> Cipher[CBC]:
        key = b64decode(self.aes_key + "=")
        return Cipher(AES(key), CBC(key[:16]))

    def _sealed(self, message: bytes) -> str:
        length = struct.pack(">I", len(message))
        plain = os.urandom(16) + length + message + self.app_id.encode()
        pad = BLOCK - len(plain) % BLOCK
        worker = self._cipher().encryptor()
        return b64encode(worker.update(plain + bytes([pad]) * pad) + worker.finalize()).decode()

    def _opened(self, body: bytes) -> bytes:
        """The answer inside its envelope; an answer that is not sealed as it is."""
        found = _CIPHER.search(body)
        if found is None:
            return body
        worker = self._cipher().decryptor()
        plain = worker.update(b64decode(found[1])) + worker.finalize()
        [length] = struct.unpack(">I", plain[START - 4 : START])
        return plain[START : START + length]


def _signature(*parts: str) -> str:
    return sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def _message(text: str, menu_id: str, now: int) -> bytes:
    elements = {
        "ToUserName": "gh_prober",
        "FromUserName": PROBER_OPENID,
        "MsgType": "text",
        "Content": text.replace("]]>", "]]]]><![CDATA[>"),
        **({"bizmsgmenuid": menu_id} if menu_id else {}),
    }
    written = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in elements.items())
    msg_id = secrets.randbelow(10**18)
    return f"<xml>{written}<CreateTime>{now}</CreateTime><MsgId>{msg_id}</MsgId></xml>".encode()


def _versions(text: str) -> tuple[Shown, ...]:
    return tuple(Shown(int(number), hash8) for number, hash8 in _PAGE_VERSION.findall(text))


def _shown(told: dict[str, object]) -> Shown:
    number, hash8 = told.get("version_no"), told.get("hash8")
    if not isinstance(number, int) or not isinstance(hash8, str):
        raise GatewayTrouble("the API names no version")
    return Shown(number, hash8)
