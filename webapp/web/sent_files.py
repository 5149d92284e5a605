"""What is sent of a static file of ours: a style sheet with what it imports in its place, and no comments. They are for
whoever reads the house; a first visit would carry eight kilobytes of them."""

from __future__ import annotations

import re
from pathlib import Path

from webapp.web.first_files import STYLE_IMPORT

STYLE_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
SCRIPT_COMMENT = re.compile(r"^[ ]*//.*$", re.MULTILINE)  # its line stays, for whoever looks for an error by its number


def sent(static: Path, name: str) -> bytes:
    """For a file by its name below static/; what others wrote is sent as it lies there. Raises FileNotFoundError."""
    match name.split("/"):
        case ["css", _]:
            return STYLE_COMMENT.sub("", _whole(static, name)).encode()
        case ["js", _]:
            return SCRIPT_COMMENT.sub("", (static / name).read_text()).encode()
    return (static / name).read_bytes()


def _whole(static: Path, name: str) -> str:
    """A part imports no other, and what it points to (a font) is found: all of them lie in one folder."""

    def part(found: re.Match[str]) -> str:
        return f"@layer {found[2]} {{\n{(static / 'css' / found[1]).read_text()}}}"

    return STYLE_IMPORT.sub(part, (static / name).read_text())
