"""Pictures: small enough to be shown, whole, and without what they tell about the taker.

A telephone writes into a photograph where and when it was taken and with what, and some put a
short film behind it. None of that is asked for (个人信息保护法 art. 6), so a picture is stored with
its picture, its colours and which side is up, and nothing else.
"""

import re
import struct
from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from citydesk.kit.contents.unfit import Unfit, broken

MOST_PIXELS = 70_000_000  # what the best telephones take has 64 million
Image.MAX_IMAGE_PIXELS = None  # judged here, by the head, before anything is unpacked

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
    | {b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs"}
)
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JFIF, _APP_FIRST, _APP_ICC, _ADOBE, _APP_LAST, _COMMENT = 0xE0, 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_ORIENTATION = 0x0112


def look(content: bytes, kind: str) -> bytes:
    """Return the picture without anything else in its file.

    Raises:
        Unfit: broken, cut short, or of too many pixels.
    """
    format_ = "PNG" if kind == "image/png" else "JPEG"
    with Image.open(BytesIO(content), formats=(format_,)) as picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            most = MOST_PIXELS // 10_000
            raise Unfit(f"图片太大，超过{most}万像素，请缩小后再传。", f"超过{most}万像素")
        side_up = 1 if format_ == "PNG" else int(picture.getexif().get(_ORIENTATION, 1))
    clean = _clean_png(content) if format_ == "PNG" else _clean_jpeg(content, side_up)
    with Image.open(BytesIO(clean), formats=(format_,)) as picture:
        picture.draft("L", (max(width // 8, 1), max(height // 8, 1)))  # JPEG only: much quicker
        picture.load()
    return clean


def _clean_png(content: bytes) -> bytes:
    kept, at = bytearray(_PNG_START), len(_PNG_START)
    while at + 12 <= len(content):
        [length] = struct.unpack_from(">I", content, at)
        name, end = content[at + 4 : at + 8], at + 12 + length
        if end > len(content):
            break
        if name in _PNG_KEPT:
            kept += content[at:end]
        if name == b"IEND":
            return bytes(kept)
        at = end
    raise broken()


def _clean_jpeg(content: bytes, side_up: int) -> bytes:
    first, others = bytearray(), bytearray()
    for code, segment in _segments(content):
        if code == _JFIF and segment[4:9] == b"JFIF\0":
            first += segment
        elif _is_picture(code, segment):
            others += segment
    turned = _exif(side_up) if 2 <= side_up <= 8 else b""
    return b"\xff\xd8" + bytes(first) + turned + bytes(others) + b"\xff\xd9"


def _is_picture(code: int, segment: bytes) -> bool:
    """Whether a segment is needed to show the picture as it was taken."""
    if code == _APP_ICC:
        return segment[4:16] == b"ICC_PROFILE\0"
    return code == _ADOBE or not (_APP_FIRST <= code <= _APP_LAST or code == _COMMENT)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment between the start and the first end of the image; a scan with its data."""
    at = 2
    while at + 4 <= len(content) or content[at : at + 2] == b"\xff\xd9":
        if content[at] != 0xFF:
            raise broken()
        code = content[at + 1]
        if code == 0xFF:  # a fill byte
            at += 1
            continue
        if code == _END_OF_IMAGE:
            return
        if code in _ALONE:
            yield code, content[at : at + 2]
            at += 2
            continue
        [length] = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if code == _START_OF_SCAN:
            ends = _SCAN_ENDS.search(content, end)
            if ends is None:
                raise broken()
            end = ends.start()
        yield code, content[at:end]
        at = end
    raise broken()


def _exif(side_up: int) -> bytes:
    """EXIF that says which side is up, and no more (one entry, little endian)."""
    entry = struct.pack("<HHIHH", _ORIENTATION, 3, 1, side_up, 0)
    body = b"Exif\0\0" + b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
