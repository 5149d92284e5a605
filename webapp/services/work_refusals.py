"""What the work of a version was refused, and why: kept with its step, so that what was not done is named and nobody
takes it for done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from webapp.errors import Refused
from webapp.models import Company, Contact, Deal, SetupWork

MOST = 200  # are named; of more only how many


@contextmanager
def noted(work: SetupWork, record: Deal | Contact | Company | None) -> Iterator[None]:
    """A part of the step that the work is at. Its refusal is noted, and the rest goes on; whoever refuses has undone
    what belonged to it."""
    try:
        yield
    except Refused as why:
        step = work.steps[work.step]
        lines = step.get("refused", [])
        line = {"entity": record.__tablename__, "id": record.id, **_kept(why)} if record is not None else _kept(why)
        more = {"refused": [*lines, line][:MOST], "refused_count": step.get("refused_count", 0) + 1}
        work.steps = [{**each, **more} if n == work.step else each for n, each in enumerate(work.steps)]


def count(work: SetupWork) -> int:
    """How much was refused so far."""
    return sum(each.get("refused_count", 0) for each in work.steps)


def _kept(why: Refused) -> dict[str, Any]:
    """As JSON, from which the same words can be said."""
    kept = {
        "reason": why.reason,
        "facts": why.facts,
        "problems": why.problems,
        "missing": [asdict(each) | {"options": []} for each in why.missing],
    }
    made: dict[str, Any] = json.loads(json.dumps(kept, default=str))
    return made
