"""OFD (GB/T 33190), China's layout format of e-certificates and invoices: a ZIP of XML.

Being a ZIP it may be a bomb, so that nothing is unpacked before its directory was judged.
"""

import re
import zipfile
from io import BytesIO

from citydesk.kit.contents.unfit import Unfit, broken, too_complex

MOST_PAGES = 300
MOST_ENTRIES = 3000
MOST_BYTES = 100 * 1024 * 1024  # unpacked
MOST_TIMES = 200  # so many times its packed size
SMALL = 1024 * 1024  # below this nobody minds how well it was packed
_ROOT = re.compile(rb"<(?:\w+:)?OFD[\s>]")
_PAGE = re.compile(rb"<(?:\w+:)?Page\s")
_ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")
_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe")
_STORED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def look(content: bytes) -> int:
    """Return how many pages an OFD has.

    Raises:
        Unfit: another ZIP, a bomb, locked, too long, or with programs or archives inside.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        _check_directory(entries, len(content))
        if "OFD.xml" not in archive.namelist():
            raise Unfit(_no_ofd(archive.namelist()), "类型不符")
        pages = sum(_look_at_entry(archive, each) for each in entries if not each.is_dir())
    if not pages:
        raise broken()
    if pages > MOST_PAGES:
        raise Unfit(f"这个 OFD 超过{MOST_PAGES}页，请分成几份再传。", f"超过{MOST_PAGES}页")
    return pages


def _check_directory(entries: list[zipfile.ZipInfo], size: int) -> None:
    total = sum(each.file_size for each in entries)
    bomb = total > MOST_BYTES or (total > SMALL and total > size * MOST_TIMES)
    if bomb or len(entries) > MOST_ENTRIES:
        raise Unfit("这个文件解开后太大，不能上传。请打印成 PDF 再传。", "解开后太大")
    for each in entries:
        if each.flag_bits & 1:
            raise Unfit("这个文件设了密码，请去掉密码后再传。", "设了密码")
        parts = each.filename.split("/")
        if each.compress_type not in _STORED or ".." in parts or "\\" in each.filename:
            raise broken()


def _no_ofd(names: list[str]) -> str:
    if "[Content_Types].xml" in names:
        return "Word、Excel 文件请先另存为 PDF，再上传。"
    return "不能上传压缩包，请解压后逐个上传。"


def _look_at_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Return how many pages an entry lists."""
    name = entry.filename.rpartition("/")[2].lower()
    if not name.endswith(".xml"):
        with archive.open(entry) as opened:
            start = opened.read(8)
        if start.startswith((*_ARCHIVES, *_PROGRAMS)):
            raise Unfit("这个 OFD 里夹带了程序或压缩包，请换一份再传。", "夹带了别的内容")
        return 0
    text = archive.read(entry)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise too_complex()
    if entry.filename == "OFD.xml" and not _ROOT.search(text[:4096]):
        raise broken()
    return len(_PAGE.findall(text)) if name == "document.xml" else 0
