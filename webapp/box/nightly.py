"""The box's own backups: one each night into the data folder, kept for seven days and then one a week for four weeks.

`python -m webapp.box.nightly` makes today's, forgets what is too old, and clears what killed backups have left.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from webapp.config import ConfigError, Settings

HOUR = 3
DAYS, WEEKS = 7, 4
LEFT_AFTER_SECONDS = 3600
NAME = "nightly-"


def is_due(data: Path, zone: str, now: datetime) -> bool:
    """Whether there is none yet since the last time that it was three in the morning where the firm is."""
    local = now.astimezone(ZoneInfo(zone))
    last_time = local.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if local < last_time:
        last_time -= timedelta(days=1)
    return not any(each.stat().st_mtime >= last_time.timestamp() for each in made(data))


def made(data: Path) -> list[Path]:
    return [each for each in (data / "backups").glob(f"{NAME}*") if each.suffix in (".db", ".dump")]


def kept(days: Iterable[date], today: date) -> set[date]:
    """Seven days, and of the four weeks before the first of each."""
    recent, weeks = set[date](), dict[tuple[int, int], date]()
    for each in sorted(days):
        if (today - each).days < DAYS:
            recent.add(each)
        elif (today - each).days < DAYS * (WEEKS + 1):
            weeks.setdefault(each.isocalendar()[:2], each)
    return recent | set(sorted(weeks.values())[-WEEKS:])


def main() -> int:
    """0: made. Else one line says why not."""
    from webapp.box import backup, health_checks  # the box asks this module only whether it is time

    os.umask(0o077)
    try:
        settings, now = Settings.from_env(os.environ), datetime.now(UTC)
        clear_parts(settings.data)
        tail = "db" if settings.is_sqlite else "dump"
        target = settings.data / "backups" / f"{NAME}{now.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d}.{tail}"
        target.unlink(missing_ok=True)  # of today, but from before three
        backup.backup(settings.database_url, target)
        health_checks.note_backup(settings, now)
        prune(settings.data, now.astimezone(ZoneInfo(settings.timezone)).date())
    except (backup.BackupError, ConfigError, OSError) as error:
        print(f"dozor: no backup tonight: {error}", file=sys.stderr)
        return 1
    return 0


def prune(data: Path, today: date) -> None:
    """What is neither of these days nor the first of one of these weeks goes. Only files of these names."""
    dated = {}
    for each in made(data):
        try:
            dated[date.fromisoformat(each.stem.removeprefix(NAME))] = each
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
