"""The time that handed-in work had to be accepted: its robot's, else the firm's of then, and when it was over.

Neither is asked of today: the alarm that was set when it was handed in keeps the instant, the run its robot's setting,
the journal what the firm's was.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from rules.tasks import firms_time
from rules.worktime import Delay
from webapp.db import session
from webapp.models import JournalEntry, RobotDefinition, RobotRun, Task, TaskAlarm
from webapp.snapshots.setups import current


def over_at(submitted_at: InstrumentedAttribute[datetime]) -> ColumnElement[datetime | None]:
    """Over Task: when the time of what was handed in at that instant was over."""
    of_it = TaskAlarm.task_id == Task.id, TaskAlarm.kind == "acceptance_overdue", TaskAlarm.created_at >= submitted_at
    alarm = select(TaskAlarm.due_at).where(*of_it).order_by(TaskAlarm.id).limit(1)
    return alarm.correlate_except(TaskAlarm).scalar_subquery()


def of_robot() -> ColumnElement[Any]:
    """Over Task: what its robot says."""
    said = select(RobotDefinition.body["settings"]["accept_within"])
    run = said.join(RobotRun, RobotRun.definition_id == RobotDefinition.id).where(RobotRun.id == Task.run_id)
    return run.correlate_except(RobotDefinition, RobotRun).scalar_subquery()


def reader() -> Callable[[dict[str, Any] | None, datetime], Delay]:
    """Answers how long the acceptor had: by what the robot says, for what was handed in then."""
    of_firm = select(JournalEntry.at, JournalEntry.old).where(
        JournalEntry.entity == "firm", JournalEntry.event == "firm.edited", JournalEntry.field == "accept_within"
    )
    changes = [(each.at, each.old) for each in session().execute(of_firm.order_by(JournalEntry.id))]

    def within(robots: dict[str, Any] | None, at: datetime) -> Delay:
        if robots:
            return Delay(robots["amount"], robots["unit"])
        return firms_time(next((old for when, old in changes if when > at), current().firm.accept_within))

    return within
