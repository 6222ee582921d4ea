"""The kinds of file that come in, known by how their bytes begin; and why others do not."""

from citydesk.kit.contents.unfit import Unfit

PDF, PNG, JPEG, OFD = "application/pdf", "image/png", "image/jpeg", "application/ofd"
EXTENSIONS = {PDF: "pdf", PNG: "png", JPEG: "jpg", OFD: "ofd"}
KINDS = tuple(EXTENSIONS)
LARGEST = 20 * 1024 * 1024

_STARTS = {
    b"%PDF-": PDF,
    b"\x89PNG\r\n\x1a\n": PNG,
    b"\xff\xd8\xff": JPEG,
    b"PK\x03\x04": OFD,  # any ZIP: what is in it is looked at
}
_OFFICE = "Word、Excel 文件请先另存为 PDF，再上传。"
_PICTURE = "请先把图片另存为 JPG 或 PNG，再上传。"
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": _OFFICE,
    b"GIF8": _PICTURE,
    b"II*\x00": _PICTURE,
    b"MM\x00*": _PICTURE,
    b"BM": _PICTURE,
    b"Rar!": "不能上传压缩包，请解压后逐个上传。",
    b"7z\xbc\xaf": "不能上传压缩包，请解压后逐个上传。",
    b"\x1f\x8b": "不能上传压缩包，请解压后逐个上传。",
}
_HEIC = "这是苹果手机的 HEIC 照片。请在“设置-相机-格式”里选“兼容性最佳”再拍，或转成 JPG 后上传。"
_HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"avif")


def kind_of(content: bytes, largest: int = LARGEST) -> str:
    """Tell a file's kind by its first bytes; a promise only, until it was looked at.

    Raises:
        Unfit: empty, over ``largest`` bytes, or of a kind that does not come in.
    """
    if not content:
        raise Unfit("文件是空的，请换一个文件。", "文件是空的")
    if len(content) > largest:
        size = largest >> 20
        raise Unfit(f"文件超过{size}MB，请压缩或分成几份后再传。", f"超过{size}MB")
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    raise Unfit(_why_not(content[:16]), "类型不符")


def _why_not(start: bytes) -> str:
    for known, advice in _FOREIGN.items():
        if start.startswith(known):
            return advice
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS:
        return _HEIC
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return _PICTURE
    return "只能上传 PDF、PNG、JPG 或 OFD 文件，请换一个文件。"
