"""Whose an item is when something changes hands: it goes with its deal and its work, and with the posts and departments
of people. Nobody has one who is gone or to whom it does not open, and somebody has it always.

Most of it follows events. That a day begins with which somebody stands in no longer is no event: it is looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, select

from rules import important as rules
from webapp.access import filters, items
from webapp.access.scopes import Actor
from webapp.access.viewer import scope_of
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import Deal, ImportantItem, ImportantPlace, RobotRun, Task
from webapp.services import important, important_causes
from webapp.services.events import DealAssigned, DealRestored, DealTakenAlong, PeopleChanged, TaskStepped
from webapp.snapshots import important as item_snapshots
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots

CLOCK = Actor(via="clock")
_LIVE = select(ImportantItem).where(ImportantItem.ended_at.is_(None)).order_by(ImportantItem.id).with_for_update()


def follow(event: object) -> None:
    """What an event means to those who have items."""
    if isinstance(event, DealAssigned) and event.old_id is not None:
        _follow(ImportantItem.deal_id == event.deal.id, {event.old_id}, event.by)
    elif isinstance(event, DealTakenAlong | DealRestored):  # of whoever had an item, some may have left meanwhile
        _follow(ImportantItem.deal_id == event.deal.id, set(), event.by)
    elif isinstance(event, TaskStepped) and event.was_id is not None:
        _follow(ImportantItem.task_id == event.task_id, {event.was_id}, event.by)
    elif isinstance(event, PeopleChanged):
        for item_id in _out_of_place():
            _put_right(item_id)


def look() -> None:
    """Put right what the clock has changed, each in a transaction of its own; nothing is written where all is right."""
    found = _out_of_place()
    session().rollback()
    for item_id in found:
        with transaction():
            _put_right(item_id)


def _follow(of: ColumnElement[bool], was: Collection[int], by: Actor) -> None:
    """What these items are about has changed hands: those of `was` have it no longer for that, and whoever it is for
    now has it."""
    for item in session().scalars(_LIVE.where(of)).all():
        wanted = whose(item)
        _pass_on(item, {each for each in was if each not in wanted}, wanted, by)


def _put_right(item_id: int) -> None:
    """Its deal and its task are locked first. Whoever may have it keeps it; another comes in for whoever may not."""
    item = session().get_one(ImportantItem, item_id)
    if item.deal_id is not None:
        session().get(Deal, item.deal_id, with_for_update=True, populate_existing=True)
    if item.task_id is not None:
        session().get(Task, item.task_id, with_for_update=True, populate_existing=True)
    item = session().get_one(ImportantItem, item_id, with_for_update=True, populate_existing=True)
    if item.ended_at is None:
        _pass_on(item, (), whose(item), CLOCK)


def _pass_on(item: ImportantItem, was: Collection[int], wanted: Iterable[int], by: Actor) -> None:
    _is_about(item)
    new = items.those_who_may(item, wanted)
    had = {each.user_id for each in important.places(item)}
    gone = {each for each in had if each in was or not items.may_have(item, each)} - set(new)
    if item.take_within is None and item.kind in rules.LADDER_OF and item.about_id not in (had - gone).union(new):
        within = important_causes.firms_time()  # nobody has it for whom it is their own deal
        item.take_within = {"amount": within.amount, "unit": within.unit}
    important.pass_on(item, gone, new, by)


def _is_about(item: ImportantItem) -> None:
    """Whoever is responsible now, and is to explain it; what the former was asked is not theirs to answer."""
    task, deal = _task(item), _deal(item)
    about = task.assignee_id if task is not None else deal.responsible_id if deal is not None else item.about_id
    if about == item.about_id:
        return
    fact = "task.assignee" if task is not None else "deal.responsible"
    item.about_id, item.facts = about, {**item.facts, fact: setups.current().name_of(about)}
    item.question = item.asked_by_id = item.explanation = None
    announcements.important_changed(item.id)


def whose(item: ImportantItem) -> list[int]:
    """For whom its cause is today: as if it came up now."""
    task, deal = _task(item), _deal(item)
    if task is not None:
        return _whose_work(item, task)
    if deal is None:
        above = recipients.head_of(item.about_id or 0, item_snapshots.department_of(item)).people
        return [each for each in above if each != item.about_id]
    run = session().get(RobotRun, item.run_id) if item.run_id is not None else None
    if run is None:
        return list(recipients.of_deal(deal).people)
    return list(recipients.reached(run.definition["kind"], run.definition["settings"], deal).people)


def _whose_work(item: ImportantItem, task: Task) -> list[int]:
    if item.kind == "acceptance":
        return sorted(snapshots.deciders(task))
    if important_causes.is_own(item):
        return [task.assignee_id]
    boss = task.acceptor_id or task.creator_id
    return [boss] if boss is not None else []


def _task(item: ImportantItem) -> Task | None:
    return session().get(Task, item.task_id) if item.task_id is not None else None


def _deal(item: ImportantItem) -> Deal | None:
    return session().get(Deal, item.deal_id) if item.deal_id is not None else None


def _out_of_place() -> list[int]:
    """Live items in the list of somebody who is gone, or to whom they do not open; in the order of their deals."""
    live = select(ImportantPlace.user_id, ImportantPlace.item_id).where(ImportantPlace.is_live)
    stand: dict[int, set[int]] = {}
    for user_id, item_id in session().execute(live):
        stand.setdefault(user_id, set()).add(item_id)
    found = {item for person_id, theirs in stand.items() for item in theirs - _opening(person_id)}
    ordered = select(ImportantItem.id).where(ImportantItem.id.in_(found))
    return list(session().scalars(ordered.order_by(ImportantItem.deal_id, ImportantItem.id))) if found else []


def _opening(person_id: int) -> set[int]:
    """Of what stands in this person's list, what opens to them."""
    setup = setups.current()
    person = setup.people.get(person_id)
    if person is None or not person.is_active:
        return set()
    theirs = (
        select(ImportantItem.id)
        .join(ImportantPlace, ImportantPlace.item_id == ImportantItem.id)
        .outerjoin(Task, Task.id == ImportantItem.task_id)
        .outerjoin(Deal, Deal.id == ImportantItem.deal_id)
        .where(ImportantPlace.user_id == person_id, ImportantPlace.is_live, filters.items(scope_of(setup, person)))
    )
    return set(session().scalars(theirs))
