"""Whoever is at work, lets somebody or something wait and gives no sign for long stands in the lists of the heads
above, until they act. No event says that nothing has happened, so it is looked for again and again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from rules import important as rules
from rules import worktime
from webapp import clock
from webapp.access.scopes import Actor
from webapp.changes import announcements
from webapp.db import session, transaction
from webapp.models import ImportantItem, User
from webapp.services import important, important_causes, item_people, notifications
from webapp.services.important import Cause
from webapp.snapshots import recipients, setups, signs
from webapp.snapshots.setups import PersonFacts

CLOCK = Actor(via="clock")
EVERY = timedelta(seconds=30)
Waiting = dict[str, int]  # the item's facts: how many clients wait, how many tasks are late


class Watch:
    """Looks when it is time, by the clock of the firm."""

    def __init__(self) -> None:
        self.looked_at: datetime | None = None

    def look(self, now: datetime) -> None:
        if self.looked_at is not None and abs(now - self.looked_at) < EVERY:
            return
        self.looked_at = now
        if setups.is_founded():
            look()
            item_people.look()


def look() -> None:
    """Open an item for each who is silent now, and bring those that stand up to date. Each in a transaction of its
    own; what has not changed writes nothing."""
    waits, standing = _waiting(), _standing()
    silent = _silent(sorted(waits.keys() - standing.keys()))
    changed = [each for each, item in standing.items() if _is_other(item, waits.get(each))]
    session().rollback()
    for person_id in silent:
        with transaction():
            _open(person_id)
    for person_id in changed:
        with transaction():
            _review(person_id)


def _waiting() -> dict[int, Waiting]:
    """Person → what waits for them, if anything does."""
    clients, late = signs.clients_waiting(), signs.tasks_overdue()
    return {each: {"person.clients": clients[each], "person.tasks": late[each]} for each in clients | late}


def _standing() -> dict[int, ImportantItem]:
    live = select(ImportantItem).where(ImportantItem.kind == "silent", ImportantItem.ended_at.is_(None))
    return {each.about_id: each for each in session().scalars(live) if each.about_id is not None}


def _silent(people: list[int]) -> list[int]:
    """Those of them who are at work now and have given no sign for too long; not again what a head has called done
    since."""
    known = setups.current().people
    here = [each for each in people if each in known and _is_at_work(known[each])]
    since = signs.silent_since(here) if here else {}
    return [each for each, at in since.items() if _is_too_long(known[each], at) and not _is_done(each, at)]


def _is_at_work(person: PersonFacts) -> bool:
    now = clock.now()
    try:
        return person.is_active and recipients.next_there(person.id, now) == now
    except worktime.CalendarError:
        return False


def _is_too_long(person: PersonFacts, since: datetime) -> bool:
    return rules.is_silent(recipients.calendar_for(person.department_id, person.id), since, clock.now())


def _is_done(person_id: int, since: datetime) -> bool:
    """Somebody has said so of this very silence."""
    said = select(ImportantItem.id).where(
        ImportantItem.left_at >= since,
        ImportantItem.kind == "silent",
        ImportantItem.about_id == person_id,
        ImportantItem.reason["code"].as_string() == "done",
    )
    return session().scalar(said.limit(1)) is not None


def _open(person_id: int) -> None:
    """If they are silent still, behind the lock of their row: another ticker may have been quicker."""
    session().get(User, person_id, with_for_update={"key_share": True}, populate_existing=True)
    waits, person = _waiting().get(person_id), setups.current().people[person_id]
    if waits is None or important.standing("silent", f"p{person_id}") is not None or not _silent([person_id]):
        return
    heads = [each for each in recipients.head_of(person_id, person.department_id).people if each != person_id]
    if not heads:
        return
    facts = {"person.name": person.name, **waits}
    since = signs.silent_since([person_id])[person_id]
    within = important_causes.firms_time()
    cause = Cause("silent", f"p{person_id}", since, about_id=person_id, facts=facts, take_within=within)
    item = important.open_for(heads, cause, CLOCK)
    told = {**facts, "item.kind": "silent", "item.id": item.id}
    notifications.tell(heads, "important.silent", key=f"important.silent-{item.id}", facts=told)


def _is_other(item: ImportantItem, waits: Waiting | None) -> bool:
    return important_causes.why_over(item) is not None or _counted(item) != (waits or {})


def _counted(item: ImportantItem) -> Waiting:
    return {key: item.facts[key] for key in ("person.clients", "person.tasks")}


def _review(person_id: int) -> None:
    item, waits = important.standing("silent", f"p{person_id}"), _waiting().get(person_id)
    if item is None:
        return
    code = important_causes.why_over(item)
    if code is not None:
        important.settle(item, {"code": code}, CLOCK)
    elif waits is not None and waits != _counted(item):
        item.facts = {**item.facts, **waits}
        announcements.important_changed(item.id)
