"""What matters now, person by person: what nobody has taken, what one has taken, what was settled today, and what the
list does not show. A list can stand still: it shows what stood in it at an instant, whatever became of it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, func, or_, select

from rules import important as rules
from rules import worktime
from webapp import clock
from webapp.access.viewer import scope_of
from webapp.db import SqlSelect, session
from webapp.models import Deal, ImportantItem, ImportantPlace
from webapp.snapshots import important as snapshots
from webapp.snapshots import recipients, setups
from webapp.snapshots.setups import PersonFacts

Item, InList = ImportantItem, ImportantPlace
SHOWN = 50
OFFERED = ("take", "settle", "snooze", "hand_on", "ask", "explain")
LISTS = ("now", "snoozed", "handed_on", "taken")  # what the first does not show, each with a list of its own


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item for one person: `may` are the verbs that they are offered, `told` has it, `next` is told at next_at."""

    row: ImportantItem
    about: str
    holder: str
    told: tuple[str, ...]
    next: tuple[str, ...]
    next_id: int | None
    waiting_for: int  # working seconds of whoever is to act
    may: frozenset[str]
    others: tuple[PersonFacts, ...]  # to whom it may be handed on
    offered: tuple[datetime, ...]  # until when it may be put aside

    @property
    def id(self) -> int:
        return self.row.id


@dataclass(frozen=True, slots=True)
class ImportantList:
    """`news` have come since the list began to stand still; `not_shown` counts what has a list of its own."""

    open: list[ItemView]
    taken: list[ItemView]
    settled: list[ItemView]
    asked: list[ItemView]
    not_shown: Mapping[str, int]
    news: int
    at: datetime
    taken_in: int | None  # median seconds to take, this week


Me = int | BindParameter[int]


def untaken(user_id: Me) -> ColumnElement[int]:
    """How many items there are that a person is to take, or to explain: the number in the bar."""
    to_take = _counted(_in_list(user_id), _is_open(user_id)).scalar_subquery()
    to_explain = select(func.count(Item.id)).where(asked_of(user_id)).scalar_subquery()
    return to_take + to_explain


def _counted(*where: ColumnElement[bool]) -> SqlSelect:
    found: SqlSelect = select(func.count(Item.id)).join(InList, InList.item_id == Item.id).where(*where)
    return found


def _is_open(user_id: Me) -> ColumnElement[bool]:
    """SQL over Item: nobody has taken it, and this person is to."""
    return or_(Item.state == "open", and_(Item.state == "handed_on", Item.holder_id == user_id))


def _in_list(user_id: Me) -> ColumnElement[bool]:
    return and_(InList.user_id == user_id, InList.is_live)


def _items() -> SqlSelect:
    found: SqlSelect = select(Item).join(InList, InList.item_id == Item.id)
    return found


def asked_of(user_id: Me) -> ColumnElement[bool]:
    """SQL over Item: this person is asked to explain."""
    return and_(
        Item.about_id == user_id, Item.ended_at.is_(None), Item.question.is_not(None), Item.explanation.is_(None)
    )


def listed(user_id: int, at: datetime | None = None) -> ImportantList:
    """A person's list; with `at` as it stood then."""
    now = clock.now()
    since = at or now
    still = Item.left_at > since
    was_there = and_(InList.user_id == user_id, InList.at <= since, or_(and_(InList.is_live, _is_open(user_id)), still))
    mine = and_(_in_list(user_id), Item.state == "taken", Item.holder_id == user_id)
    today = and_(InList.user_id == user_id, ~InList.is_live, InList.ended_at > now - timedelta(hours=12))
    moved = or_(Item.left_at.is_(None), Item.left_at <= since)
    order = (Item.rank, Item.since, Item.id)
    return ImportantList(
        open=_views(user_id, _items().where(was_there).order_by(*order).limit(SHOWN)),
        taken=_views(user_id, _items().where(mine, moved).order_by(*order).limit(SHOWN)),
        settled=_views(user_id, _items().where(today, moved).order_by(Item.ended_at.desc(), Item.id).limit(10)),
        asked=_views(user_id, select(Item).where(asked_of(user_id)).order_by(Item.id).limit(SHOWN)),
        not_shown=not_shown(user_id),
        news=_count(_in_list(user_id), _is_open(user_id), InList.at > since),
        at=since,
        taken_in=_taken_in(user_id, now),
    )


def _hidden(user_id: int, which: str) -> ColumnElement[bool]:
    of_others = or_(Item.holder_id.is_(None), Item.holder_id != user_id)
    tests = {
        "snoozed": Item.state == "snoozed",
        "handed_on": and_(Item.state == "handed_on", of_others),
        "taken": and_(Item.state == "taken", of_others),
    }
    return and_(_in_list(user_id), tests[which])


