"""The firm's people, posts, absences, calendars and seasons as rows say, for the oracle: who is over whom, who stands
in for whom, in whose hours somebody is waited for. Written a second time; nothing of rules/ is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.faults.hours import Hours
from webapp.db import session
from webapp.models import Absence, Calendar, Department, Firm, Membership, Post, Season, User

Away = tuple[date, date, int | None]  # first and last day, and who stands in


@dataclass(frozen=True)
class Chart:
    zone: ZoneInfo
    people: Mapping[int, User]
    parents: Mapping[int, int | None]
    homes: Mapping[int, int]
    posts: Mapping[tuple[int, str], list[int]]
    absences: Mapping[int, list[Away]]
    calendars: Mapping[tuple[str, int | None], Hours]
    seasons: list[Season]

    @classmethod
    def read(cls) -> Chart:
        posts: dict[tuple[int, str], list[int]] = defaultdict(list)
        for each in session().scalars(select(Post).order_by(Post.position, Post.id)):
            posts[each.department_id, each.kind].append(each.user_id)
        absences: dict[int, list[Away]] = defaultdict(list)
        for away in session().scalars(select(Absence).order_by(Absence.id)):
            absences[away.user_id].append((away.from_on, away.until_on, away.cover_id))
        firm = session().scalars(select(Firm)).one()
        return cls(
            ZoneInfo(firm.time_zone),
            {each.id: each for each in session().scalars(select(User).order_by(User.id))},
            {each.id: each.parent_id for each in session().scalars(select(Department))},
            {each.user_id: each.department_id for each in session().scalars(select(Membership)) if each.is_primary},
            posts,
            absences,
            _calendars(firm.calendar_id),
            list(session().scalars(select(Season))),
        )

    def day(self, at: datetime) -> date:
        """In the firm's zone."""
        return at.astimezone(self.zone).date()

    def is_away(self, person: int, at: datetime) -> bool:
        return any(first <= self.day(at) <= last for first, last, _ in self.absences.get(person, ()))

    def is_there(self, person: int, about: int, at: datetime) -> bool:
        return person in self.here() and person != about and not self.is_away(person, at)

    def here(self) -> set[int]:
        """Who works here and has come in; while nobody has, whoever works here."""
        active = {each.id for each in self.people.values() if each.is_active}
        return {each for each in active if self.people[each].password_hash != "none yet"} or active

    def departments_over(self, person: int) -> Iterator[int]:
        """Their own, and those above it, the nearest first."""
        return self._upwards(self.homes.get(person))

    def _upwards(self, place: int | None) -> Iterator[int]:
        while place is not None:
            yield place
            place = self.parents.get(place)

    def heads(self, about: int, at: datetime) -> list[int]:
        """Who is told about somebody: up from their own department; the admins at the end of the way; and never
        nobody, while anybody else works here."""
        for place in self.departments_over(about):
            heads = self.posts.get((place, "head"), [])
            if found := [each for each in heads if self.is_there(each, about, at)]:
                return found
            deputies = [each for each in self.posts.get((place, "deputy"), []) if self.is_there(each, about, at)]
            if deputies and about not in heads:
                return deputies[:1]
        admins = [each.id for each in self.people.values() if each.is_admin]
        return [each for each in admins if self.is_there(each, about, at)] or self._anybody(about, admins, at)

    def next_level(self, about: int, place: int | None, told: Collection[int], at: datetime) -> list[int]:
        """Who is told next of what is about somebody, in a department: those that lead the nearest one above all whose
        posts `told` hold, as they are there; the admins at the end of the way. Nobody, once all of these know."""
        way = list(self._upwards(place))
        held = [
            n for n, each in enumerate(way) if set(told) & {*self._posts(each, "head"), *self._posts(each, "deputy")}
        ]
        free = {each for each in self.people if each not in told and self.is_there(each, about, at)}
        for each in way[held[-1] + 1 if held else 0 :]:
            if found := [head for head in self._posts(each, "head") if head in free]:
                return found
            deputies = [deputy for deputy in self._posts(each, "deputy") if deputy in free]
            if deputies and about not in self._posts(each, "head"):
                return deputies[:1]
        return [each.id for each in self.people.values() if each.is_admin and each.id in free]

    def _posts(self, place: int, kind: str) -> list[int]:
        return self.posts.get((place, kind), [])

    def _anybody(self, about: int, admins: list[int], at: datetime) -> list[int]:
        """All who are named are away: one of them all the same, else a stranger."""
        named = [*admins]
        for place in self.departments_over(about):
            heads = self.posts.get((place, "head"), [])
            named += heads + ([] if about in heads else self.posts.get((place, "deputy"), []))
        strangers = sorted(self.people, key=lambda each: (self.is_away(each, at), each))
        return [each for each in (*named, *strangers) if each in self.here() and each != about][:1]

    def cover(self, person: int, at: datetime) -> int | None:
        """Who stands in for somebody who is away that day, and is there."""
        named = [who for first, last, who in self.absences.get(person, ()) if who and first <= self.day(at) <= last]
        return next((each for each in named[:1] if self.is_there(each, person, at)), None)

    def meant(self, slot: Any, responsible: int, at: datetime, *, is_control: bool) -> list[int]:
        """The people of an addressee setting, in their order. A Control is never sent to the one it is about; whoever
        stands in for the responsible is told what they are told."""
        if isinstance(slot, list):
            found = [each for one in slot for each in self.meant(one, responsible, at, is_control=is_control)]
            return list(dict.fromkeys(found))
        person = responsible if slot == "responsible" else slot["user"] if isinstance(slot, dict) else None
        if person is None or (is_control and person == responsible):
            return self.heads(responsible, at)
        found = [person] if self.people[person].is_active else self.heads(person, at)
        cover = self.cover(responsible, at) if responsible in found else None
        return found if cover is None or cover in found else [*found, cover]

    def hours(self, person: int, at: datetime) -> Hours:
        """In whose working time somebody is waited for: the nearest calendar; while they are away, the cover's, else
        their department's."""
        whose: int | None = person
        if self.is_away(person, at):
            whose = self.cover(person, at)
        if whose is not None and (own := self.calendars.get(("person", whose))):
            return own
        places = self.departments_over(person if whose is None else whose)
        found = (self.calendars.get(("department", each)) for each in places)
        return next(filter(None, found), self.calendars["firm", None])


def _calendars(of_firm: int) -> dict[tuple[str, int | None], Hours]:
    found: dict[tuple[str, int | None], Hours] = {}
    for each in session().scalars(select(Calendar)):
        whose = ("person", each.user_id) if each.user_id else ("department", each.department_id)
        found[("firm", None) if each.id == of_firm else whose] = Hours.of(each.definition)
    return found
