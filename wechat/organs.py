"""Halls in the chat: a position sent to the account is answered with the nearest ones."""

from citydesk import organs
from citydesk.organs import NearHall, Point
from citydesk.world import World
from wechat.messages import Message
from wechat.replies import fit

MOST_HALLS = 3
NO_PLACE = "没能看懂这个位置。请点“＋”，选“位置”，再发一次。"


async def how_to_ask(world: World, message: Message) -> str:
    """How one finds the halls nearby: send a position, or look at the page."""
    return (
        "找附近的办事大厅：点输入框旁的“＋”，选“位置”，发送您在的地方。\n"
        f"也可以按区和街道找：{_page(world, '点这里看大厅')}"
    )


async def nearest(world: World, message: Message) -> str:
    """The halls nearest to the position a citizen has sent.

    WeChat tells it in the maps' own coordinates (GCJ-02), some hundred metres beside: near enough
    to say which hall is the next.
    """
    try:
        found = [float(str(message.fields.get(name, ""))) for name in ("Location_X", "Location_Y")]
    except ValueError:
        return NO_PLACE
    latitude, longitude = found
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):  # false for "nan", too
        return NO_PLACE
    near = await organs.halls_near(world, Point(latitude, longitude), limit=MOST_HALLS)
    lines = ["离您最近的办事大厅："]
    for number, each in enumerate(near, 1):
        hall = each.hall
        lines += [
            f"{number}. {hall.name}{_way(each)}",
            f"{hall.address}，{hall.hours}，{hall.phone}",
        ]
    return fit("\n".join([*lines, "", _page(world, "看全部大厅")]))


def _way(near: NearHall) -> str:
    if near.distance_m is None:
        return ""
    if near.distance_m < 1000:
        return f"（约{max(10, round(near.distance_m, -1))}米）"
    return f"（约{near.distance_m / 1000:.1f}公里）"


def _page(world: World, shown: str) -> str:
    return f'<a href="{world.settings.public_url.rstrip("/")}/halls">{shown}</a>'
