"""The staff as administrators see it: who works here, in which posts, and until when."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from citydesk.identity.askers import Officer, Role
from citydesk.identity.officers import NAME, dismiss
from citydesk.identity.refusals import NoPost, NoSuchOfficer, NotYourself, WrongPost
from citydesk.kit import sql
from citydesk.kit.masking import masked_name
from citydesk.kit.paging import Page, decode_cursor, encode_cursor
from citydesk.world import World
from models.identity import OfficerAccount, Post

_LONGEST_LOGIN = 40
NO_SESSION = UUID(int=0)


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post somebody holds; both dates count, without the second it runs until further."""

    id: UUID
    role: Role
    organ: str
    hall: str
    valid_from: date
    valid_to: date | None

    def runs_on(self, day: date) -> bool:
        """Tell whether the post is held on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An officer as lists show them: the name is masked; ``active`` until they leave."""

    officer_id: UUID
    login: str
    masked_name: str
    active: bool
    posts: tuple[HeldPost, ...]


_POSTS = """
    SELECT p.id, p.officer_id, p.role, coalesce(o.short_name, '') AS organ,
        coalesce(h.name, '') AS hall, p.valid_from, p.valid_to
    FROM post p LEFT JOIN organ o ON o.id = p.organ_id LEFT JOIN service_hall h ON h.id = p.hall_id
    WHERE p.officer_id = ANY($1::uuid[]) ORDER BY p.valid_from, p.id
"""


_IN_POST = """
    SELECT post.role, post.organ_id, post.hall_id
    FROM post JOIN officer ON officer.id = post.officer_id AND officer.active
    WHERE post.id = $1 AND post.officer_id = $2
      AND post.valid_from <= $3 AND coalesce(post.valid_to >= $3, true)
"""


async def staff(
    world: World, beginning: str = "", *, cursor: str | None = None, limit: int = 30
) -> Page[StaffMember]:
    """Return a page of the officers by login, or of those whose login begins with a word.

    Raises:
        Invalid: not a cursor of ours.
    """
    wanted = OfficerAccount.all()
    if beginning:
        wanted = wanted.filter(login__startswith=beginning[:_LONGEST_LOGIN])
    if cursor:
        [after] = decode_cursor(cursor, (str,))
        wanted = wanted.filter(login__gt=str(after)[:_LONGEST_LOGIN])
    found = await wanted.order_by("login").limit(limit + 1)
    more = len(found) > limit
    shown = await _members(world, found[:limit])
    return Page(shown, encode_cursor(found[limit - 1].login) if more else None)


async def staff_member(world: World, login: str) -> StaffMember:
    """Return one officer by login; raises NoSuchOfficer."""
    fits = len(login) <= _LONGEST_LOGIN and "\0" not in login
    officer = await OfficerAccount.get_or_none(login=login) if fits else None
    if officer is None:
        raise NoSuchOfficer("没有这个工作人员，请核对登录名。")
    [member] = await _members(world, [officer])
    return member


async def posts_today(world: World, officer: Officer) -> list[HeldPost]:
    """Return the posts an officer holds today, the one this session acts for among them."""
    today = world.clock.today()
    held = (await _posts([officer.officer_id])).get(officer.officer_id, ())
    return [post for post in held if post.runs_on(today)]


async def officer_in_post(world: World, officer_id: UUID, post_id: UUID) -> Officer | None:
    """Return an officer as acting in a post without being signed in: for work ordered earlier.

    None when the post is not held today any more, or the officer has left.
    """
    row = await sql.row(_IN_POST, post_id, officer_id, world.clock.today())
    if row is None:
        return None
    role = Role(row["role"])
    return Officer(officer_id, post_id, role, row["organ_id"], row["hall_id"], NO_SESSION)


async def end_post(world: World, admin: Officer, login: str, post_id: UUID, last_day: date) -> None:
    """Let a post end; its last day still counts, and its sessions end with that day.

    Raises:
        NoPost: the officer holds no such post. NotYourself: it is the administrator's own.
        WrongPost: the last day has passed, or lies before the first.
    """
    if post_id == admin.post_id:
        raise NotYourself("不能结束自己正在使用的岗位，请由另一位管理员办理。")
    async with world.transaction():
        post = await Post.select_for_update(of=("post",)).get_or_none(
            id=post_id, officer__login=login
        )
        if post is None:
            raise NoPost("没有找到这个岗位，请刷新后再试。")
        if last_day < max(post.valid_from, world.clock.today()):
            wrong = [{"field": "last_day", "detail": "不能早于今天和岗位的起始日期"}]
            raise WrongPost("岗位的最后一天有误，请修改后再提交。", wrong)
        post.valid_to = last_day
        await post.save(update_fields=["valid_to"])


async def let_go(world: World, admin: Officer, login: str) -> None:
    """Let an officer go at once: no more sign-ins, and those open end.

    Raises:
        NoSuchOfficer: no officer has this login. NotYourself: it is the administrator's own.
    """
    if (await staff_member(world, login)).officer_id == admin.officer_id:
        raise NotYourself("不能给自己办理离岗，请由另一位管理员办理。")
    await dismiss(world, login)


async def _members(world: World, officers: list[OfficerAccount]) -> list[StaffMember]:
    posts = await _posts([each.id for each in officers])
    return [
        StaffMember(
            each.id,
            each.login,
            masked_name(world.seals.open(each.name_sealed, NAME, each.id)),
            each.active,
            tuple(posts.get(each.id, ())),
        )
        for each in officers
    ]


async def _posts(officer_ids: list[UUID]) -> dict[UUID, list[HeldPost]]:
    found: dict[UUID, list[HeldPost]] = {}
    for row in await sql.rows(_POSTS, officer_ids):
        post = HeldPost(
            row["id"],
            Role(row["role"]),
            row["organ"],
            row["hall"],
            row["valid_from"],
            row["valid_to"],
        )
        found.setdefault(row["officer_id"], []).append(post)
    return found
