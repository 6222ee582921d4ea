"""Papers and their uploads as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from citydesk import cases
from mobile_api.cases.asked import FileName
from mobile_api.reading import Loose, Strict


class HowHandedIn(FileName):
    """What the applicant calls the file, and the paper it stands in for, if any."""

    replaces: UUID | None = None


class OneUpload(Loose):
    """The path to one upload."""

    upload_id: UUID


class NewUpload(Strict):
    """A paper that will come in parts."""

    name: Annotated[str, StringConstraints(max_length=200)] = ""
    size_bytes: Annotated[int, Field(ge=1, le=cases.LARGEST_UPLOAD)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    replaces: UUID | None = None


class UploadState(BaseModel):
    """How far an upload is: go on at ``received_bytes``."""

    id: UUID
    case_id: UUID
    requirement: str
    name: str
    size_bytes: int
    sha256: str
    received_bytes: int
    expires_at: datetime
    path: str
    largest_part_bytes: int = cases.LARGEST_PART


class PaperLink(BaseModel):
    """A link that opens one paper for a short while."""

    url: str
    expires_at: datetime


def upload_shown(upload: cases.UploadShown) -> UploadState:
    """Show an upload, with the path its parts go to."""
    path = f"/api/uploads/{upload.id}"
    return UploadState(
        id=upload.id,
        case_id=upload.case_id,
        requirement=upload.requirement,
        name=upload.name,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        received_bytes=upload.received_bytes,
        expires_at=upload.expires_at,
        path=path,
    )
