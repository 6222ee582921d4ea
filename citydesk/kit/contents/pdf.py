"""PDF: opens, has a bearable number of pages, does nothing by itself, hides nothing."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from citydesk.kit.contents.unfit import Unfit, broken, too_complex

MOST_PAGES = 300
MOST_NODES = 150_000
MOST_AFTER_END = 1024  # some programs add a line or two of their own
_PRINT = "请用“打印成 PDF”另存一份再传。"
_ACTIONS = frozenset({"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/Rendition"})
_ATTACHED = frozenset({"/FileAttachment", "/RichMedia", "/3D", "/Movie", "/Screen", "/Sound"})
# What leads back, or to drawing only, where nothing can act.
_SKIPPED = frozenset({"/Parent", "/P", "/StructTreeRoot", "/Resources", "/Contents", "/AP"})
_END = re.compile(rb"%%EOF")


def look(content: bytes) -> int:
    """Return how many pages a PDF has.

    Raises:
        Unfit: broken, locked, too long, with scripts or attachments, or two files in one.
    """
    _check_single(content)
    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unfit("这个 PDF 设了密码，请去掉密码后再传。", "设了密码")
    pages = len(reader.pages)
    if not pages:
        raise broken()
    if pages > MOST_PAGES:
        raise Unfit(f"这个 PDF 超过{MOST_PAGES}页，请分成几份再传。", f"超过{MOST_PAGES}页")
    for node in _nodes(reader.trailer.get("/Root")):
        _check_still(node)
    return pages


def _check_single(content: bytes) -> None:
    """Refuse what goes on after the end of the PDF, or is an archive at the same time."""
    end = 0
    for found in _END.finditer(content):
        end = found.end()
    if not end:
        raise broken()
    rest = content[end:].strip(b"\0 \t\r\n\f")
    if len(rest) > MOST_AFTER_END or b"<" in rest or zipfile.is_zipfile(BytesIO(content)):
        raise Unfit(f"这个 PDF 里夹带了别的内容。{_PRINT}", "夹带了别的内容")


def _nodes(root: Any) -> Iterator[DictionaryObject]:
    """Every dictionary a reader of the document could come to act upon."""
    waiting, seen = [root], set()
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            if (key := (node.idnum, node.generation)) in seen:
                continue
            seen.add(key)
            node = node.get_object()
        if isinstance(node, DictionaryObject):
            yield node
            waiting += [value for name, value in dict.items(node) if str(name) not in _SKIPPED]
        elif isinstance(node, ArrayObject):
            waiting += list.__iter__(node)
    raise too_complex()


def _check_still(node: DictionaryObject) -> None:
    """Refuse scripts, programs to start, forms that are programs, and files within the file."""
    names = {str(name) for name in node}
    if "/JS" in names or "/XFA" in names or _word(node, "/S") in _ACTIONS:
        raise Unfit(f"这个 PDF 里有会自动运行的脚本。{_PRINT}", "含有脚本")
    if names & {"/EF", "/EmbeddedFiles"} or _word(node, "/Subtype") in _ATTACHED:
        raise Unfit(f"这个 PDF 里带有附件。{_PRINT}附件请单独上传。", "带有附件")


def _word(node: DictionaryObject, name: str) -> str:
    found = node.get(name)
    return str(found) if isinstance(found, str) else ""
