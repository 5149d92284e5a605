"""The firm's numbers, and whom each would ring on a working day: who has no phone is seen before anybody calls."""

from __future__ import annotations

from dataclasses import dataclass, replace

from webapp.models import PhoneLine
from webapp.snapshots import telephony


@dataclass(frozen=True, slots=True)
class LineView:
    """`rounds` are people by their posts; `without_phone` those whose turn it would be."""

    row: PhoneLine
    rounds: list[tuple[int, ...]]
    without_phone: list[int]


def lines() -> list[LineView]:
    """In the order in which they were added."""
    known = {each: replace(callee, is_at_work=True) for each, callee in telephony.callees().items()}
    found = []
    for row in telephony.lines():
        planned = telephony.plan(None, row.department_id, known)
        silent = [each.person_id for each in planned.passed if each.why == "no_phone"]
        found.append(LineView(row, [each.people for each in planned.rounds], silent))
    return found
