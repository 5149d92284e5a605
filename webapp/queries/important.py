"""What matters now, person by person: what nobody has taken, what one has taken, what was settled today, and what the
list does not show. A list can stand still: it shows what stood in it at an instant, whatever became of it since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, and_, func, or_, select

from rules import important as rules
from rules.rights import Scope
from webapp import clock
from webapp.access import filters
from webapp.db import SqlSelect, session
from webapp.models import Deal, ImportantItem, ImportantPlace, Membership
from webapp.queries import important_items as items
from webapp.queries.important_items import ItemView
from webapp.queries.next_steps import needs_step

Item, InList = ImportantItem, ImportantPlace
SHOWN = 20  # further down is counted, and comes up as those above are seen to
LISTS = ("now", "snoozed", "handed_on", "taken", "people")  # what the first does not show, each with its own list


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

    @property
    def forms(self) -> list[tuple[str, ItemView, str]]:
        """Each form that its items ask for, once."""
        return items.forms((*self.asked, *self.open, *self.taken))

    @property
    def lines(self) -> list[list[ItemView]]:
        """What is open: repeats of one robot about one person stand together, where the first of them does."""
        return together(self.open)


def together(views: Sequence[ItemView]) -> list[list[ItemView]]:
    """Each by itself, or with its like from rules.important.FEW on, where the first of them stands."""
    keys = [rules.together(each.row.kind, each.row.robot_id, each.row.about_id) or each.id for each in views]
    many = {key for key, times in Counter(keys).items() if times >= rules.FEW}
    lines: dict[object, list[ItemView]] = {}
    for key, each in zip(keys, views, strict=True):
        lines.setdefault(key if key in many else each.id, []).append(each)
    return list(lines.values())


Me = int | BindParameter[int]


def untaken(user_id: Me) -> ColumnElement[int]:
    """How many items there are that a person is to take, or to explain: the number in the bar."""
    to_take = select(func.count(InList.id)).where(_stands(user_id, "open")).scalar_subquery()
    to_explain = select(func.count(Item.id)).where(asked_of(user_id)).scalar_subquery()
    return to_take + to_explain


def _stands(user_id: Me, *as_what: str) -> ColumnElement[bool]:
    """SQL over a person's place: as one of these."""
    stands = InList.stands == as_what[0] if len(as_what) == 1 else InList.stands.in_(as_what)
    return and_(InList.user_id == user_id, stands)


def _items() -> SqlSelect:
    found: SqlSelect = select(Item).join(InList, InList.item_id == Item.id)
    return found


def asked_of(user_id: Me) -> ColumnElement[bool]:
    """SQL over Item: this person is asked to explain."""
    return and_(
        Item.about_id == user_id, Item.ended_at.is_(None), Item.question.is_not(None), Item.explanation.is_(None)
    )


def listed(scope: Scope, at: datetime | None = None) -> ImportantList:
    """A person's list; with `at` as it stood then."""
    user_id, now = scope.user_id, clock.now()
    since, look = at or now, items.Look(scope.user_id)
    today = and_(InList.user_id == user_id, ~InList.is_live, InList.ended_at > now - timedelta(hours=12))
    moved = or_(Item.left_at.is_(None), Item.left_at <= since)
    counts = _counts(user_id)
    return ImportantList(
        open=items.built(look, _open(user_id, at)),
        taken=_ordered(look, _stands(user_id, "mine"), moved) if counts["mine"] else [],
        settled=items.views(look, _items().where(today, moved).order_by(Item.ended_at.desc(), Item.id).limit(10)),
        asked=items.views(look, select(Item).where(asked_of(user_id)).order_by(Item.id).limit(SHOWN)),
        not_shown=_not_shown(counts),
        news=_news(user_id, at) if at else 0,
        at=since,
        taken_in=_taken_in(user_id, now),
    )


