"""Small files of the data folder, in which Dozor notes something for itself: read as far as they can be read, since a
machine may die in the middle of a line, and written by replacement, so that it is not ours that is torn."""

from __future__ import annotations

import os
from pathlib import Path

from webapp.config import give_to_owner


def read(path: Path) -> str:
    """What stands there; nothing when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def write(path: Path, text: str) -> None:
    """All of it or nothing."""
    making = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        give_to_owner(making)
        os.replace(making, path)
    finally:
        making.unlink(missing_ok=True)
