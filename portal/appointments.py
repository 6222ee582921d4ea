"""Booking a place in a hall: hall, day, slot; my appointments; giving a place back."""

from datetime import date
from uuid import UUID

from starlette.responses import Response

from citydesk import appointments, guides, organs
from citydesk.appointments import AppointmentState, NoSuchAppointment, NoSuchSlot
from citydesk.guides import Guide
from citydesk.kit.refusals import Conflict, Invalid, Missing
from models.organs import ServiceHall
from portal import situations
from portal.my import name_first, number
from portal.visits import CITIZEN, Pages, Visit

pages = Pages()
LABELS = {
    AppointmentState.CONFIRMED: ("已预约", "blue"),
    AppointmentState.CHECKED_IN: ("已签到", "good"),
    AppointmentState.CANCELLED: ("已取消", "plain"),
    AppointmentState.NO_SHOW: ("已过号", "warn"),
}


@pages.get("/my/book/{code}", who=CITIZEN)
async def choose(visit: Visit) -> Response:
    """GET /my/book/{code}?hall&day: choose a hall, then a day, then a slot; only free ones."""
    guide = await guides.published(visit.world, visit.path["code"])
    if not guide.content.is_schedule:
        return visit.page("my_book_none.html", section="my", guide=guide)
    return name_first(visit) or await _choices(visit, guide, 200)


@pages.post("/my/book/{code}", who=CITIZEN)
async def book(visit: Visit) -> Response:
    """POST /my/book/{code}: hold the chosen place."""
    guide = await guides.published(visit.world, visit.path["code"])
    await situations.remember(visit, guide)
    try:
        slot_id = UUID(visit.form.value("slot"))
    except ValueError:
        visit.form.wrong("slot", "请选一个时段")
        return await _choices(visit, guide, 422)
    try:
        _ = await appointments.book(visit.world, visit.citizen, slot_id, guide.code)
    except (Conflict, Invalid, NoSuchSlot) as refusal:
        visit.form.refused(refusal)
        return await _choices(visit, guide, 409)
    return visit.go("/my/appointments", "预约成功。请带齐材料，按时到大厅。")


async def _choices(visit: Visit, guide: Guide, status: int) -> Response:
    halls = await _halls(visit, guide)
    wanted = visit.asked("hall")
    hall = next((each for each in halls if each.code == wanted), None)
    if hall is None and len(halls) == 1:
        hall = halls[0]
    days = await appointments.free_days(visit.world, hall.code) if hall else []
    day = next((each.on for each in days if each.on == _day(visit)), None)
    slots = await appointments.open_slots(visit.world, hall.code, day) if hall and day else []
    return visit.page(
        "my_book.html",
        status=status,
        section="my",
        guide=guide,
        halls=halls,
        hall=hall,
        days=days,
        day=day,
        slots=[each for each in slots if each.left > 0],
        carried=situations.carried(visit),
        onward=situations.told_at(visit).address(),
    )


async def _halls(visit: Visit, guide: Guide) -> list[ServiceHall]:
    found = {each.code: each for each in await organs.halls(visit.world)}
    return [found[place.hall] for place in guide.content.places if place.hall in found]


def _day(visit: Visit) -> date | None:
    try:
        return date.fromisoformat(visit.asked("day"))
    except ValueError:
        return None


@pages.get("/my/appointments", who=CITIZEN)
async def mine(visit: Visit) -> Response:
    """GET /my/appointments: those to come first, then the past ones."""
    held = await appointments.my_appointments(visit.world, visit.citizen)
    now = visit.world.clock.now()
    live = [
        each
        for each in reversed(held)
        if each.state is AppointmentState.CONFIRMED and each.ends_at > now
    ]
    return visit.page(
        "my_appointments.html",
        section="my",
        live=live,
        past=[each for each in held if each not in live],
        labels=LABELS,
    )


@pages.get("/my/appointments/{appointment_id}/cancel", who=CITIZEN)
async def ask_cancel(visit: Visit) -> Response:
    """GET …/cancel: asked once more before the place is given back."""
    wanted = number(visit, "appointment_id", _none())
    for held in await appointments.my_appointments(visit.world, visit.citizen):
        if held.id == wanted:
            return visit.page("my_cancel.html", section="my", held=held)
    raise _none()


@pages.post("/my/appointments/{appointment_id}/cancel", who=CITIZEN)
async def cancel(visit: Visit) -> Response:
    """POST …/cancel: the place is free again."""
    wanted = number(visit, "appointment_id", _none())
    _ = await appointments.cancel(visit.world, visit.citizen, wanted)
    return visit.go("/my/appointments", "已取消预约。需要时可以重新预约。")


def _none() -> Missing:
    return NoSuchAppointment("没有找到这个预约，请核对后再试。")
