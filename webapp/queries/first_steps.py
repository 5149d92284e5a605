"""The first steps of a new firm, each with whether it is done, as facts tell."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from webapp.db import session
from webapp.models import Conversation, Robot
from webapp.snapshots import setups

STEPS = ("stages", "robots", "people", "form", "inquiry")


@dataclass(frozen=True, slots=True)
class FirstStep:
    key: str
    is_done: bool


def first_steps() -> list[FirstStep]:
    """In their order; nothing once all are done, or where no list is kept or wanted any more."""
    noted = setups.current().firm.first_steps
    if noted is None or "dismissed" in noted:
        return []
    steps = [FirstStep(each, each in noted or _is_fact(each)) for each in STEPS]
    return [] if all(each.is_done for each in steps) else steps


def _is_fact(step: str) -> bool:
    if step == "people":
        return len(setups.current().people) > 1
    kept = {"robots": Robot.id, "inquiry": Conversation.id}.get(step)
    return kept is not None and session().scalar(select(kept).limit(1)) is not None
