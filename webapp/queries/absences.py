"""One person as every colleague sees them: where they work, when they are away, and what goes to whom meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from rules import absences as rules
from rules.rights import Scope
from webapp.db import session
from webapp.errors import NotFound
from webapp.models import Absence, Deal, Stage
from webapp.queries import meanwhile
from webapp.queries.meanwhile import Meanwhile
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts


@dataclass(frozen=True, slots=True)
class Away:
    id: int
    person: PersonFacts
    first: date
    last: date
    cover: PersonFacts | None

    @property
    def covered(self) -> tuple[rules.Days, ...]:
        """On which of these days the cover does stand in."""
        if self.cover is None:
            return ()
        chart = setups.current().org
        return rules.covered_days(chart, self.person.id, self.cover.id, self.first, self.last)


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`away` from today on; `known` are all of theirs; `proposed`, who could
    stand in, and `meanwhile` are there for whoever may note an absence."""

    person: PersonFacts
    may_set: bool
    away: list[Away]
    known: list[int]
    covers: list[PersonFacts]
    proposed: int | None  # of the covers
    meanwhile: Meanwhile | None
    today: date


def person_page(user_id: int, who: Scope) -> PersonPage:
    """Raises NotFound."""
    setup, today = setups.current(), recipients.today()
    person = setup.people.get(user_id)
    if person is None or not person.is_active:
        raise NotFound("user")
    theirs = [each for each in every() if each.person.id == user_id]
    may_set = rules.may_set(who, user_id, person.department_ids)
    covers = [each for each in setup.people.values() if each.is_active and each.id != user_id]
    return PersonPage(
        person=person,
        may_set=may_set,
        away=[each for each in theirs if each.last >= today],
        known=[each.id for each in theirs],
        covers=covers,
        proposed=_proposed(person, covers) if may_set else None,
        meanwhile=meanwhile.of(user_id, today) if may_set else None,
        today=today,
    )


def _proposed(person: PersonFacts, covers: Sequence[PersonFacts]) -> int | None:
    """Who is there today and knows the work: a deputy where they lead, else the colleague of a department of theirs
    who has the fewest open deals; their head, who is told anyway, only where there is no other. None: nobody is."""
    there = {each.id: each for each in covers if each.id not in recipients.away()}
    departments = setups.current().org.departments
    led = (each for each in departments.values() if person.id in each.heads)
    if deputy := next((other for each in led for other in each.deputies if other in there), None):
        return deputy
    beside = [each.id for each in there.values() if each.department_ids & person.department_ids]
    counts = select(Deal.responsible_id, func.count(Deal.id)).join(Stage, Stage.id == Deal.stage_id)
    is_open = (Deal.responsible_id.in_(beside), Deal.deleted_at.is_(None), Stage.kind == "open")
    deals = dict(session().execute(counts.where(*is_open).group_by(Deal.responsible_id)).all())
    heads = {head for each in person.department_ids for head in departments[each].heads}
    return min(beside, key=lambda each: (each in heads, deals.get(each, 0), there[each].name), default=None)


def every() -> list[Away]:
    """All absences of people who work here, in their order: every colleague may know of them."""
    people = setups.current().people
    rows = session().scalars(select(Absence).order_by(Absence.from_on, Absence.id))
    return [_away(each, people) for each in rows if each.user_id in people and people[each.user_id].is_active]


def _away(row: Absence, people: Mapping[int, PersonFacts]) -> Away:
    cover = people.get(row.cover_id) if row.cover_id is not None else None
    return Away(row.id, people[row.user_id], row.from_on, row.until_on, cover)


def one(absence_id: int) -> Away:
    """Raises NotFound."""
    row = session().get(Absence, absence_id)
    if row is None:
        raise NotFound("absence")
    return _away(row, setups.current().people)
