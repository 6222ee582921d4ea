"""How a file of a person's is handed out: as an attachment, whole or in part, kept by nobody.

Never shown within a page of ours and never taken for anything but what it was seen to be; the name
it is saved under is the applicant's, made harmless (RFC 6266, RFC 8187).
nosniff stands on every answer of the server already.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

LONGEST_NAME = 80
_ONE_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)
_UNSAFE = re.compile(r'[\\/:*?"<>|%]')


@dataclass(frozen=True, slots=True)
class Served:
    """Which bytes to send (both included), with which status and headers."""

    status: int
    first: int
    last: int
    headers: Mapping[str, str]


def served(asked: str, size_bytes: int, media_type: str, name: str, etag: str) -> Served:
    """Decide what answers a request, given its Range header ("" for none).

    One range is served (RFC 9110 14); several, or one that makes no sense, are answered in whole.
    """
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "bytes",
        "ETag": f'"{etag}"',
    }
    wanted = _range(asked, size_bytes)
    if wanted is None:
        return Served(200, 0, size_bytes - 1, {**headers, "Content-Length": str(size_bytes)})
    first, last = wanted
    if first >= size_bytes:
        return Served(416, 0, -1, {"Content-Range": f"bytes */{size_bytes}", "Content-Length": "0"})
    told = f"bytes {first}-{last}/{size_bytes}"
    partly = {"Content-Range": told, "Content-Length": str(last - first + 1)}
    return Served(206, first, last, {**headers, **partly})


def _range(asked: str, size_bytes: int) -> tuple[int, int] | None:
    found = _ONE_RANGE.fullmatch(asked.strip())
    if found is None:
        return None
    first, last = found.groups()
    if not first:  # the last so many
        return (max(size_bytes - int(last), 0), size_bytes - 1) if last and int(last) else None
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    return (int(first), end) if int(first) <= end or int(first) >= size_bytes else None


def disposition(name: str) -> str:
    """Say that a file is to be saved, and under which name (``saved_as``), in both spellings."""
    stem, _, extension = name.rpartition(".")
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = f"{_UNSAFE.sub('_', plain).strip(' ._') or 'file'}.{extension}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def saved_as(name: str, extension: str) -> str:
    """Make a name to save a file under: nothing but a name, and with its true extension."""
    plain = "".join(each for each in name if each.isprintable())
    plain = _UNSAFE.sub("_", plain).strip(" .")
    stem, dot, last = plain.rpartition(".")
    kept = stem if dot and last.lower() in (extension, _ALSO.get(extension)) else plain
    return f"{kept[:LONGEST_NAME].strip(' .') or '材料'}.{extension}"


_ALSO = {"jpg": "jpeg"}
