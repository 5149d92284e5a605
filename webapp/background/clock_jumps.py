"""The machine's clock was wrong, and somebody put it right: what was counted meanwhile waits too long, or not long
enough. The ticker notes each jump in the data folder, with the runs and terms that were counted by the wrong clock. How
far the clock is from one that cannot be set is kept there too: a clock that was set while Dozor stood is noticed by it,
until the machine starts anew."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from webapp.background import small_files
from webapp.db import session
from webapp.models import ImportantRung, RobotRun, TaskAlarm

LEAST = timedelta(seconds=30)
TERMS: dict[str, Any] = {"alarm": TaskAlarm, "rung": ImportantRung}  # what else is due so long after it was set
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Jump:
    """`by` seconds, forward or back, `at` the time that the clock then showed; `run_id` the newest run of before, and
    `newest` that of each kind of term. `bases`: from when each of `runs` was counted, `terms`: of each kind its ids
    with when they were set. One that is counted from elsewhere by now is no more of these; an older note has none."""

    at: str
    by: float
    run_id: int
    runs: list[int]
    bases: list[str] = field(default_factory=list)
    terms: dict[str, dict[str, str]] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)

    @property
    def counted_from(self) -> dict[int, datetime | None]:
        """Each of the runs."""
        known = [datetime.fromisoformat(each) for each in self.bases]
        return {run: known[place] if place < len(known) else None for place, run in enumerate(self.runs)}

    def set_at(self, kind: str) -> dict[int, datetime]:
        """Each of the terms of this kind."""
        return {int(each): datetime.fromisoformat(at) for each, at in self.terms.get(kind, {}).items()}

    @property
    def counts(self) -> int:
        """How many it has counted wrongly."""
        return len(self.runs) + sum(map(len, self.terms.values()))


class ClockWatch:
    """Compares the clock with one that cannot be set."""

    def __init__(self, data: Path) -> None:
        self.file, self.standing = file_in(data), data / "clock-seen"
        self.last: tuple[datetime, float] | None = None

    def look(self, now: datetime, monotonic: float) -> Jump | None:
        """Once in a while. The jump since the last look, which is noted."""
        last, self.last = self.last or self._before(now, monotonic), (now, monotonic)
        by = (now - last[0]) - timedelta(seconds=monotonic - last[1]) if last else timedelta(0)
        if last is None or abs(by) >= LEAST:
            self._keep(now, monotonic)
        if abs(by) < LEAST:
            return None
        newest = session().scalar(select(func.max(RobotRun.id))) or 0
        wrong = self._counted_wrongly(now, by, newest)
        bases = [base.isoformat() for base in wrong.values()]
        terms = {kind: self._set_wrongly(kind, now, by) for kind in TERMS}
        known = {kind: session().scalar(select(func.max(model.id))) or 0 for kind, model in TERMS.items()}
        jump = Jump(now.isoformat(), by.total_seconds(), newest, list(wrong), bases, terms, known)
        lines = (json.dumps(asdict(each)) for each in (*noted(self.file), jump))
        small_files.write(self.file, "".join(f"{each}\n" for each in lines))
        return jump

    def _before(self, now: datetime, monotonic: float) -> tuple[datetime, float] | None:
        """As the two clocks stood when Dozor ran last, since the machine was started; None: nobody knows."""
        boot, _, seen = small_files.read(self.standing).strip().partition(" ")
        try:
            return (datetime.fromtimestamp(float(seen), UTC), 0.0) if boot and boot == _boot() else None
        except (ValueError, OverflowError, OSError):
            return None

    def _keep(self, now: datetime, monotonic: float) -> None:
        if boot := _boot():
            small_files.write(self.standing, f"{boot} {now.timestamp() - monotonic}\n")

    def _takes_back(self, by: timedelta) -> Jump | None:
        """The jump that this one takes back."""
        known = noted(self.file)
        is_it = known and abs(known[-1].by + by.total_seconds()) < LEAST.total_seconds()
        return known[-1] if is_it else None

    def _counted_wrongly(self, now: datetime, by: timedelta, newest: int) -> dict[int, datetime]:
        """Since the jump that this one takes back; when that was not seen, whatever was made in the future."""
        waiting = select(RobotRun.id, RobotRun.base_at).where(RobotRun.state == "waiting", RobotRun.due_at.is_not(None))
        if first := self._takes_back(by):
            waiting = waiting.where(RobotRun.id > first.run_id, RobotRun.id <= newest)
        elif by < timedelta(0):
            waiting = waiting.where(RobotRun.created_at > now + timedelta(seconds=5))
        else:
            return {}
        return {row.id: row.base_at for row in session().execute(waiting.order_by(RobotRun.id))}

    def _set_wrongly(self, kind: str, now: datetime, by: timedelta) -> dict[str, str]:
        """Likewise, of terms."""
        model = TERMS[kind]
        waiting = select(model.id, model.created_at).where(model.state == "waiting")
        first = self._takes_back(by)
        if first and kind in first.newest:
            waiting = waiting.where(model.id > first.newest[kind])
        elif by < timedelta(0):
            waiting = waiting.where(model.created_at > now + timedelta(seconds=5))
        else:
            return {}
        return {str(row.id): row.created_at.isoformat() for row in session().execute(waiting.order_by(model.id))}


def _boot() -> str:
    """Which start of the machine this is; "" where it does not say."""
    return small_files.read(BOOT).strip()


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
        terms = {
            kind: {str(int(each)): datetime.fromisoformat(at).isoformat() for each, at in of.items()}
            for kind, of in raw.get("terms", {}).items()
        }
        newest = {str(kind): int(each) for kind, each in raw.get("newest", {}).items()}
        runs = [int(each) for each in raw["runs"]]
        return Jump(at.isoformat(), float(raw["by"]), int(raw["run_id"]), runs, bases, terms, newest)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def forget(file: Path) -> None:
    file.unlink(missing_ok=True)
