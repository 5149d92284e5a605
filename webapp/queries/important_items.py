"""An item of what matters now as one person sees it: who has it, who is told next and when, what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from zlib import crc32

from sqlalchemy import select

from rules import important as rules
from rules import robots, worktime
from rules import tasks as task_rules
from rules.rights import Scope
from rules.worktime import CalendarError, Delay, WorkCalendar
from webapp import clock
from webapp.access.viewer import scope_of
from webapp.background import held
from webapp.db import SqlSelect, session
from webapp.models import Deal, ImportantItem, ImportantPlace, ImportantRung, Task
from webapp.snapshots import important as snapshots
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as task_snapshots
from webapp.snapshots.setups import PersonFacts

OFFERED = ("take", "settle", "snooze", "hand_on", "ask", "explain")
ASKING = ("send_back", "explain", "settle", "ask", "snooze", "hand_on")  # these ask for something in a form
COLUMNS = tuple(ImportantItem.__table__.columns.keys())


@dataclass(frozen=True, slots=True)
class NextLevel:
    """Who is told at `at`, if nobody takes it; `from_at` the time of this level began, which stands still in `pauses`
    (pairs of epoch seconds)."""

    people: tuple[PersonFacts, ...]
    from_at: datetime
    at: datetime
    pauses: list[list[float]]


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item for one person: `may` are the verbs that they are offered, `told` has it, the latest level last."""

    row: ImportantItem
    version: int  # of the set-up, whose names and faces it shows
    viewer_id: int
    about: str
    holder: str
    told: tuple[PersonFacts, ...]
    next: NextLevel | None
    norm: Delay | None  # after how long its robot speaks
    waiting_for: int  # working seconds of whoever is to act
    may: frozenset[str]
    others: tuple[PersonFacts, ...]  # to whom it may be handed on
    offered: tuple[datetime, ...]  # until when it may be put aside
    is_held: bool  # what would follow, since a restore, until a person lets it go on

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def is_own(self) -> bool:
        """Whether it is about whoever looks at it."""
        return self.row.about_id == self.viewer_id

    @property
    def path(self) -> str:
        """Where what it is about stands: the work, the deal, else all deals of whom it is about."""
        if self.row.task_id is not None:
            return f"/tasks/{self.row.task_id}"
        return f"/deals/{self.row.deal_id}" if self.row.deal_id is not None else f"/?responsible={self.row.about_id}"

    def form_of(self, verb: str) -> str:
        """Items with the same key have the same form for this verb."""
        differs = {
            "snooze": self.row.deal_id is not None,
            "hand_on": crc32(repr([each.id for each in self.others]).encode()),
        }
        return f"{verb}-{differs[verb]:d}" if differs.get(verb) else verb

    @property
    def shown(self) -> tuple[object, ...]:
        """All that is said of it, but for the seconds until the next is told: equal ones read alike."""
        row = tuple(getattr(self.row, name) for name in COLUMNS)
        waiting = self.waiting_for - (self.waiting_for % 60 if self.waiting_for >= 600 else 0)  # as `span` says it
        return self.version, row, self.about, self.holder, self.told, self.next, self.norm, waiting, self.is_held

    @property
    def ladder_key(self) -> tuple[object, ...]:
        """Items with the same key have the same people on their ladder."""
        above = tuple(each.id for each in self.next.people) if self.next else None
        return self.row.level, tuple(each.id for each in self.told), above, self.is_held

    @property
    def forms_key(self) -> tuple[object, ...]:
        """Items with the same key may alike, and by the same forms."""
        return self.may, self.row.deal_id is not None, tuple(each.id for each in self.others)


def forms(views: Iterable[ItemView]) -> list[tuple[str, ItemView, str]]:
    """Each form that these items ask for once: its key, an item that has it, the verb."""
    found: dict[str, tuple[str, ItemView, str]] = {}
    for each in {each.forms_key: each for each in views}.values():
        for verb in ASKING:
            if verb in each.may:
                key = each.form_of(verb)
                found.setdefault(key, (key, each, verb))
    return list(found.values())


