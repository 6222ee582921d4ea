"""What is no paper does not come in, whatever it is made to look like; nothing breaks over it."""

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from citydesk.kit import contents
from citydesk.kit.contents import Unfit, child, images
from tests.documents import OFD, a_pdf, a_picture, a_zip, an_ofd, pdf_of

GPS = 0x8825


async def refused(content: bytes) -> str:
    """Why a file does not come in, in a few words."""
    with pytest.raises(Unfit) as unfit:
        await contents.look_at(content)
    assert unfit.value.detail.endswith(("。", "！"))
    return unfit.value.fault


def written(change: Callable[[PdfWriter], object]) -> bytes:
    """A PDF with something done to it."""
    writer = PdfWriter()
    writer.add_blank_page(width=100, height=100)
    change(writer)
    return pdf_of(writer)


def action(kind: str, **more: str) -> DictionaryObject:
    """An action of a PDF."""
    return DictionaryObject(
        {
            NameObject("/S"): NameObject(kind),
            **{NameObject(f"/{name}"): TextStringObject(text) for name, text in more.items()},
        }
    )


def annotated(**entries: object) -> Callable[[PdfWriter], object]:
    """A page with one annotation."""

    def change(writer: PdfWriter) -> None:
        note = DictionaryObject({NameObject("/Type"): NameObject("/Annot")})
        note.update({NameObject(f"/{name}"): each for name, each in entries.items()})
        writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    return change


def opens_with(kind: str, **more: str) -> Callable[[PdfWriter], object]:
    """A PDF that does something when it is opened."""

    def change(writer: PdfWriter) -> None:
        writer._root_object[NameObject("/OpenAction")] = writer._add_object(action(kind, **more))

    return change


def named(tree: str) -> Callable[[PdfWriter], object]:
    """A PDF with a script in the tree of names, where readers look by themselves."""

    def change(writer: PdfWriter) -> None:
        listed = ArrayObject([TextStringObject("x"), action("/JavaScript", JS="x")])
        names = DictionaryObject({NameObject("/Names"): listed})
        found = DictionaryObject({NameObject(f"/{tree}"): writer._add_object(names)})
        writer._root_object[NameObject("/Names")] = found

    return change


@pytest.mark.parametrize(
    ("content", "kind", "pages"),
    [
        (a_pdf(), "application/pdf", 1),
        (a_pdf(3, Title="示例"), "application/pdf", 3),
        (a_pdf() + b"\r\n\0\0\0" + "一句话".encode(), "application/pdf", 1),
        (a_picture("PNG"), "image/png", 1),
        (a_picture("JPEG"), "image/jpeg", 1),
        (a_picture("JPEG", progressive=True), "image/jpeg", 1),
        (an_ofd(2), "application/ofd", 2),
    ],
    ids=["pdf", "pages", "tail", "png", "jpeg", "progressive", "ofd"],
)
async def test_a_paper_is_known_by_what_is_in_it(content: bytes, kind: str, pages: int) -> None:
    seen = await contents.look_at(content)
    assert (seen.media_type, seen.pages) == (kind, pages)


def _printed_only(writer: PdfWriter) -> None:
    writer.encrypt("", owner_password="示例", algorithm="AES-256")


HOSTILE_PDFS = {
    "locked": (a_pdf(password="geheim"), "设了密码"),
    "script by name": (written(named("JavaScript")), "含有脚本"),
    "script at opening": (written(opens_with("/JavaScript", JS="x")), "含有脚本"),
    "program": (written(opens_with("/Launch", F="cmd.exe")), "含有脚本"),
    "form that sends": (written(annotated(A=action("/SubmitForm", F="http://x"))), "含有脚本"),
    "attachment": (written(lambda each: each.add_attachment("x.exe", b"MZ")), "带有附件"),
    "attachment on a page": (
        written(annotated(Subtype=NameObject("/FileAttachment"))),
        "带有附件",
    ),
    "film": (written(annotated(Subtype=NameObject("/RichMedia"))), "带有附件"),
    "pages": (a_pdf(301), "超过300页"),
    "cut short": (a_pdf()[:-40], "文件打不开"),
    "only a beginning": (b"%PDF-1.7\n", "文件打不开"),
    "nothing behind it": (b"%PDF-1.7\n%%EOF\n", "文件打不开"),
    "page behind it": (a_pdf() + b"<script>1</script>", "夹带了别的内容"),
    "archive behind it": (a_pdf() + a_zip({"x.exe": b"MZ"}), "夹带了别的内容"),
    "archive within": (
        a_pdf()[:-6] + a_zip({"x": b"MZ"}) + b"%%EOF\n",
        "夹带了别的内容",
    ),
}


@pytest.mark.parametrize("name", HOSTILE_PDFS)
async def test_a_pdf_does_nothing_by_itself_and_hides_nothing(name: str) -> None:
    content, why = HOSTILE_PDFS[name]
    assert await refused(content) == why


async def test_a_pdf_that_only_forbids_printing_comes_in() -> None:
    assert (await contents.look_at(written(_printed_only))).pages == 1


def a_loop() -> bytes:
    """A PDF whose tree of pages bites its tail."""

    def change(writer: PdfWriter) -> None:
        tree = writer._root_object["/Pages"]
        tree[NameObject("/Kids")] = ArrayObject([writer._root_object.raw_get("/Pages")] * 2)
        tree[NameObject("/Count")] = NumberObject(10**9)

    return written(change)


