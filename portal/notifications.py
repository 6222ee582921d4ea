"""我的消息: what I was told, to read again."""

from starlette.responses import Response

from citydesk import notifications
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
TITLES = {
    "case_filed": "申请已提交",
    "case_pre_reviewed": "预审通过",
    "case_returned": "预审未通过",
    "case_received": "窗口已收件",
    "correction_requested": "需要补正材料",
    "case_accepted": "已受理",
    "case_not_accepted": "不予受理",
    "case_decided": "已作出决定",
    "case_completed": "已办结",
    "case_served": "结果已送达",
    "case_withdrawn": "已撤回",
    "promise_moved": "办结日期有调整",
    "consultation_answered": "有了答复",
    "consultation_transferred": "已转交其他部门",
    "consultation_referred": "不在这里受理",
    "answer_date_moved": "答复日期有调整",
    "appointment_booked": "预约成功",
    "appointment_cancelled": "预约已取消",
    "appointment_reminder": "预约提醒",
}


@pages.get("/my/messages", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET /my/messages?cursor=…: newest first."""
    cursor = visit.asked("cursor")
    page = await notifications.my_messages(visit.world, visit.citizen, cursor or None)
    return visit.page(
        "my_messages.html",
        section="my",
        messages=page.items,
        titles=TITLES,
        following=f"/my/messages?cursor={page.next_cursor}" if page.next_cursor else "",
        first="/my/messages" if cursor else "",
    )
