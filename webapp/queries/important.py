"""What matters now, person by person: what nobody has taken, what one has taken, what was settled today, and what the
list does not show. A list can stand still: it shows what stood in it at an instant, whatever became of it since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Integer, and_, bindparam, exists, func, or_, select

from rules import important as rules
from rules.rights import Scope
from webapp import clock
from webapp.access import filters
from webapp.db import SqlSelect, execute_core, session
from webapp.models import Deal, ImportantItem, ImportantPlace, Membership, Task
from webapp.queries import important_items as items
from webapp.queries.important_items import ItemView
from webapp.queries.next_steps import needs_step
from webapp.queries.paging import Key, Listed, Turn, rows_at

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


@dataclass(frozen=True, slots=True)
class HiddenList(Listed[ItemView]):
    """A page of a list beside the first."""

    @property
    def forms(self) -> list[tuple[str, ItemView, str]]:
        """Each form that its items ask for, once."""
        return items.forms(tuple(self.rows))


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


def _ordered(*where: ColumnElement[bool]) -> SqlSelect:
    return _items().where(*where).order_by(InList.rank, InList.since, InList.item_id).limit(SHOWN)


# What every look at a list asks is built once.
_ME = bindparam("me", type_=Integer)
_THEN, _SINCE = (bindparam(name, type_=InList.at.type) for name in ("then", "since"))
_STOOD = or_(Item.left_at.is_(None), Item.left_at <= _THEN)
_OVER = and_(InList.user_id == _ME, ~InList.is_live, InList.ended_at > _SINCE)
_TO_TAKE, _MINE = _ordered(_stands(_ME, "open")), _ordered(_stands(_ME, "mine"), _STOOD)
_GONE = exists().where(Deal.id == Item.deal_id, Deal.deleted_at.is_not(None))
_SETTLED = _items().where(_OVER, _STOOD, ~_GONE).order_by(Item.ended_at.desc(), Item.id).limit(10)
_ASKED = select(Item).where(asked_of(_ME)).order_by(Item.id).limit(SHOWN)
_MANY = select(InList.stands, func.count().label("many"))
_COUNTED = _MANY.where(_stands(_ME, *rules.STANDS)).group_by(InList.stands)
_TOOK = select(Item.taken_after).where(Item.taken_by_id == _ME, Item.taken_at > _SINCE)


def listed(scope: Scope, at: datetime | None = None) -> ImportantList:
    """A person's list; with `at` as it stood then."""
    user_id, now = scope.user_id, clock.now()
    since, look, counts = at or now, items.Look(scope.user_id), _counts(user_id)
    to_take = _rows(_TO_TAKE, me=user_id) if at is None else _open(user_id, at)
    taken = _rows(_MINE, me=user_id, then=since) if counts["mine"] else []
    settled = _opening(scope, _rows(_SETTLED, me=user_id, then=since, since=now - timedelta(hours=12)))
    asked = _rows(_ASKED, me=user_id)
    seen = {each.id: each for each in items.built(look, list(dict.fromkeys([*to_take, *taken, *settled, *asked])))}
    return ImportantList(
        open=[seen[each.id] for each in to_take],
        taken=[seen[each.id] for each in taken],
        settled=[seen[each.id] for each in settled],
        asked=[seen[each.id] for each in asked],
        not_shown=_not_shown(counts),
        news=_news(user_id, at) if at else 0,
        at=since,
        taken_in=_taken_in(user_id, now),
    )


def _rows(query: SqlSelect, **asked: object) -> list[ImportantItem]:
    return list(session().scalars(query, asked))


def _opening(scope: Scope, settled: list[ImportantItem]) -> list[ImportantItem]:
    """Those that open to them still: places are kept true only while an item lives."""
    wanted = [each.id for each in settled]
    if not wanted:
        return []
    beside = select(Item.id).outerjoin(Task, Task.id == Item.task_id).outerjoin(Deal, Deal.id == Item.deal_id)
    found = set(session().scalars(beside.where(Item.id.in_(wanted), filters.items(scope))))
    return [each for each in settled if each.id in found]


def _open(user_id: int, at: datetime) -> list[ImportantItem]:
    """What they were to take then, whatever became of it since."""
    left = InList.item_id.in_(select(Item.id).where(Item.left_at > at))
    there = _rows(_ordered(_stands(user_id, "open"), InList.at <= at))
    there += _rows(_ordered(InList.user_id == user_id, InList.at <= at, InList.stands != "open", left))
    return sorted(there, key=lambda each: (each.rank, each.since, each.id))[:SHOWN]


def _news(user_id: int, at: datetime) -> int:
    """How many are open that came after that."""
    return session().scalar(select(func.count(InList.id)).where(_stands(user_id, "open"), InList.at > at)) or 0


def _counts(user_id: int) -> Counter[str]:
    """How many stand in a person's list, by as what."""
    return Counter({each.stands: each.many for each in execute_core(_COUNTED, me=user_id)})


def not_shown(scope: Scope) -> dict[str, int]:
    """How many there are in each list beside the first; open deals of theirs on which nothing comes next."""
    return _not_shown(_counts(scope.user_id)) | {"no_next_step": without_step(scope)}


def _not_shown(counts: Counter[str]) -> dict[str, int]:
    return {which: counts[which] for which in LISTS[1:-1]} | {"more": max(0, counts["open"] - SHOWN)}


def without_step(scope: Scope) -> int:
    wanting = needs_step(), Deal.deleted_at.is_(None), filters.watched(scope.own, scope.leads)
    return session().scalar(select(func.count(Deal.id)).where(*wanting)) or 0


def hidden(scope: Scope, which: str, turn: Turn = Turn()) -> HiddenList:  # noqa: B008
    """A page of one of the lists beside the first."""
    keys: tuple[Key, ...] = (Key(Item.__table__.c.rank), Key(Item.__table__.c.since), Key(Item.__table__.c.id))
    wanted = _of_people(scope) if which == "people" else _items().where(_stands(scope.user_id, which))
    rows, onward, back = rows_at(wanted, keys, turn)
    total = session().scalar(wanted.with_only_columns(func.count())) or 0
    views = items.built(items.Look(scope.user_id), [row[0] for row in rows])
    return HiddenList(views, total, onward, back)


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


def live_one(of: ImportantItem) -> int | None:
    """The item that stands now of the same work: what was settled may have begun anew."""
    same = select(Item.id).where(Item.task_id == of.task_id, Item.kind == of.kind, Item.ended_at.is_(None))
    return session().scalar(same.limit(1))


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
    took = execute_core(_TOOK, me=user_id, since=now - timedelta(days=7)).scalars()
    found = sorted(each for each in took if each is not None)
    return found[len(found) // 2] if found else None
