"""A small believable Shenyang, built through the actions: safe to plant again at every start.

Calendars, organs, sample guides and opening hours serve any deployment that begins; the sample
officers exist in development only.
"""

import hashlib
import hmac
from base64 import b32encode
from dataclasses import dataclass

from typing_extensions import override

from citydesk import (
    appointments,
    guides,
    identity,
    notifications,
    organs,
    supervision,
    workdays,
)
from citydesk.identity import Role
from citydesk.world import World

HOURS = (("09:00", "12:00"), ("13:00", "17:00"))
SLOT_MINUTES = 30
PLACES = 6
SAMPLE_HALL = "shenhe"
SAMPLE_ORGAN, GOVERNMENT = "shijianju", "zhengfu"


@dataclass(frozen=True, slots=True)
class SampleOfficer:
    """An invented officer of the sample city."""

    login: str
    name: str
    role: Role
    post: str
    organ: str | None = SAMPLE_ORGAN


OFFICERS = (
    SampleOfficer("qiantai", "钱示例", Role.FRONT_DESK, "沈河区大厅 前台"),
    SampleOfficer("houtai", "孙示例", Role.BACK_OFFICE, "市场监管局 后台审批"),
    SampleOfficer("chujian", "周示例", Role.EXIT_WINDOW, "沈河区大厅 出件窗口"),
    SampleOfficer("fuzeren", "陈示例", Role.DEPARTMENT_HEAD, "市场监管局 部门负责人"),
    SampleOfficer("guanli", "吴示例", Role.ADMIN, "管理员：人员、岗位、窗口", None),
    SampleOfficer("bianji", "郑示例", Role.EDITOR, "市场监管局 指南编辑"),
    SampleOfficer("shenhe", "王示例", Role.REVIEWER, "市政府 指南审核", GOVERNMENT),
    SampleOfficer("fabu", "李示例", Role.PUBLISHER, "市政府 指南发布", GOVERNMENT),
    SampleOfficer("jiandu", "冯示例", Role.SUPERVISOR, "营商局 效能监管", "zhengwu"),
)


@dataclass(frozen=True, slots=True)
class LogIn:
    """How a person of the sample city signs in."""

    login: str
    password: str
    post: str

    @override
    def __str__(self) -> str:
        return f"{self.login} / {self.password}  （{self.post}，示例）"


async def plant(world: World) -> list[LogIn]:
    """Plant whatever is missing; return the sample log-ins (none in production)."""
    await workdays.load(world)
    await organs.load(world)
    await notifications.load(world)
    if world.settings.production:
        return []
    await guides.load_samples(world)
    _ = await guides.claim_where_handled(world)
    for hall in await organs.halls(world):
        for opens_at, closes_at in HOURS:
            _ = await appointments.offer_hours(
                world, hall.id, opens_at, closes_at, slot_minutes=SLOT_MINUTES, places=PLACES
            )
    _ = await appointments.open_days(world)
    await _former_pages(world)
    return [await _officer(world, sample) for sample in OFFICERS]


async def _former_pages(world: World) -> None:
    """Register three pages of the old site that the sandbox plays: moved, gone, still there."""
    site = f"http://127.0.0.1:{world.settings.sandbox_port}/former-site"
    [item] = (await guides.published_page(world, limit=1)).items
    lines = [
        f"{site}/{page},{item.department},{item.code if item.complete else ''}"
        for page in ("moved/1.html", "gone/2.html", "bszn/3.html")
    ]
    _ = await supervision.register_former_pages(world, None, "\n".join(lines))


async def _officer(world: World, sample: SampleOfficer) -> LogIn:
    """Take a sample officer on, unless here already; the password is the same at every start."""
    password = _password(world, sample.login)
    try:
        _ = await identity.add_officer(world, sample.login, sample.name, password=password)
    except identity.LoginTaken:
        return LogIn(sample.login, password, sample.post)
    hall = SAMPLE_HALL if sample.role in (Role.FRONT_DESK, Role.EXIT_WINDOW) else None
    _ = await identity.add_post(world, sample.login, sample.role, sample.organ, hall)
    return LogIn(sample.login, password, sample.post)


def _password(world: World, login: str) -> str:
    """Derive a password that only this deployment's keys can tell."""
    mixed = hmac.new(world.seals.blind_key, f"sample:{login}".encode(), hashlib.sha256).digest()
    return b32encode(mixed)[:16].decode().lower()
