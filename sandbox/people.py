"""Sample people: invented WeChat users with a real-name record, all of them marked 示例."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.config import Config

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PHONE_KEEPS = 2_000

# key, name, who they are, birthday, sequence (odd = man), assurance level
SAMPLES = (
    ("zhang", "张示例", "想开饭店", "19880412", "011", 4),
    ("li", "李示例", "新手妈妈", "19930825", "022", 4),
    ("wang", "王示例", "退休老人", "19511003", "031", 3),
    ("zhao", "赵示例", "企业经办人", "19790217", "044", 5),
    ("liu", "刘示例", "刚毕业的学生", "20020630", "053", 3),
    ("chen", "陈示例", "外地来沈", "19851121", "062", 4),
    ("yang", "杨示例", "货车司机", "19760909", "071", 3),
    ("zhou", "周示例", "只做过短信核验", "19990115", "084", 2),
)


def id_number(birthday: str, sequence: str) -> str:
    """A resident ID number of the non-existent region 990000, with the GB 11643 check digit."""
    digits = "990000" + birthday + sequence
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
    return digits + "10X98765432"[total % 11]


def wechat_id(*parts: str) -> str:
    """A 28-character id like WeChat's, always the same for the same person and application."""
    digest = hashlib.sha256(":".join(parts).encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


@dataclass(slots=True)
class Person:
    """One sample WeChat user, their phone, and what the identity provider knows of them."""

    key: str
    name: str
    about: str
    openid: str
    miniprogram_openid: str
    unionid: str
    id_number: str
    phone_number: str
    assurance_level: int
    id_type: str = "111"
    following: bool = False
    blocking: bool = False
    followed_at: int = 0
    wrote_at: float | None = None
    typing_until: float = 0.0
    snapshot: bool = False
    phone: list[dict[str, Any]] = field(default_factory=list)
    phone_count: int = 0
    shows: Callable[[str, dict[str, Any]], None] | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def label(self) -> str:
        """What a tester sees when choosing a person."""
        return f"{self.name}（{self.about}，示例）"

    @property
    def subject(self) -> str:
        """The identity provider's own, stable name for this person."""
        return hashlib.sha256(f"provider:{self.key}".encode()).hexdigest()[:32]

    def receive(self, entry: dict[str, Any]) -> None:
        """Show something on the phone; the oldest fall out after 2,000."""
        self.phone_count += 1
        self.phone.append({"no": self.phone_count, **entry})
        del self.phone[:-PHONE_KEEPS]
        if self.shows is not None:
            self.shows(self.key, entry)
        self._arrived.set()
        self._arrived = asyncio.Event()

    async def wait_for(self, count: int, seconds: float) -> None:
        """Wait until so many things have ever reached the phone, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.phone_count < count:
                    await self._arrived.wait()

    def shown(self) -> dict[str, Any]:
        """The person as the control plane shows them."""
        names = (
            *("key", "name", "label", "openid", "miniprogram_openid", "unionid", "subject"),
            *("id_type", "id_number", "phone_number", "assurance_level", "following", "blocking"),
            "snapshot",
        )
        return {name: getattr(self, name) for name in names}


class People:
    """Everybody the sandbox knows, found by openid of either application, key or subject."""

    def __init__(
        self, config: Config, shows: Callable[[str, dict[str, Any]], None] | None = None
    ) -> None:
        self._config, self._shows = config, shows
        self._all: list[Person] = []
        self._by_name: dict[str, Person] = {}
        for sample in SAMPLES:
            self._add(*sample)
        followers = config.followers.split(",")
        for person in self._all:
            person.following = "all" in followers or person.key in followers

    def __iter__(self) -> Iterator[Person]:
        return iter(self._all)

    def follower(self, openid: Any) -> Person | None:
        """Whose official-account openid this is, or None."""
        person = self._by_name.get(openid) if isinstance(openid, str) else None
        return person if person is not None and person.openid == openid else None

    def find(self, name: str) -> Person | None:
        """The person with this openid, key, ID number or provider subject, or None."""
        return self._by_name.get(name)

    def more(self, count: int) -> list[Person]:
        """Add further sample people, for loads: 示例0009, 示例0010 …"""
        return [self._one_more() for _ in range(count)]

    def _one_more(self) -> Person:
        number = len(self._all) + 1
        birthday = f"19{70 + number // 1000 % 30:02d}01{number // 100 % 28 + 1:02d}"
        name = f"示例{number:04d}"
        return self._add(f"p{number}", name, "批量", birthday, f"{number % 1000:03d}", 4)

    def _add(self, key: str, name: str, about: str, born: str, seq: str, level: int) -> Person:
        person = Person(
            key=key,
            name=name,
            about=about,
            openid=wechat_id(self._config.wechat_app_id, key),
            miniprogram_openid=wechat_id(self._config.miniprogram_app_id, key),
            unionid=wechat_id("union", key),
            id_number=id_number(born, seq),
            phone_number=f"100{len(self._all) + 1:08d}",
            assurance_level=level,
            shows=self._shows,
        )
        self._all.append(person)
        names = (person.openid, person.miniprogram_openid, person.id_number, person.subject, key)
        self._by_name.update(dict.fromkeys(names, person))
        return person