def a_flood(width: int, height: int) -> bytes:
    """A PNG that says it is so large, with next to nothing in it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def patched(content: bytes, **how: int) -> bytes:
    """A ZIP whose directory lies about the size of its first entry."""
    at = content.index(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<I", how["size"]) + content[at + 28 :]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (a_flood(30_000, 30_000), "超过7000万像素"),
        (a_flood(2**31 - 1, 2**31 - 1), None),
        (a_flood(8_000, 8_000), "文件打不开"),
        (a_picture("PNG")[:-20], "文件打不开"),
        (a_picture("JPEG")[:-200], "文件打不开"),
        (b"\xff\xd8\xff\xe0", "文件打不开"),
        (b"\x89PNG\r\n\x1a\n", "文件打不开"),
        (a_loop(), None),
        (lambda: an_ofd(x__bin=b"\0" * (101 << 20)), "解开后太大"),
        (an_ofd(x__bin=b"\0" * (5 << 20)), "解开后太大"),
        (patched(an_ofd(), size=2**31), "解开后太大"),
        (patched(an_ofd(), size=3), "文件打不开"),
        (an_ofd(301), "超过300页"),
        (an_ofd(x__bin=b"MZ\x90"), "夹带了别的内容"),
        (an_ofd(x__bin=a_zip({"y": b"x"})), "夹带了别的内容"),
        (an_ofd(x__xml=b'<!DOCTYPE a [<!ENTITY b "c">]><a/>'), "文件太复杂，不能检查"),
        (a_zip({"OFD.xml": OFD.encode()}), "文件打不开"),
        (a_zip({"OFD.xml": b"<html/>", "../x": b""}), "文件打不开"),
        (a_zip({"[Content_Types].xml": b"", "word/document.xml": b""}), "类型不符"),
        (a_zip({"x.txt": b"x"}), "类型不符"),
        (a_zip({str(number): b"" for number in range(3001)}), "解开后太大"),
        (b"", "文件是空的"),
        (lambda: b"%PDF-".ljust(contents.LARGEST + 1, b"0"), "超过20MB"),
    ],
)
async def test_bombs_floods_and_wrecks_are_refused(
    content: bytes | Callable[[], bytes], why: str | None
) -> None:
    found = await refused(content() if callable(content) else content)
    assert why is None or found == why


@pytest.mark.parametrize(
    ("start", "advice"),
    [
        (b"MZ\x90\x00\x03", "只能上传"),
        (b"\x7fELF\x02\x01\x01", "只能上传"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", "只能上传"),
        (b"<!DOCTYPE html><html>", "只能上传"),
        (b"<html>%PDF-1.7", "只能上传"),
        (b"\n%PDF-1.7", "只能上传"),
        (b"\x00\xff\xd8\xff", "只能上传"),
        (b"#!/bin/sh\n", "只能上传"),
        (b"GIF89a%PDF-1.7", "另存为 JPG"),
        (b"RIFF\x00\x00\x00\x00WEBP", "另存为 JPG"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "另存为 PDF"),
        (b"Rar!\x1a\x07", "解压"),
    ],
)
async def test_another_kind_of_file_is_told_what_to_do(start: bytes, advice: str) -> None:
    with pytest.raises(Unfit) as unfit:
        await contents.look_at(start)
    assert advice in unfit.value.detail


async def test_a_photograph_tells_no_longer_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x0110] = 6, "示例手机"
    exif[GPS] = {1: "N", 2: (41.0, 48.0, 0.0), 3: "E", 4: (123.0, 26.0, 0.0)}
    taken = a_picture("JPEG", (300, 200), exif=exif, comment=b"at home")
    film = b"\0\0\0\x18ftypmp42" + b"film" * 100
    kept = (await contents.look_at(taken + film)).content
    with Image.open(BytesIO(taken)) as before, Image.open(BytesIO(kept)) as after:
        assert dict(before.getexif().get_ifd(GPS))  # it did tell
        assert dict(after.getexif()) == {0x0112: 6}
        assert after.tobytes() == before.tobytes()
    assert b"at home" in taken
    assert not any(each in kept for each in (b"at home", b"film", b"GPS"))


async def test_a_picture_keeps_its_picture_and_nothing_else() -> None:
    out = BytesIO()
    note = Image.new("RGBA", (40, 30), (9, 99, 199, 128))
    from PIL.PngImagePlugin import PngInfo

    told = PngInfo()
    told.add_text("Comment", "悄悄话 secret")
    note.save(out, "PNG", pnginfo=told)
    kept = (await contents.look_at(out.getvalue() + b"<script>")).content
    assert b"Comment" in out.getvalue()
    assert b"Comment" not in kept
    assert b"<script>" not in kept
    with Image.open(BytesIO(kept)) as after:
        assert after.convert("RGBA").tobytes() == note.tobytes()
    again = await contents.look_at(kept)
    assert again.content == kept


SEEDS = {
    "pdf": a_pdf(2),
    "jpeg": a_picture("JPEG"),
    "png": a_picture("PNG"),
    "ofd": an_ofd(),
}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(SEEDS)), st.randoms(use_true_random=False), st.integers(1, 12))
def test_a_spoilt_file_is_taken_or_refused_and_nothing_else(
    kind: str, chance: random.Random, faults: int
) -> None:
    content = bytearray(SEEDS[kind])
    for _ in range(faults):
        at = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at : at + chance.randrange(1, 40)]
            case 2:
                content[at:at] = chance.randbytes(chance.randrange(1, 40))
            case _:
                content[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"9999"])
        if not content:
            break
    told, _ = child.seen(bytes(content))
    assert ("unfit" in told) != ("kind" in told)


@given(st.binary(max_size=400))
def test_any_bytes_are_taken_or_refused_and_nothing_else(content: bytes) -> None:
    for start in (b"", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"PK\x03\x04"):
        told, _ = child.seen(start + content)
        assert ("unfit" in told) != ("kind" in told)


def test_the_largest_picture_of_a_telephone_is_no_flood() -> None:
    assert images.MOST_PIXELS > 9248 * 6936
