"""The machine's clock was wrong, and somebody put it right: what was counted meanwhile waits too long, or not long
enough. The ticker notes each jump in the data folder, with the runs that were counted by the wrong clock."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from webapp.background import small_files
from webapp.db import session
from webapp.models import RobotRun

LEAST = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Jump:
    """`by` seconds, forward or back, `at` the time that the clock then showed; `run_id` the newest run of before.
    `bases`: from when each of `runs` was counted. One that is counted from elsewhere by now is no more of these; an
    older note has none."""

    at: str
    by: float
    run_id: int
    runs: list[int]
    bases: list[str] = field(default_factory=list)

    @property
    def counted_from(self) -> dict[int, datetime | None]:
        """Each of the runs."""
        known = [datetime.fromisoformat(each) for each in self.bases]
        return {run: known[place] if place < len(known) else None for place, run in enumerate(self.runs)}


class ClockWatch:
    """Compares the clock with one that cannot be set."""

    def __init__(self, data: Path) -> None:
        self.file = file_in(data)
        self.last: tuple[datetime, float] | None = None

    def look(self, now: datetime, monotonic: float) -> Jump | None:
        """Once in a while. The jump since the last look, which is noted."""
        last, self.last = self.last, (now, monotonic)
        if last is None:
            return None
        by = (now - last[0]) - timedelta(seconds=monotonic - last[1])
        if abs(by) < LEAST:
            return None
        newest = session().scalar(select(func.max(RobotRun.id))) or 0
        wrong = self._counted_wrongly(now, by, newest)
        bases = [base.isoformat() for base in wrong.values()]
        jump = Jump(now.isoformat(), by.total_seconds(), newest, list(wrong), bases)
        lines = (json.dumps(asdict(each)) for each in (*noted(self.file), jump))
        small_files.write(self.file, "".join(f"{each}\n" for each in lines))
        return jump

    def _counted_wrongly(self, now: datetime, by: timedelta, newest: int) -> dict[int, datetime]:
        """Since the jump that this one takes back; when that was not seen, whatever was made in the future."""
        known = noted(self.file)
        waiting = select(RobotRun.id, RobotRun.base_at).where(RobotRun.state == "waiting", RobotRun.due_at.is_not(None))
        if known and abs(known[-1].by + by.total_seconds()) < LEAST.total_seconds():
            waiting = waiting.where(RobotRun.id > known[-1].run_id, RobotRun.id <= newest)
        elif by < timedelta(0):
            waiting = waiting.where(RobotRun.created_at > now + timedelta(seconds=5))
        else:
            return {}
        return {row.id: row.base_at for row in session().execute(waiting.order_by(RobotRun.id))}


def file_in(data: Path) -> Path:
    return data / "clock-jumps"


def noted(file: Path) -> list[Jump]:
    """Oldest first. A line that cannot be read is none: health is asked when things go wrong."""
    found = (_jump(each) for each in small_files.read(file).splitlines())
    return [each for each in found if each is not None]


def _jump(line: str) -> Jump | None:
    try:
        raw = json.loads(line)
        at = datetime.fromisoformat(raw["at"])
        if at.tzinfo is None:
            return None
        bases = [datetime.fromisoformat(each).isoformat() for each in raw.get("bases", ())]
        return Jump(at.isoformat(), float(raw["by"]), int(raw["run_id"]), [int(each) for each in raw["runs"]], bases)
    except (ValueError, TypeError, KeyError):
        return None


def forget(file: Path) -> None:
    file.unlink(missing_ok=True)