def views(look: Look, query: SqlSelect) -> list[ItemView]:
    return built(look, list(session().scalars(query)))


def built(look: Look, items: Sequence[ImportantItem]) -> list[ItemView]:
    """With a constant number of statements."""
    kept = (_rows(Deal, [each.deal_id for each in items]), _rows(Task, [each.task_id for each in items]))
    told: dict[int, list[ImportantPlace]] = {each.id: [] for each in items}
    places = select(ImportantPlace).where(ImportantPlace.item_id.in_(list(told)))
    for each in session().scalars(places.order_by(ImportantPlace.level, ImportantPlace.id)) if told else ():
        told[each.item_id].append(each)
    rungs = select(ImportantRung.item_id).where(ImportantRung.item_id.in_(list(told)), *held.is_held(ImportantRung))
    kept_back = frozenset(session().scalars(rungs)) if told else frozenset()
    found = [_view(look, item, told[item.id], is_held=item.id in kept_back) for item in items]
    del kept  # the session holds rows weakly: until here they were at hand
    return found


def _rows(model: type[Deal] | type[Task], ids: Sequence[int | None]) -> Sequence[object]:
    wanted = {each for each in ids if each is not None}
    return session().scalars(select(model).where(model.id.in_(wanted))).all() if wanted else ()


class Look:
    """Who looks, and what the forms of their list offer, found out once for all that are alike."""

    def __init__(self, user_id: int) -> None:
        self.user_id, self.setup = user_id, setups.current()
        self._readers: dict[tuple[int, int | None], tuple[PersonFacts, ...]] = {}
        self._calendars: dict[int | None, WorkCalendar] = {}

    def people(self, ids: Sequence[int]) -> tuple[PersonFacts, ...]:
        return tuple(self.setup.people[each] for each in ids if each in self.setup.people)

    @cached_property
    def offered(self) -> tuple[datetime, ...]:
        """Until when something may be put aside."""
        return rules.offered(self.calendar_of(self.user_id), clock.now())

    def calendar_of(self, person_id: int | None) -> WorkCalendar:
        if person_id not in self._calendars:
            person = self.setup.people.get(person_id or 0)
            found = recipients.calendar_for(person.department_id if person else None, person_id)
            self._calendars[person_id] = found
        return self._calendars[person_id]

    def above(self, item: ImportantItem, told: Sequence[int], at: datetime) -> tuple[PersonFacts, ...]:
        """Who is told then, if nobody of `told` has taken it."""
        place = snapshots.department_of(item)
        return self.people(_above_on(self.setup.version, recipients.day_of(at), item.about_id, place, tuple(told)))

    @cached_property
    def colleagues(self) -> tuple[PersonFacts, ...]:
        return tuple(each for each in self.setup.people.values() if each.is_active and each.id != self.user_id)

    @cached_property
    def _scopes(self) -> dict[int, Scope]:
        return {each.id: _scope_on(self.setup.version, self._day, each.id) for each in self.colleagues}

    @cached_property
    def _day(self) -> date:
        return recipients.today()

    def others(self, item: ImportantItem) -> tuple[PersonFacts, ...]:
        """Whoever may see what it is about; of work that waits, whoever may accept it."""
        deal = session().get(Deal, item.deal_id) if item.deal_id is not None else None
        found = self._who_read(deal.responsible_id, deal.department_id) if deal is not None else self.colleagues
        if item.kind == "silent":
            return tuple(each for each in found if snapshots.sees_to(item, self._scopes[each.id]))
        if item.kind != "acceptance":
            return found
        deciders = task_snapshots.deciders(session().get_one(Task, item.task_id))
        return tuple(each for each in found if each.id in deciders)

    def _who_read(self, responsible_id: int, department_id: int | None) -> tuple[PersonFacts, ...]:
        key = (responsible_id, department_id)
        if key not in self._readers:
            readers = _readers_on(self.setup.version, self._day, *key)
            self._readers[key] = tuple(each for each in self.colleagues if each.id in readers)
        return self._readers[key]


