"""What backups leave in the data folder: the files of the nights, a mark when the last was made, and the reason when a
night failed. The box imports this before the product: no database here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webapp.background import small_files
from webapp.config import give_to_owner

AHEAD = timedelta(minutes=1)
NIGHTLY = "nightly-"


def last_at(data: Path, now: datetime) -> datetime | None:
    """By the mark; where that lies ahead, noted while the clock was wrong, by the files themselves."""
    for each in ([mark(data)], made(data)):
        if found := list(_instants(each, now)):
            return max(found)
    return None


def _instants(paths: list[Path], now: datetime) -> Iterator[datetime]:
    """When they were written. One that lies ahead of now says nothing."""
    for each in paths:
        try:
            at = datetime.fromtimestamp(each.stat().st_mtime, UTC)
        except (OSError, ValueError):
            continue
        if at <= now + AHEAD:
            yield at


def has_one_since(data: Path, then: datetime, now: datetime) -> bool:
    """Whether a night's backup has been made since."""
    return any(each >= then for each in _instants(made(data), now))


def made(data: Path) -> list[Path]:
    """The files of the nights."""
    return [each for each in (data / "backups").glob(f"{NIGHTLY}*") if each.suffix in (".db", ".dump")]


def mark(data: Path) -> Path:
    """Whoever backs up by other means may touch this file."""
    return data / "last-backup"


def note(data: Path, at: datetime) -> None:
    """Remember when the last was made."""
    new = mark(data).with_name(f"{mark(data).name}.{os.getpid()}.part")
    new.touch(mode=0o600)
    os.utime(new, (at.timestamp(), at.timestamp()))
    give_to_owner(new)
    os.replace(new, mark(data))  # also when root made the old one


def trouble(data: Path) -> str:
    """Why the last night's failed; "" when it did not."""
    return small_files.read(_trouble(data)).strip()


def note_trouble(data: Path, reason: str) -> None:
    """Why there is none of this night; "" when there is one."""
    if reason:
        small_files.write(_trouble(data), " ".join(reason.split())[:500])
    else:
        _trouble(data).unlink(missing_ok=True)


def _trouble(data: Path) -> Path:
    return data / "backup-trouble"
