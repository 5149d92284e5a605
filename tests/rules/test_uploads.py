"""What may be attached, by what it holds; and what it is called then."""

from __future__ import annotations

import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import uploads
from rules.uploads import KINDS, MAX_BYTES, NAME_LENGTH, Unfit
from tests import files

WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x63\x00\x00\x63\x00\x00"
TAKEN = {
    "a PDF": (files.PDF, "pdf"),
    "a PNG": (files.png(), "png"),
    "a JPEG": (files.jpeg(), "jpeg"),
    "a GIF": (b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "gif"),
    "a WebP": (WEBP, "webp"),
    "a photo of a phone": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "heic"),
    "a Word document": (files.docx(), "docx"),
    "a table of Excel": (files.archive(**{"[Content_Types].xml": b"<T/>", "xl/workbook.xml": b"<w/>"}), "xlsx"),
    "a document of OpenOffice": (files.odt(), "odt"),
    "words": ("Agreed: 5 %\r\nДоговорились".encode(), "txt"),
    "words of an old program": ("Скидка пять процентов; 5 %".encode("cp1251"), "txt"),
    "a table with a sign of order": (b"\xef\xbb\xbfname;price\r\nPress;100\r\n", "txt"),
}
NOT_TAKEN = {
    "nothing": (b"", "empty_file"),
    "too much": (b"a" * (MAX_BYTES + 1), "file_too_large"),
    "a page": (b"<!DOCTYPE html><title>Hi</title>", "not_a_file_we_take"),
    "a page behind words": (b"Dear colleague,\n<ScRiPt >alert(1)</script>", "not_a_file_we_take"),
    "a drawing that runs": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not_a_file_we_take"),
    "a drawing behind its declaration": (b'<?xml version="1.0"?>\n<svg/>', "not_a_file_we_take"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "not_a_file_we_take"),
    "a program": (b"MZ\x90\x00\x03\x00\x00\x00", "not_a_file_we_take"),
    "words with a bell in them": (b"Ring\x07", "not_a_file_we_take"),
    "any archive": (files.archive(**{"a.txt": b"a"}), "not_a_file_we_take"),
    "a broken archive": (files.docx()[:40], "not_a_file_we_take"),
    "a document with macros": (files.docx(**{"word/vbaProject.bin": b"x"}), "not_a_file_we_take"),
    "an open document with macros": (files.odt(**{"Basic/Standard/Module1.xml": b"x"}), "not_a_file_we_take"),
    "an archive that says it is a page": (files.archive(mimetype=b"text/html"), "not_a_file_we_take"),
    "half a picture": (files.png()[:18], "not_a_file_we_take"),
    "half a photo": (files.jpeg()[:24], "not_a_file_we_take"),
    "a picture of nothing": (files.png(0, 0), "not_a_file_we_take"),
    "a picture as large as a field": (files.png(100_000, 100_000), "grows_too_large"),
    "a photo as large as a field": (files.jpeg(65_000, 65_000), "grows_too_large"),
    "a document that grows": (files.bomb(), "grows_too_large"),
    "a document of ten thousand parts": (
        files.docx(**{f"word/{n}": b"" for n in range(uploads.MAX_ENTRIES)}),
        "grows_too_large",
    ),
}


@pytest.mark.parametrize(("content", "kind"), TAKEN.values(), ids=TAKEN)
def test_what_is_taken(content: bytes, kind: str) -> None:
    assert uploads.kind_of(content) == kind


@pytest.mark.parametrize(("content", "code"), NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_what_is_not_taken(content: bytes, code: str) -> None:
    with pytest.raises(Unfit) as raised:
        uploads.kind_of(content)
    assert raised.value.code == code


METHODS = (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("is_broken", [False, True])
def test_a_kind_that_is_packed_is_not_unpacked(method: int, is_broken: bool) -> None:
    with pytest.raises(Unfit, match="not_a_file_we_take"):
        uploads.kind_of(files.packed_odt(method, broken=is_broken))


DAMAGED = [content for content, _ in TAKEN.values()] + [files.packed_odt(each) for each in METHODS]


@given(
    st.sampled_from(DAMAGED),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), max_size=8),
    st.just(0) | st.integers(0),
)
def test_whatever_is_damaged_is_a_file_we_take_or_not(content: bytes, flips: list[tuple[int, int]], cut: int) -> None:
    broken = bytearray(content)
    for at, byte in flips:
        broken[at % len(broken)] = byte
    with suppress(Unfit):
        assert uploads.kind_of(bytes(broken[: len(broken) - cut % len(broken)])) in KINDS


NAMES = {
    "an emoji newer than Python": ("\U0001fadf \U0003abcd.png", "png", "\U0001fadf \U0003abcd.png"),
    "as it is": ("report.pdf", "pdf", "report.pdf"),
    "in Cyrillic": ("Договор №7 (правки).PDF", "pdf", "Договор №7 (правки).PDF"),
    "a way up": ("../../etc/passwd", "txt", "passwd.txt"),
    "a way of Windows": (r"C:\Users\me\..\photo.jpeg", "jpeg", "photo.jpeg"),
    "a name that lies": ("photo.html", "png", "photo.html.png"),
    "two endings": ("report.pdf.exe", "pdf", "report.pdf.exe.pdf"),
    "turned around": ("contract\u202efdp.exe", "pdf", "contractfdp.exe.pdf"),
    "with controls": ("a\x00b\r\nSet-Cookie: x\x1f.txt", "txt", "abSet-Cookie_ x.txt"),
    "nothing that is seen": ("\u200b\u202e", "png", "file.png"),
    "hidden": (".htaccess", "txt", "htaccess.txt"),
    "dots alone": ("....", "txt", "file.txt"),
    "what a disk refuses": ('a<b>:"c|d?*.csv', "txt", "a_b___c_d__.csv"),
}


@pytest.mark.parametrize(("given", "kind", "name"), NAMES.values(), ids=NAMES)
def test_what_it_is_called(given: str, kind: str, name: str) -> None:
    assert uploads.name_for(given, kind) == name


def test_a_long_name_keeps_its_ending() -> None:
    name = uploads.name_for("д" * 300 + ".docx", "docx")
    assert (len(name), name[-5:]) == (NAME_LENGTH, ".docx")


def test_every_kind_has_one_type_and_no_two_share_an_ending() -> None:
    endings = [ending for kind in KINDS.values() for ending in kind.endings]
    assert len(endings) == len(set(endings))
    assert not {"html", "htm", "svg", "js", "exe", "docm", "zip", "xml"} & set(endings)
