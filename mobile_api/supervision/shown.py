"""What the operations of supervision share: who may ask, how pages and targets are told."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from citydesk import supervision
from citydesk.identity import Role
from citydesk.kit.paging import MOST
from mobile_api.api import Api, Call, officers
from models.supervision import Measure

api = Api("supervision")
SUPERVISORS = officers(Role.SUPERVISOR, Role.ADMIN)
Cursor = Annotated[str, Field(max_length=2000, description="上一页返回的 next_cursor")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="每页条数")]
Permille = Annotated[int | None, Field(description="千分比；没有可算的为 null")]


class TargetShown(BaseModel):
    """What a rate must reach by a day."""

    permille: int
    due_on: date
    source: str


async def targets_shown(call: Call, measure: Measure) -> list[TargetShown]:
    """Return what a rate must reach, by the day it is due."""
    found = await supervision.targets(call.world, measure)
    return [
        TargetShown(permille=each.permille, due_on=each.due_on, source=each.source)
        for each in found
    ]
