"""A file that somebody has sent, as an answer to somebody else."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, make_response

from rules.uploads import KINDS


def as_attachment(name: str, kind: str, content: bytes) -> Response:
    """What was sent by somebody, for somebody else: a browser neither guesses what it is nor runs it."""
    answer = make_response(content)
    answer.mimetype = KINDS[kind].media_type
    plain = {"filename": name} if name.isascii() else {"filename": f"file.{KINDS[kind].endings[0]}"}
    whole = {} if name.isascii() else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    answer.headers.set("Content-Disposition", "attachment", **plain, **whole)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
