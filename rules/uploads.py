"""What may be attached to a task, judged by what a file holds and never by what it is called; and what it is called
then. Bytes are looked at, never decoded nor unpacked: what would grow in a reader's hands is refused. Each look is one
pass in C, for a file is looked at while others wait for this process.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO

FIELD = "files"  # of a form
MAX_BYTES = 10 * 1024 * 1024  # of one
MOST = 20  # of a task
NAME_LENGTH = 120
NAMELESS = "file"
MAX_PIXELS = 100_000_000
MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES = 200 * 1024 * 1024, 100, 5_000
MAX_SEGMENTS = 5_000  # of a JPEG before its picture
MAX_EXTRA = 512 * 1024  # bytes beside the names in an archive's list, each of which is read one by one

_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]')
# How a page, a drawing or a script begins, whatever it is called; in a text that is no place for them.
_LIVE = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|object|embed|\?xml|\?php)")
_PROGRAMS = (b"#!", b"MZ", b"\x7fELF")
_ALIKE = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ\t\n\r\f\v", b"abcdefghijklmnopqrstuvwxyz     ")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# What Python says of an archive that is damaged, or made to trip its reader.
_BROKEN = zipfile.BadZipFile, struct.error, ArithmeticError, EOFError, LookupError, OSError, RuntimeError, ValueError
_OFFICE = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OPEN = "application/vnd.oasis.opendocument."
_OPEN_KINDS = {f"{_OPEN}text": "odt", f"{_OPEN}spreadsheet": "ods", f"{_OPEN}presentation": "odp"}
_OPENXML = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True)
class FileKind:
    """`endings` are those that a name may have, the usual one first."""

    media_type: str
    endings: tuple[str, ...]


KINDS = {
    "pdf": FileKind("application/pdf", ("pdf",)),
    "png": FileKind("image/png", ("png",)),
    "jpeg": FileKind("image/jpeg", ("jpg", "jpeg")),
    "gif": FileKind("image/gif", ("gif",)),
    "webp": FileKind("image/webp", ("webp",)),
    "heic": FileKind("image/heic", ("heic", "heif")),
    "docx": FileKind(f"{_OPENXML}wordprocessingml.document", ("docx",)),
    "xlsx": FileKind(f"{_OPENXML}spreadsheetml.sheet", ("xlsx",)),
    "pptx": FileKind(f"{_OPENXML}presentationml.presentation", ("pptx",)),
    **{ending: FileKind(media_type, (ending,)) for media_type, ending in _OPEN_KINDS.items()},
    "txt": FileKind("text/plain", ("txt", "csv", "md", "log")),
}
ACCEPTED = tuple(f".{ending}" for kind in KINDS.values() for ending in kind.endings)


class Unfit(ValueError):
    """This may not be attached: `code` says why (empty_file, file_too_large, not_a_file_we_take, grows_too_large)."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: what it is called, and no more than a byte beyond what one may hold. It is judged as soon as
    it is there, before anything is locked: `kind` and `digest`, or why it is `unfit`."""

    name: str
    content: bytes
    kind: str = field(init=False, default="")
    digest: str = field(init=False, default="")
    unfit: Unfit | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "kind", kind_of(self.content))
            object.__setattr__(self, "digest", sha256(self.content).hexdigest())
        except Unfit as error:
            object.__setattr__(self, "unfit", error)


def kind_of(content: bytes) -> str:
    """The key of its FileKind. Raises Unfit."""
    if not content:
        raise Unfit("empty_file")
    if len(content) > MAX_BYTES:
        raise Unfit("file_too_large", limit=MAX_BYTES // 1024 // 1024)
    for key, begins, size in _SIGNS:
        if begins(content):
            if size is not None and _pixels(size, content) > MAX_PIXELS:
                raise Unfit("grows_too_large")
            return key
    if content.startswith(b"PK\x03\x04"):
        return _of_archive(content)
    if _is_text(content):
        return "txt"
    raise Unfit("not_a_file_we_take")


def _png_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _gif_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Of the first frame header: markers are stepped over by their lengths."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        if content[at] != 0xFF:
            break
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 + length
    raise ValueError(at)


def _webp_size(content: bytes) -> tuple[int, int]:
    if content[12:16] == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if content[12:16] == b"VP8L":
        packed = int.from_bytes(content[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF


def _pixels(size: Callable[[bytes], tuple[int, int]], content: bytes) -> int:
    try:
        width, height = size(content)
    except (IndexError, ValueError, struct.error):
        raise Unfit("not_a_file_we_take") from None
    if not width or not height:
        raise Unfit("not_a_file_we_take")
    return width * height


def _starts(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signs)


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"heim", b"heis")


_SIGNS: tuple[tuple[str, Callable[[bytes], bool], Callable[[bytes], tuple[int, int]] | None], ...] = (
    ("pdf", _starts(b"%PDF-"), None),
    ("png", _starts(b"\x89PNG\r\n\x1a\n"), _png_size),
    ("jpeg", _starts(b"\xff\xd8\xff"), _jpeg_size),
    ("gif", _starts(b"GIF87a", b"GIF89a"), _gif_size),
    ("webp", _is_webp, _webp_size),
    ("heic", _is_heic, None),
)


def _of_archive(content: bytes) -> str:
    """A document that is an archive inside: of the kinds that are known, without programs, and of an honest size."""
    _must_have_a_short_list(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            _must_be_honest(entries, len(content))
            names = [each.filename for each in entries]
            if "mimetype" in names:
                return _of_open_document(archive, archive.getinfo("mimetype"))
    except Unfit:
        raise
    except _BROKEN:
        raise Unfit("not_a_file_we_take") from None
    found = next((key for folder, key in _OFFICE.items() if any(each.startswith(folder) for each in names)), None)
    has_programs = any(each.lower().endswith(("vbaproject.bin", ".exe", ".js", ".vbs")) for each in names)
    if found is None or has_programs or "[Content_Types].xml" not in names:
        raise Unfit("not_a_file_we_take")
    return found


def _must_have_a_short_list(content: bytes) -> None:
    """Before the list is read: to read one of two hundred thousand entries takes seconds."""
    entry, extra, at = b"PK\x01\x02", 0, -1
    if content.count(entry) > MAX_ENTRIES:
        raise Unfit("grows_too_large")
    while (at := content.find(entry, at + 1)) >= 0:
        extra += int.from_bytes(content[at + 30 : at + 32], "little")
    if extra > MAX_EXTRA:
        raise Unfit("not_a_file_we_take")


def _must_be_honest(entries: list[zipfile.ZipInfo], size: int) -> None:
    unpacked = sum(each.file_size for each in entries)
    if len(entries) > MAX_ENTRIES or unpacked > min(MAX_UNPACKED, max(size * MAX_RATIO, 1024 * 1024)):
        raise Unfit("grows_too_large")


def _of_open_document(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """By the kind that stands at its beginning as it is: the format forbids to pack it, and nothing is unpacked."""
    is_plain = entry.compress_type == zipfile.ZIP_STORED and entry.file_size < 100
    said = archive.read(entry).decode("ascii", "replace").strip() if is_plain else ""
    has_programs = any(each.filename.startswith(("Basic/", "Scripts/")) for each in archive.infolist())
    if said not in _OPEN_KINDS or has_programs:
        raise Unfit("not_a_file_we_take")
    return _OPEN_KINDS[said]


def _is_text(content: bytes) -> bool:
    """In UTF-8, or in the one-byte Cyrillic of old programs: with no control characters, and no page or program."""
    if content.removeprefix(b"\xef\xbb\xbf").startswith(_PROGRAMS) or _holds_a_page(content):
        return False
    for encoding in ("utf-8", "cp1251"):
        try:
            words = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _CONTROLS.search(words) is None
    return False


def _holds_a_page(content: bytes) -> bool:
    """Whether something of _LIVE opens anywhere, in letters of any size, with any blanks behind the bracket."""
    plain = content.translate(_ALIKE)
    for twice, once in ((b"  ", b" "), (b"< ", b"<"), (b"<<", b"<")):
        while twice in plain:
            plain = plain.replace(twice, once)
    return _LIVE.search(plain) is not None


def shown_name(given: str) -> str:
    """A name that may be shown: no folders, no signs that cannot be seen or that turn the reading around, none that a
    disk refuses."""
    last = given[-NAME_LENGTH * 10 :].replace("\\", "/").rpartition("/")[2]
    words = unicodedata.normalize("NFC", last)
    seen = "".join(each for each in words if unicodedata.category(each) not in _UNSEEN)
    bare = " ".join(_NOT_IN_NAMES.sub("_", seen).split()).strip(". ")
    return bare[-NAME_LENGTH:] or NAMELESS


def name_for(given: str, kind: str) -> str:
    """What a file is called here: a name that may be shown, with an ending that says what it is: "photo.html" that
    holds a PNG is "photo.html.png"."""
    bare = shown_name(given)
    stem, dot, ending = bare.rpartition(".")
    endings = KINDS[kind].endings
    if not dot or ending.lower() not in endings:
        stem, ending = bare, endings[0]
    kept = stem.strip(". ")[: NAME_LENGTH - len(ending) - 1].rstrip(". ")
    return f"{kept or NAMELESS}.{ending}"
