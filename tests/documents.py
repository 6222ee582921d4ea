"""Files that people hand in, made here: real PDFs, photographs, OFDs."""

import zipfile
from io import BytesIO
from typing import Any

from PIL import Image
from pypdf import PdfWriter


def a_pdf(pages: int = 1, *, password: str = "", **metadata: str) -> bytes:
    """A PDF of so many empty pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    writer.add_metadata({f"/{name}": text for name, text in metadata.items()})
    if password:
        writer.encrypt(password)
    return pdf_of(writer)


def pdf_of(writer: PdfWriter) -> bytes:
    """What a writer has written."""
    out = BytesIO()
    writer.write(out)
    # pypdf marks the second line as binary; a test that reads a page as text shall not stumble.
    return out.getvalue().replace(b"\xe2\xe3\xcf\xd3", b"-@-@", 1)


def a_picture(format_: str = "JPEG", size: tuple[int, int] = (64, 48), **how: Any) -> bytes:
    """A picture with something in it."""
    out = BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, format_, **how)
    return out.getvalue()


def a_zip(entries: dict[str, bytes], *, packed: bool = True) -> bytes:
    """A ZIP of these entries."""
    out = BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


OFD = '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody/></ofd:OFD>'


def an_ofd(pages: int = 1, **more: bytes) -> bytes:
    """An OFD of so many pages, with further entries."""
    listed = "".join(f'<ofd:Page ID="{number}" BaseLoc="p"/>' for number in range(pages))
    return a_zip(
        {
            "OFD.xml": OFD.encode(),
            "Doc_0/Document.xml": f"<ofd:Document>{listed}</ofd:Document>".encode(),
            **{name.replace("__", "."): content for name, content in more.items()},
        }
    )
