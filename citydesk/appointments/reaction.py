"""What appointments do when the time to check in has passed."""

from citydesk.appointments.actions import close_check_in
from citydesk.appointments.events import CheckInClosed
from citydesk.kit.announced import Announced, one_by_one
from citydesk.world import World


@one_by_one
async def note_missed(world: World, announced: Announced) -> None:
    """Mark the place of one who did not come."""
    assert isinstance(announced.event, CheckInClosed)
    await close_check_in(world, announced.event.appointment_id)
