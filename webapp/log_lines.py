"""How a line of the log begins: with how grave it is, when, and whose it is. The time is UTC, as everywhere in what
Dozor keeps; it stands behind the level, by which lines are sought."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

FORMAT = "%(levelname)s %(asctime)s %(name)s %(message)s"


class _Line(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def begin(level: int = logging.INFO) -> None:
    """To stderr, from now on; once for a process."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Line(FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
