"""A citizen's appointments in the chat."""

from citydesk import appointments, identity
from citydesk.appointments import AppointmentState
from citydesk.kit.clock import in_city
from citydesk.workdays import day_words
from citydesk.world import World
from wechat.cases import not_bound
from wechat.messages import Message
from wechat.replies import fit

LABELS = {
    AppointmentState.CONFIRMED: "已预约",
    AppointmentState.CHECKED_IN: "已签到",
    AppointmentState.CANCELLED: "已取消",
    AppointmentState.NO_SHOW: "已过号",
}
NONE = "您还没有预约。告诉我要办什么，能预约的，点“预约”就可以选大厅和时段。"


async def mine(world: World, message: Message) -> str:
    """The citizen's next and latest appointments."""
    citizen = await identity.account_by_openid(world, message.from_user)
    if citizen is None or citizen.identity_id is None:
        return not_bound(world, "我的预约")
    held = await appointments.my_appointments(world, citizen, limit=3)
    if not held:
        return NONE
    lines = []
    for each in held:
        starts = in_city(each.starts_at)
        lines += [
            f"{LABELS[each.state]}：{each.item_name}",
            f"时间：{day_words(starts.date())} {starts:%H:%M}",
            f"地点：{each.hall_name}，{each.hall_address}",
            f"预约码：{each.code}",
            "",
        ]
    ours = world.settings.public_url.rstrip("/")
    return fit(
        "\n".join(lines) + "开始前30分钟可以签到；不能来请提前2小时取消。\n"
        f'<a href="{ours}/my/appointments">看预约、取消预约</a>'
    )