def _open(user_id: int, at: datetime | None) -> list[ImportantItem]:
    """What they are to take; with `at` what stood there then, whatever became of it since."""
    there = _items().where(InList.user_id == user_id).order_by(InList.rank, InList.since, InList.item_id).limit(SHOWN)
    found = list(session().scalars(there.where(InList.stands == "open", *([InList.at <= at] if at else []))))
    if at is not None:
        left = InList.item_id.in_(select(Item.id).where(Item.left_at > at))
        found += session().scalars(there.where(InList.at <= at, InList.stands != "open", left))
    return sorted(found, key=lambda each: (each.rank, each.since, each.id))[:SHOWN]


def _ordered(look: items.Look, *where: ColumnElement[bool]) -> list[ItemView]:
    order = (InList.rank, InList.since, InList.item_id)
    return items.views(look, _items().where(*where).order_by(*order).limit(SHOWN))


def _news(user_id: int, at: datetime) -> int:
    """How many are open that came after that."""
    return session().scalar(select(func.count(InList.id)).where(_stands(user_id, "open"), InList.at > at)) or 0


def _counts(user_id: int) -> Counter[str]:
    """How many stand in a person's list, by as what."""
    counted = (
        select(InList.stands, func.count().label("many")).where(_stands(user_id, *rules.STANDS)).group_by(InList.stands)
    )
    return Counter({each.stands: each.many for each in session().execute(counted)})


def not_shown(scope: Scope) -> dict[str, int]:
    """How many there are in each list beside the first; open deals of theirs on which nothing comes next."""
    return _not_shown(_counts(scope.user_id)) | {"no_next_step": without_step(scope)}


def _not_shown(counts: Counter[str]) -> dict[str, int]:
    return {which: counts[which] for which in LISTS[1:-1]} | {"more": max(0, counts["open"] - SHOWN)}


def without_step(scope: Scope) -> int:
    wanting = needs_step(), Deal.deleted_at.is_(None), filters.watched(scope.own, scope.leads)
    return session().scalar(select(func.count(Deal.id)).where(*wanting)) or 0


def hidden(scope: Scope, which: str) -> list[ItemView]:
    """One of the lists beside the first."""
    look = items.Look(scope.user_id)
    if which != "people":
        return _ordered(look, _stands(scope.user_id, which))
    return items.views(look, _of_people(scope).order_by(Item.rank, Item.since, Item.id).limit(SHOWN))


def _of_people(scope: Scope) -> SqlSelect:
    """What stands in the lists of one's people, and not in one's own: on deals of one's departments, or about whoever
    works there."""
    theirs = select(Membership.user_id).where(Membership.department_id.in_(scope.leads))
    alone = and_(Item.deal_id.is_(None), Item.about_id.in_(theirs))
    mine = select(InList.id).where(InList.item_id == Item.id, InList.user_id == scope.user_id, InList.is_live)
    found: SqlSelect = (
        select(Item)
        .outerjoin(Deal, Deal.id == Item.deal_id)
        .where(Item.ended_at.is_(None), or_(Deal.department_id.in_(scope.leads), alone), ~mine.exists())
    )
    return found


def page(user_id: int, limit: int, after_id: int | None) -> tuple[list[ItemView], int | None]:
    """What nobody has taken and what one has taken, by id, for programs; and after which the list goes on."""
    query = _items().where(_stands(user_id, "open", "mine"))
    if after_id is not None:
        query = query.where(Item.id < after_id)
    found = items.views(items.Look(user_id), query.order_by(Item.id.desc()).limit(limit + 1))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def one(user_id: int, item: ImportantItem) -> ItemView:
    return items.built(items.Look(user_id), [item])[0]


def of_deal(user_id: int, deal_id: int) -> list[ItemView]:
    """What matters on a deal now, for whoever reads the deal."""
    stand = select(Item).where(Item.deal_id == deal_id, Item.ended_at.is_(None)).order_by(Item.id)
    return items.views(items.Look(user_id), stand)


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
