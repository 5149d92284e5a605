"""The box's own backups: one each night into the data folder, kept for seven days and then one a week for four weeks.

`python -m webapp.box.nightly` makes today's, forgets what is too old, and clears what killed backups have left.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from webapp.background import backup_marks
from webapp.config import ConfigError, Settings

HOUR = 3
DAYS, WEEKS = 7, 4
LEFT_AFTER_SECONDS = 3600
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 3600.0


class Nights:
    """Looked at by the box, time and again: starts a backup when it is time. After one that failed it waits, ever
    longer: what is wrong is seldom mended within a minute, and its reason has been said."""

    def __init__(self, data: Path, zone: str, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self.data, self.zone, self.start = data, zone, start
        self.running: subprocess.Popen[bytes] | None = None
        self.failures, self.next_look = 0, 0.0

    def look(self, now: datetime, monotonic: float) -> None:
        if self.running is not None:
            if (code := self.running.poll()) is None:
                return
            self.running = None
            self.failures = self.failures + 1 if code else 0
            self.next_look = monotonic + min(PAUSE_SECONDS * 2**self.failures, LONGEST_PAUSE_SECONDS)
        if monotonic < self.next_look:
            return
        self.next_look = monotonic + PAUSE_SECONDS
        if is_due(self.data, self.zone, now):
            self.running = self.start()


def is_due(data: Path, zone: str, now: datetime) -> bool:
    """Whether there is none yet since the last time that it was three in the morning where the firm is."""
    local = now.astimezone(ZoneInfo(zone))
    last_time = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if local < last_time:
        last_time -= timedelta(days=1)
    return not backup_marks.has_one_since(data, last_time, now)


def kept(days: Iterable[date], today: date) -> set[date]:
    """The seven newest, and of the four weeks before these the first of each. They are counted by what there is, and
    not by the calendar alone: on a day that a clock makes up all would be too old. What is of a day to come stays and
    stands for none."""
    days = sorted(days)
    past, ahead = [each for each in days if each <= today], [each for each in days if each > today]
    weeks = dict[tuple[int, int], date]()
    for each in past[:-DAYS]:
        weeks.setdefault(each.isocalendar()[:2], each)
    return {*ahead, *past[-DAYS:], *sorted(weeks.values())[-WEEKS:]}


def main() -> int:
    """0: made. Else one line says why not."""
    from webapp.box import backup  # the box asks this module only whether it is time

    os.umask(0o077)
    try:
        settings = Settings.from_env(os.environ)
    except ConfigError as error:
        print(f"dozor: no backup tonight: {error}", file=sys.stderr)
        return 1
    try:
        now = datetime.now(UTC)
        clear_parts(settings.data)
        tail = "db" if settings.is_sqlite else "dump"
        today = now.astimezone(ZoneInfo(settings.timezone)).date()
        target = settings.data / "backups" / f"{backup_marks.NIGHTLY}{today}.{tail}"
        target.unlink(missing_ok=True)  # of today, but from before three
        backup.backup(settings.database_url, target)
        backup_marks.note(settings.data, now)
        backup_marks.note_trouble(settings.data, "")
        prune(settings.data, today)
    except (backup.BackupError, OSError) as error:
        print(f"dozor: no backup tonight: {error}", file=sys.stderr)
        with suppress(OSError):  # on a full disk not even that
            backup_marks.note_trouble(settings.data, str(error))
        return 1
    return 0


def prune(data: Path, today: date) -> None:
    """What is neither among the newest days nor the first of one of the weeks before goes. Only such names."""
    dated = {}
    for each in backup_marks.made(data):
        try:
            dated[date.fromisoformat(each.stem.removeprefix(backup_marks.NIGHTLY))] = each
        except ValueError:
            continue
    wanted = kept(dated, today)
    for day, each in dated.items():
        if day not in wanted:
            each.unlink(missing_ok=True)


def clear_parts(data: Path) -> None:
    """A backup that was killed leaves a part; whoever still writes one has touched it within the hour."""
    for each in (*data.glob("*.part"), *(data / "backups").glob("*.part")):
        if time.time() - each.stat().st_mtime > LEFT_AFTER_SECONDS:
            each.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