@lru_cache(maxsize=1024)
def _scope_on(version: int, day: date, person_id: int) -> Scope:
    """What a person may reach, found out once for the set-up of a version and a day: a list asks it of everybody."""
    return scope_of(setups.current(), setups.current().people[person_id])


@lru_cache(maxsize=1024)
def _readers_on(version: int, day: date, responsible_id: int, department_id: int | None) -> frozenset[int]:
    """The active people who may see such a deal."""
    active = [each.id for each in setups.current().people.values() if each.is_active]
    return frozenset(each for each in active if _scope_on(version, day, each).may_read(responsible_id, department_id))


@lru_cache(maxsize=1024)
def _above_on(
    _version: int, day: date, about_id: int | None, department_id: int | None, told: tuple[int, ...]
) -> tuple[int, ...]:
    """Who is told that day, when nobody of `told` takes it."""
    return tuple(recipients.level_above(about_id, department_id, told, day).people)


def _view(look: Look, item: ImportantItem, places: Sequence[ImportantPlace], *, is_held: bool) -> ItemView:
    user_id, names, told = look.user_id, look.setup.name_of, [each.user_id for each in places]
    others = look.others(item)
    may = _may(user_id, item, told) - (set() if others else {"hand_on"})
    return ItemView(
        row=item,
        version=look.setup.version,
        viewer_id=user_id,
        about=names(item.about_id),
        holder=names(item.holder_id),
        told=look.people(told),
        next=_next(look, item, places),
        norm=_norm(look, item),
        waiting_for=_waiting_for(look, item),
        may=may,
        others=others if "hand_on" in may else (),
        offered=look.offered if "snooze" in may else (),
        is_held=is_held,
    )


def _may(user_id: int, item: ImportantItem, told: Sequence[int]) -> frozenset[str]:
    facts = snapshots.facts_of(item)
    may = {each for each in OFFERED if user_id in told or each == "explain"}
    may = {each for each in may if not rules.why_not(facts, each, user_id)}
    return frozenset(may | (_answers(user_id, item) if user_id in told else set()))


def _answers(user_id: int, item: ImportantItem) -> set[str]:
    """Work that waits is accepted or returned in its place."""
    if item.kind != "acceptance" or item.state == "settled":
        return set()
    task = session().get_one(Task, item.task_id)
    facts, deputies = task_snapshots.facts_of(task), task_snapshots.stand_ins(task)
    return {each for each in ("accept", "send_back") if task_rules.may(facts, each, user_id, deputies=deputies) is None}


def _next(look: Look, item: ImportantItem, places: Sequence[ImportantPlace]) -> NextLevel | None:
    if item.next_at is None:
        return None
    above = look.above(item, [each.user_id for each in places], item.next_at)
    if not above:
        return None
    began = max((each.at for each in places), default=item.opened_at)
    last = max(places, key=lambda each: (each.level, -each.id), default=None)
    calendar = look.calendar_of(item.holder_id or (last.user_id if last else None))
    return NextLevel(above, began, item.next_at, _pauses(calendar, began, item.next_at))


def _pauses(calendar: WorkCalendar, begin: datetime, end: datetime) -> list[list[float]]:
    try:
        return [[a.timestamp(), b.timestamp()] for a, b in worktime.pauses(calendar, begin, end)]
    except CalendarError:
        return []


def _norm(look: Look, item: ImportantItem) -> Delay | None:
    spec = next((each for each in look.setup.value.robots if each.id == item.robot_id), None)
    return spec.timing.delay if spec is not None and isinstance(spec.timing, robots.After) else None


def _waiting_for(look: Look, item: ImportantItem) -> int:
    working = worktime.working_between(look.calendar_of(item.about_id), item.since, item.ended_at or clock.now())
    return int(working.total_seconds())