def not_shown(user_id: int) -> dict[str, int]:
    """How many there are in each list beside the first."""
    hidden = {which: _count(_hidden(user_id, which)) for which in LISTS[1:]}
    return hidden | {"more": max(0, _count(_in_list(user_id), _is_open(user_id)) - SHOWN)}


def hidden(user_id: int, which: str) -> list[ItemView]:
    """One of the lists beside the first."""
    return _views(
        user_id, _items().where(_hidden(user_id, which)).order_by(Item.rank, Item.since, Item.id).limit(SHOWN)
    )


def page(user_id: int, limit: int, after_id: int | None) -> tuple[list[ItemView], int | None]:
    """What nobody has taken and what one has taken, by id, for programs; and after which the list goes on."""
    mine = or_(_is_open(user_id), and_(Item.state == "taken", Item.holder_id == user_id))
    query = _items().where(_in_list(user_id), mine)
    if after_id is not None:
        query = query.where(Item.id < after_id)
    found = _views(user_id, query.order_by(Item.id.desc()).limit(limit + 1))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def one(user_id: int, item: ImportantItem) -> ItemView:
    return _built(user_id, [item])[0]


def of_deal(user_id: int, deal_id: int) -> list[ItemView]:
    """What matters on a deal now, for whoever reads the deal."""
    return _views(user_id, select(Item).where(Item.deal_id == deal_id, Item.ended_at.is_(None)).order_by(Item.id))


def _count(*where: ColumnElement[bool]) -> int:
    return session().scalar(_counted(*where)) or 0


def concerned(item_ids: Sequence[int]) -> set[int]:
    """In whose lists these items stand, and whom they are about."""
    told = session().scalars(select(InList.user_id).where(InList.item_id.in_(item_ids)))
    about = session().scalars(select(Item.about_id).where(Item.id.in_(item_ids), Item.about_id.is_not(None)))
    return {*told, *(each for each in about if each is not None)}


def _taken_in(user_id: int, now: datetime) -> int | None:
    """The median of how long this person took to take an item, over seven days, in working seconds."""
    took = select(Item.taken_after).where(Item.taken_by_id == user_id, Item.taken_at > now - timedelta(days=7))
    found = sorted(each for each in session().scalars(took) if each is not None)
    return found[len(found) // 2] if found else None


def _views(user_id: int, query: SqlSelect) -> list[ItemView]:
    return _built(user_id, list(session().scalars(query)))


def _built(user_id: int, items: Sequence[ImportantItem]) -> list[ItemView]:
    deal_ids = {each.deal_id for each in items if each.deal_id is not None}
    kept = session().scalars(select(Deal).where(Deal.id.in_(deal_ids))).all() if deal_ids else ()
    told: dict[int, list[int]] = {each.id: [] for each in items}
    places = select(InList).where(InList.item_id.in_(list(told))).order_by(InList.level, InList.id)
    for each in session().scalars(places) if told else ():
        told[each.item_id].append(each.user_id)
    views = [_view(user_id, item, told[item.id]) for item in items]
    del kept  # the session holds rows weakly: until here they were at hand
    return views


def _view(user_id: int, item: ImportantItem, told: list[int]) -> ItemView:
    names = setups.current().name_of
    above = snapshots.next_level(item, told, item.next_at).people if item.next_at is not None else ()
    facts = snapshots.facts_of(item)
    is_told = user_id in told
    may = [each for each in OFFERED if (is_told or each == "explain") and not rules.why_not(facts, each, user_id)]
    return ItemView(
        row=item,
        about=names(item.about_id),
        holder=names(item.holder_id),
        told=tuple(map(names, told)),
        next=tuple(map(names, above)),
        next_id=above[0] if above else None,
        waiting_for=_waiting_for(item),
        may=frozenset(may),
        others=_others(user_id, item) if "hand_on" in may else (),
        offered=_offered(user_id) if "snooze" in may else (),
    )


def _others(user_id: int, item: ImportantItem) -> tuple[PersonFacts, ...]:
    """Whoever may see what it is about."""
    setup = setups.current()
    deal = session().get(Deal, item.deal_id) if item.deal_id is not None else None
    people = [each for each in setup.people.values() if each.is_active and each.id != user_id]
    if deal is None:
        return tuple(people)
    reads = (deal.responsible_id, deal.department_id)
    return tuple(each for each in people if scope_of(setup, each).may_read(*reads))


def _offered(user_id: int) -> tuple[datetime, ...]:
    person = setups.current().people[user_id]
    return rules.offered(recipients.calendar_for(person.department_id, user_id), clock.now())


def _waiting_for(item: ImportantItem) -> int:
    person = setups.current().people.get(item.about_id or 0)
    calendar = recipients.calendar_for(person.department_id if person else None, item.about_id)
    return int(worktime.working_between(calendar, item.since, item.ended_at or clock.now()).total_seconds())
