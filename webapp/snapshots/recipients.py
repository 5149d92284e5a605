"""From a slot ("head", "responsible", a user) to the people who stand in it today, with the path taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from rules import org
from webapp import clock
from webapp.models import Deal
from webapp.snapshots import setups


@dataclass(frozen=True, slots=True)
class Recipients:
    """`people` in the order of preference; `path` as JSON steps: who was looked at, and why passed over."""

    people: tuple[int, ...]
    path: list[Any] = field(default_factory=list)


def of(slot: Any, deal: Deal) -> Recipients:
    """The people of an addressee setting: "responsible", "head", {"user": id}, or a list of these."""
    if isinstance(slot, list):
        found = [of(each, deal) for each in slot]
        people = dict.fromkeys(person for each in found for person in each.people)
        return Recipients(tuple(people), [step for each in found for step in each.path])
    if slot == "head":
        return head_of(deal.responsible_id, deal.department_id)
    user_id = deal.responsible_id if slot == "responsible" else slot.get("user")
    return _active(user_id, deal)


def _active(user_id: int, deal: Deal) -> Recipients:
    """A named person; when no longer active, the head is found instead: never nobody."""
    person = setups.current().people.get(user_id)
    if person is not None and person.is_active:
        return Recipients((user_id,), [{"post": "named", "person_id": user_id, "verdict": "chosen"}])
    found = head_of(user_id, deal.department_id)
    return Recipients(found.people, [{"post": "named", "person_id": user_id, "verdict": "inactive"}, *found.path])


def head_of(about: int, department_id: int | None) -> Recipients:
    """The active heads over a person, by the resolver of rules.org, as of today in the firm's zone."""
    answer = org.head_of(setups.current().org, about, department_id, today())
    return Recipients(
        answer.people,
        [
            {"department_id": s.department_id, "post": s.post, "person_id": s.person_id, "verdict": s.verdict}
            for s in answer.path
        ],
    )


def away() -> frozenset[int]:
    """Who is absent today."""
    return frozenset(each.id for each in setups.current().org.people.values() if each.is_away(today()))


def today() -> date:
    """In the firm's zone."""
    return clock.now().astimezone(ZoneInfo(setups.current().firm.time_zone)).date()
