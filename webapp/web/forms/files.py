"""Files that came with a form."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from flask import request
from werkzeug.datastructures import FileStorage

from rules.uploads import FIELD, MAX_BYTES, Upload

_KEPT = "dozor.uploads"


def uploads() -> list[Upload]:
    """Those that were chosen: a control in which nothing was chosen sends a file without a name. Of each a byte more is
    read than it may have. They are read and judged when they are first asked for, once: before a transaction begins."""
    if _KEPT not in request.environ:
        came = request.files.getlist(FIELD)
        request.environ[_KEPT] = [_upload(each) for each in came if each.filename]
    found: list[Upload] = request.environ[_KEPT]
    return found


def _upload(file: FileStorage) -> Upload:
    content = file.stream.read(MAX_BYTES + 1)
    file.stream.seek(0)  # `digest_sent` reads them too
    return Upload(file.filename or "", content)


def names_sent() -> list[str]:
    """What came beside and within the files of a form, for whoever looks at words alone: names and texts."""
    return [*(each.filename or "" for each in request.files.values()), *request.form, *request.form.values()]


def digest_sent() -> str | None:
    """Of everything that a form with files says; None: there are none."""
    if not request.files:
        return None
    said = sha256()
    for piece in _pieces():
        said.update(sha256(piece).digest())
    return said.hexdigest()


def _pieces() -> Iterator[bytes]:
    for name, file in request.files.items(multi=True):
        yield f"{name} {file.filename}".encode()
        yield file.stream.read()
        file.stream.seek(0)
