"""Files as people and others send them, made here byte by byte."""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def png(width: int = 1, height: int = 1) -> bytes:
    """One of so many pixels, if one believes its head."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(each)) + kind + each + struct.pack(">I", zlib.crc32(kind + each)) for kind, each in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def jpeg(width: int = 1, height: int = 1) -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + frame + b"\xff\xd9"


def archive(**entries: bytes) -> bytes:
    """A ZIP of these, packed, but for the kind of an open document, which stands at its beginning as it is."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            target.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return made.getvalue()


def docx(**more: bytes) -> bytes:
    return archive(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>", **more})


def odt(**more: bytes) -> bytes:
    return archive(mimetype=b"application/vnd.oasis.opendocument.text", **{"content.xml": b"<x/>", **more})


def packed_odt(method: int = zipfile.ZIP_DEFLATED, *, broken: bool = False) -> bytes:
    """An open document whose kind is packed, which the format forbids; broken: and cannot be unpacked."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        target.writestr("mimetype", b"application/vnd.oasis.opendocument.text")
    whole, at = made.getvalue(), 30 + len("mimetype")  # behind the entry's head
    return whole[:at] + b"\x07" + whole[at + 1 :] if broken else whole


def bomb() -> bytes:
    """A document of a few kilobytes that would be a thousand times as large."""
    return docx(**{"word/media/a.xml": bytes(8 * 1024 * 1024)})
