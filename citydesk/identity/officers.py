"""Officers: who works here, in which posts, and how they sign in for one of them."""

from datetime import date
from typing import Any
from uuid import UUID

from citydesk import organs
from citydesk.identity import passwords
from citydesk.identity.refusals import (
    ChoosePost,
    LoginTaken,
    NoPost,
    NoSuchOfficer,
    WrongLogin,
    WrongPassword,
    WrongPost,
)
from citydesk.identity.rules import check_login
from citydesk.identity.sessions import Tokens, open_session, revoke
from citydesk.kit import sql
from citydesk.kit.ids import new_id, random_code
from citydesk.world import World
from models.identity import OfficerAccount, Post, Role

NAME = "officer.name"
PASSWORD_LENGTH = 16

_POSTS = """
    SELECT p.id, p.role, o.short_name AS organ, h.name AS hall
    FROM post p LEFT JOIN organ o ON o.id = p.organ_id LEFT JOIN service_hall h ON h.id = p.hall_id
    WHERE p.officer_id = $1 AND p.valid_from <= $2 AND coalesce(p.valid_to >= $2, true)
    ORDER BY p.id
"""

# A reset or a dismissal that came while the password was being looked at has ended the officer's
# sessions: none may be opened behind its back.
_STILL_SO = "SELECT true FROM officer WHERE id = $1 AND active AND password_hash = $2 FOR SHARE"


async def add_officer(world: World, login: str, name: str, *, password: str | None = None) -> str:
    """Take an officer on; return the password (a new one unless given), shown this once.

    Raises:
        WrongLogin: login or name cannot be used, or a password was given in production.
        LoginTaken: another officer has this login.
    """
    check_login(login, name)
    if password is not None and world.settings.production:
        raise WrongLogin("正式环境的初始密码由系统生成，不能指定。")
    if await OfficerAccount.exists(login=login):
        raise LoginTaken("这个登录名已有人使用，请换一个。", login=login)
    password = password or random_code(PASSWORD_LENGTH)
    password_hash, officer_id = await passwords.hash_of(password), new_id()
    async with world.transaction():
        if await OfficerAccount.exists(login=login):
            raise LoginTaken("这个登录名已有人使用，请换一个。", login=login)
        _ = await OfficerAccount.create(
            id=officer_id,
            created_at=world.clock.now(),
            login=login,
            name_sealed=world.seals.seal(name, NAME, officer_id),
            password_hash=password_hash,
        )
    return password


async def add_post(
    world: World,
    login: str,
    role: Role,
    organ_code: str | None = None,
    hall_code: str | None = None,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> UUID:
    """Give an officer a post, from today unless said otherwise; both dates count.

    Raises:
        NoSuchOfficer, NoSuchOrgan, NoSuchHall: as named. WrongPost: no organ, or dates crossed.
    """
    begins = valid_from or world.clock.today()
    if organ_code is None and role is not Role.ADMIN:
        raise WrongPost("岗位需要所属部门。", [{"field": "organ_code", "detail": "必填"}])
    if valid_to is not None and valid_to < begins:
        raise WrongPost("岗位的起止日期有误。", [{"field": "valid_to", "detail": "早于起始日期"}])
    async with world.transaction():
        officer = await _officer(login)
        organ = None if organ_code is None else await organs.organ_by_code(world, organ_code)
        hall = None if hall_code is None else await organs.hall_by_code(world, hall_code)
        post = await Post.create(
            id=new_id(),
            created_at=world.clock.now(),
            officer=officer,
            role=role,
            organ=organ,
            hall=hall,
            valid_from=begins,
            valid_to=valid_to,
        )
    return post.id


async def reset_password(world: World, login: str) -> str:
    """Give an officer a new password, shown this once; end their sessions and their lock.

    Raises:
        NoSuchOfficer: no officer has this login.
    """
    password = random_code(PASSWORD_LENGTH)
    password_hash = await passwords.hash_of(password)
    async with world.transaction():
        officer = await _officer(login)
        officer.password_hash = password_hash
        await officer.save(update_fields=["password_hash"])
        await passwords.forgive(world, login)
        await _end_sessions(world, officer.id, "password_reset")
    return password


async def dismiss(world: World, login: str) -> None:
    """Let an officer go: no more sign-ins, and those open end at once; raises NoSuchOfficer."""
    async with world.transaction():
        officer = await _officer(login)
        officer.active = False
        await officer.save(update_fields=["active"])
        await _end_sessions(world, officer.id, "dismissed")


async def sign_in_officer(
    world: World, login: str, password: str, post_id: UUID | None = None, device: str = ""
) -> Tokens:
    """Sign an officer in for one post; without one named, for the only one they hold today.

    Raises:
        WrongPassword: login and password do not go together, or the officer has left.
        LoginLocked: five wrong passwords, for fifteen minutes, whether the login exists or not.
        NoPost: they do not hold that post today. ChoosePost: they hold several; lists them.
        SignInsCrowded: too many sign-ins at once.
    """
    officer, post = await proven_officer(world, login, password, post_id)
    async with world.transaction():
        await check_still_proven(officer)
        return await open_session(
            world,
            subject=officer.id,
            post_id=post["id"],
            role=post["role"],
            channel="web",
            device=device,
        )


async def proven_officer(
    world: World, login: str, password: str, post_id: UUID | None
) -> tuple[OfficerAccount, Any]:
    """Return an officer and the post they sign in for, once the password is right.

    Raises:
        WrongPassword, LoginLocked, NoPost, ChoosePost, SignInsCrowded: see sign_in_officer.
    """
    await passwords.count_try(world, login)
    officer = await OfficerAccount.get_or_none(login=login)
    usable = officer is not None and officer.active and len(password) <= passwords.LONGEST_PASSWORD
    hashed = officer.password_hash if officer is not None and usable else None
    if not await passwords.matches(world, password[: passwords.LONGEST_PASSWORD], hashed):
        raise WrongPassword("登录名或密码不对，请核对后再试。")
    assert officer is not None
    await passwords.forgive(world, login)
    held = await sql.rows(_POSTS, officer.id, world.clock.today())
    return officer, _choose(held, post_id)


async def check_still_proven(officer: OfficerAccount) -> None:
    """Refuse, in the transaction that opens the session, a password changed in the meantime.

    Raises:
        WrongPassword: the officer has left, or has another password by now.
    """
    if not await sql.value(_STILL_SO, officer.id, officer.password_hash):
        raise WrongPassword("登录名或密码不对，请核对后再试。")


def _choose(held: Any, post_id: UUID | None) -> Any:
    """Pick the post this session is for."""
    wanted = [post for post in held if post_id in (None, post["id"])]
    if not wanted:
        raise NoPost("您今天没有这个岗位，请联系管理员。")
    if len(wanted) > 1:
        posts = [{**post, "id": str(post["id"])} for post in wanted]
        raise ChoosePost("您有多个岗位，请选择本次登录的岗位。", posts=posts)
    return wanted[0]


async def _officer(login: str) -> OfficerAccount:
    officer = await OfficerAccount.select_for_update().get_or_none(login=login)
    if officer is None:
        raise NoSuchOfficer("没有这个工作人员，请核对登录名。", login=login)
    return officer


async def _end_sessions(world: World, officer_id: UUID, reason: str) -> None:
    found = await sql.rows(
        "SELECT s.id FROM session s JOIN post p ON p.id = s.post_id WHERE p.officer_id = $1",
        officer_id,
    )
    await revoke(world, reason, session_ids=[each["id"] for each in found])
