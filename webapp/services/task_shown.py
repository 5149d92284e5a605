"""What somebody saw of a task when they decided: work that was handed in or returned since is looked at first."""

from __future__ import annotations

from rules import tasks as rules
from webapp.errors import Refused
from webapp.models import Task
from webapp.services import journal


def submission_of(task: Task) -> str:
    """By which name what was handed in is shown, accepted and returned."""
    return rules.submission(task.submitted_at)


def check_submission(task: Task, shown: str) -> None:
    """Whoever accepts or returns has seen what waits for it; "" where nothing says what they saw. Raises Refused."""
    if shown and shown != submission_of(task) and task.state == "awaiting_acceptance":
        raise Refused("handed_in_anew", record=("task", task.id))


def check_returns(task: Task, shown: int | None) -> None:
    """Whoever hands in has seen how often the work came back, and so why; None as "" above. Raises Refused."""
    if shown is not None and shown != task.returns_count and task.state in rules.STARTS_FROM["submit"]:
        raise Refused("returned_anew", record=("task", task.id))


def check_assignee(task: Task, shown: int | None) -> None:
    """Whoever gives it on has seen whose it is; None as "" above. Raises Refused."""
    if shown not in (None, task.assignee_id):
        raise journal.stale("task", task.id)
