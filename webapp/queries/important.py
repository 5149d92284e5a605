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


def listed(scope: Scope, at: datetime | None = None) -> ImportantList:
    """A person's list; with `at` as it stood then."""
    user_id, now = scope.user_id, clock.now()
    since = at or now
    still = Item.left_at > since
    was_there = and_(InList.user_id == user_id, InList.at <= since, or_(and_(InList.is_live, _is_open(user_id)), still))
    mine = and_(_in_list(user_id), Item.state == "taken", Item.holder_id == user_id)
    today = and_(InList.user_id == user_id, ~InList.is_live, InList.ended_at > now - timedelta(hours=12))
    moved = or_(Item.left_at.is_(None), Item.left_at <= since)
    order = (Item.rank, Item.since, Item.id)
    return ImportantList(
        open=items.views(user_id, _items().where(was_there).order_by(*order).limit(SHOWN)),
        taken=items.views(user_id, _items().where(mine, moved).order_by(*order).limit(SHOWN)),
        settled=items.views(user_id, _items().where(today, moved).order_by(Item.ended_at.desc(), Item.id).limit(10)),
        asked=items.views(user_id, select(Item).where(asked_of(user_id)).order_by(Item.id).limit(SHOWN)),
        not_shown=not_shown(scope),
        news=_count(_in_list(user_id), _is_open(user_id), InList.at > since),
        at=since,
        taken_in=_taken_in(user_id, now),
    )


def _hidden(scope: Scope, which: str) -> ColumnElement[bool]:
    """SQL over Item and the person's place."""
    of_others = or_(Item.holder_id.is_(None), Item.holder_id != scope.user_id)
    tests = {
        "snoozed": Item.state == "snoozed",
        "handed_on": and_(Item.state == "handed_on", of_others),
        "taken": and_(Item.state == "taken", of_others),
    }
    return and_(_in_list(scope.user_id), tests[which])


def not_shown(scope: Scope) -> dict[str, int]:
    """How many there are in each list beside the first; open deals of theirs on which nothing comes next."""
    hidden = {which: _count(_hidden(scope, which)) for which in LISTS[1:-1]}
    more = max(0, _count(_in_list(scope.user_id), _is_open(scope.user_id)) - SHOWN)
    return hidden | {"no_next_step": _without_step(scope), "more": more}


def _without_step(scope: Scope) -> int:
    wanting = needs_step(), Deal.deleted_at.is_(None), filters.watched(scope.own, scope.leads)
    return session().scalar(select(func.count(Deal.id)).where(*wanting)) or 0


def hidden(scope: Scope, which: str) -> list[ItemView]:
    """One of the lists beside the first."""
    query = _of_people(scope) if which == "people" else _items().where(_hidden(scope, which))
    return items.views(scope.user_id, query.order_by(Item.rank, Item.since, Item.id).limit(SHOWN))


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
    mine = or_(_is_open(user_id), and_(Item.state == "taken", Item.holder_id == user_id))
    query = _items().where(_in_list(user_id), mine)
    if after_id is not None:
        query = query.where(Item.id < after_id)
    found = items.views(user_id, query.order_by(Item.id.desc()).limit(limit + 1))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


def one(user_id: int, item: ImportantItem) -> ItemView:
    return items.built(user_id, [item])[0]


def of_deal(user_id: int, deal_id: int) -> list[ItemView]:
    """What matters on a deal now, for whoever reads the deal."""
    return items.views(user_id, select(Item).where(Item.deal_id == deal_id, Item.ended_at.is_(None)).order_by(Item.id))


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
