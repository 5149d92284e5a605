"""Several people are invited by one stroke: all of them or none."""

from __future__ import annotations

from typing import Any

from rules import people_lines
from rules.people_lines import MOST, PersonLine
from webapp.access.scopes import Actor
from webapp.errors import Refused, invalid
from webapp.services import people
from webapp.snapshots import setups


def invite(text: str, by: Actor) -> list[int]:
    """One person a line; without a department they work in the first one. Raises Refused naming every line that is
    wrong, and why."""
    lines = people_lines.read(text)
    if not lines:
        raise invalid("lines", "blank")
    if len(lines) > MOST:
        raise invalid("lines", "too_many", limit=MOST)
    made, wrong = [], []
    for each in lines:
        try:
            made.append(_invite(each, by))
        except Refused as error:
            wrong += [{"line": each.number, **problem} for problem in error.problems.values()]
    if wrong:
        raise invalid("lines", "bad_lines", lines=wrong)
    return made


def _invite(line: PersonLine, by: Actor) -> int:
    return people.invite({"name": line.name, "email": line.email, "places": _places(line)}, by)


def _places(line: PersonLine) -> dict[int, Any]:
    live = setups.current().departments
    first = next(iter(live), None) if not line.department else None
    home = first if first is not None else people_lines.department_of(line.department, live)
    if home is None and line.department:
        raise invalid("department", "department_not_known", named=line.department[:100])
    if line.post is None:
        raise invalid("post", "head_or_deputy")
    return {home: line.post} if home is not None else {}
