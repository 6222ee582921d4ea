"""What a person typed: read within bounds, kept when it is refused, and said field by field."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from citydesk.kit.guard import TooSlow, too_large, too_slow
from citydesk.kit.refusals import Invalid, Refusal

FORM_LIMIT = 256 * 1024
UPLOAD_LIMIT = 6 * 1024 * 1024
READ_SECONDS = 15.0
MOST_FIELDS, MOST_FILES = 200, 20
LONGEST_FIELD = 64 * 1024
LONGEST_NAME = 200


class Garbled(Refusal):
    """What was sent is no form."""

    title = "Not a form"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it; its name and type are only what the browser says."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(slots=True)
class Form:
    """The fields of one form: what was typed, and what is wrong with it.

    Templates show ``form.value(name)`` and ``form.error(name)``, so nothing typed is lost.
    """

    values: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @classmethod
    def filled(cls, values: Mapping[str, object]) -> "Form":
        """A form that is shown with these values in it (None stays empty)."""
        return cls({name: [str(value)] for name, value in values.items() if value is not None})

    def value(self, name: str) -> str:
        """Return what was typed into a field, without blanks around it; "" for nothing."""
        return next(iter(self.values.get(name, ())), "").strip()

    def all(self, name: str) -> list[str]:
        """Return everything ticked under one name."""
        return self.values.get(name, [])

    def file(self, name: str) -> Upload | None:
        """Return the file chosen in a field; None when none was."""
        return next((each for each in self.files.get(name, ()) if each.name or each.body), None)

    def fields(self, prefix: str) -> dict[str, str]:
        """Return all that was typed into the fields whose names begin like this, without it."""
        return {
            name.removeprefix(prefix): self.value(name)
            for name in self.values
            if name.startswith(prefix)
        }

    def error(self, name: str) -> str:
        """Return what is wrong with a field; "" for nothing."""
        return self.errors.get(name, "")

    def wrong(self, name: str, detail: str) -> None:
        """Say what is wrong with a field; the first word counts."""
        self.errors.setdefault(name, detail)

    def refused(self, refusal: Refusal, prefix: str = "") -> "Form":
        """Take over why the desk refused: its sentence, and each field it names."""
        self.summary = refusal.detail
        if isinstance(refusal, Invalid):
            for each in refusal.facts.get("errors") or ():
                self.wrong(prefix + each["field"].rpartition(".")[2], each["detail"])
        return self


class _InMemory(MultiPartParser):
    """Keeps files in memory: papers of citizens are never written to a temporary folder."""

    spool_max_size = 2 * UPLOAD_LIMIT


async def read_form(request: Request, limit: int) -> Form:
    """Read a form while it streams in, up to a limit in bytes and 15 seconds.

    Raises:
        TooLarge, TooSlow: over either. Garbled: not a form, or too many fields.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(READ_SECONDS):
            data = await _parsed(request, limit)
            try:
                return await _form(data)
            finally:
                await data.close()
    except TimeoutError:
        raise too_slow() from None
    except ClientDisconnect:
        raise TooSlow("连接中断，内容没有收全，请返回后重试。") from None
    except (MultiPartException, HTTPException, UnicodeError, ValueError, KeyError):
        raise Garbled("提交的内容无法读取，请返回上一页重新填写。") from None


async def _parsed(request: Request, limit: int) -> FormData:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    stream = _bounded(request, limit)
    if kind == "multipart/form-data":
        return await _InMemory(
            request.headers,
            stream,
            max_files=MOST_FILES,
            max_fields=MOST_FIELDS,
            max_part_size=LONGEST_FIELD,
        ).parse()
    if kind == "application/x-www-form-urlencoded":
        return await FormParser(
            request.headers, stream, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD
        ).parse()
    raise Garbled("提交的内容无法读取，请返回上一页重新填写。")


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > limit:
            raise too_large(limit)
        yield chunk


async def _form(data: FormData) -> Form:
    form = Form()
    for name, value in data.multi_items():
        if len(name) > LONGEST_NAME or "\0" in name:
            raise Garbled("提交的内容无法读取，请返回上一页重新填写。")
        if isinstance(value, UploadFile):
            upload = Upload(
                (value.filename or "")[:LONGEST_NAME].replace("\0", ""),
                (value.content_type or "")[:LONGEST_NAME],
                await value.read(),
            )
            form.files.setdefault(name, []).append(upload)
        else:
            form.values.setdefault(name, []).append(_plain(value))
    return form


def _plain(text: str) -> str:
    """Return text every table can hold, with the line ends people mean."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
