"""A table of verbs beside the deal's own: which lines each writes, which pages hear of it, who is told, and which rows
and columns change. All of it is asserted: what a verb should leave alone is as much a claim as what it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from rules.reach import Wishes
from rules.uploads import Upload
from rules.worktime import Delay
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_what_follows import hearing
from tests.services.written import WRITTEN
from webapp import clock as time_source
from webapp.access.scopes import Actor
from webapp.db import db, session, transaction
from webapp.models import Department, ImportantItem, Task
from webapp.services import (
    absences,
    accounts,
    departments,
    important,
    next_steps,
    notifications,
    people,
    places,
    seasons,
    task_files,
    tasks,
    tellings,
)

pytestmark = [pytest.mark.usefixtures("inside", "clock")]

Verb = Callable[[], Iterator[None]]  # what was before, and after its yield the verb itself
ADMIN, HEAD, NORTH, REP1, REP2, REP3 = "admin", "head", "north", "rep1", "rep2", "rep3"


def by(name: str) -> Actor:
    return company.acting(name)


def now() -> Any:
    return time_source.now()


# --- tasks


def a_task(assignee: str = REP1, of: str = NORTH, **more: Any) -> int:
    with transaction():
        return tasks.create_by_hand("Call them", "", company.person(assignee), by(of), **more).id


def task_made() -> Iterator[None]:
    yield
    a_task(due_at=now() + timedelta(days=1), accept=True)


def task_made_in_working_days() -> Iterator[None]:
    yield
    a_task(working_days=2)


def on_task(verb: Callable[..., Any], name: str, *words: str, before: tuple[Any, ...] = (), **more: Any) -> Verb:
    def act() -> Iterator[None]:
        task = a_task(**{"accept": True, "due_at": now() + timedelta(days=1), **more})
        for earlier, who, *said in before:
            acts.on_task(task, earlier, who, *said)
        yield
        acts.on_task(task, verb, name, *words)

    return act


def delegated() -> Iterator[None]:
    task = a_task(due_at=now() + timedelta(days=1))
    yield
    with transaction():
        tasks.delegate(session().get_one(Task, task, with_for_update=True), company.person(REP2), by(NORTH))


def reminded() -> Iterator[None]:
    task = a_task(due_at=now() + timedelta(days=1))
    yield
    with transaction():
        tasks.remind(session().get_one(Task, task, with_for_update=True), Delay(1, "hours"), by(NORTH))


def file_attached() -> Iterator[None]:
    task = a_task()
    yield
    with transaction():
        held = session().get_one(Task, task, with_for_update=True)
        upload = Upload("offer.txt", b"What we agreed on.")
        first = task_files.attach(held, [upload], by(REP1))
        assert task_files.attach(held, [upload], by(REP1)) == first
        assert task_files.content(first[0]) == upload.content


def invoice_issued() -> Iterator[None]:
    deal = acts.deal()
    yield
    today = date(2026, 11, 24)
    acts.invoice(deal, issued_on=today, due_on=today)  # due on the very day


def invoice_paid_in_part() -> Iterator[None]:
    deal = acts.deal()
    acts.invoice(deal)
    yield
    acts.pay(deal, 40_000)


# --- what matters now


def an_item(deal: int | None = None) -> int:
    deal = deal or acts.deal(of=acts.contact())
    with transaction():
        cause = important.Cause("late_reply", "k", now(), company.person(REP1), deal)
        return important.open_for([company.person(NORTH)], cause, by(ADMIN)).id


def on_item(verb: Callable[..., Any], name: str, *words: Any, before: tuple[Any, ...] = ()) -> Verb:
    def act() -> Iterator[None]:
        item = an_item()
        for earlier, who, *said in before:
            _on(item, earlier, who, *said)
        yield
        _on(item, verb, name, *words)

    return act


def _on(item: int, verb: Callable[..., Any], name: str, *words: Any) -> None:
    with transaction():
        held = session().get_one(ImportantItem, item, with_for_update=True)
        verb(held, *(word() if callable(word) else word for word in words), by(name))


def item_opened() -> Iterator[None]:
    deal = acts.deal(of=acts.contact())
    yield
    an_item(deal)


def come_up_again() -> Iterator[None]:
    item = session().get_one(ImportantItem, an_item())
    cause = important.Cause(item.kind, "k", now(), item.about_id, item.deal_id)
    yield
    with transaction():
        important.open_for([company.person(NORTH), company.person(HEAD)], cause, by(ADMIN))


# --- people and their departments


def department(key: str) -> int:
    found = session().scalars(select(Department)).all()
    return next(each.id for each in found if each.name["en"] == key)


def simply(act: Callable[[], Any], *before: Callable[[], Any]) -> Verb:
    def verb() -> Iterator[None]:
        for each in before:
            with transaction():
                each()
        yield
        with transaction():
            act()

    return verb


def away(name: str = REP1, cover: str | None = REP2) -> Any:
    first = date(2026, 12, 7)
    cover_id = company.person(cover) if cover else None
    return absences.add(company.person(name), first, first + timedelta(days=4), cover_id, by(name))


def absence_verb(verb: Callable[[int], Any]) -> Verb:
    def act() -> Iterator[None]:
        with transaction():
            row = away().id
        yield
        with transaction():
            verb(row)

    return act


def season(factor: int = 150) -> seasons.SeasonDraft:
    first = date(2026, 12, 14)
    return seasons.SeasonDraft("Before the holidays", first, first + timedelta(days=9), "firm", (), {"factor": factor})


def on_season(verb: Callable[[Any], Any]) -> Verb:
    def act() -> Iterator[None]:
        with transaction():
            row = seasons.create(season(), by(ADMIN)).id
        yield
        with transaction():
            verb(seasons.locked(row))

    return act


def on_step(verb: Callable[..., Any] | None) -> Verb:
    def act() -> Iterator[None]:
        deal = acts.deal()
        draft = next_steps.StepDraft("Send the offer", now() + timedelta(days=1))
        if verb is None:
            yield
            with transaction():
                next_steps.agree(acts.locked(deal), draft, by(REP1))
            return
        with transaction():
            next_steps.agree(acts.locked(deal), draft, by(REP1))
        yield
        with transaction():
            verb(acts.locked(deal), by(REP1))

    return act


def agreed_anew() -> Iterator[None]:
    deal = acts.deal()
    for n, name in ((1, REP1), (2, REP2)):
        draft = next_steps.StepDraft("Send the offer", now() + timedelta(days=n), company.person(name))
        if n == 2:
            yield
        with transaction():
            next_steps.agree(acts.locked(deal), draft, by(NORTH))


def told_twice() -> None:
    for n in (1, 2):
        notifications.tell([company.person(REP1)], "task.created", key=f"k{n}", facts={}, urgency="normal")


def read_all() -> None:
    assert notifications.read_all(company.person(REP1), by(REP1)) == 2


def profile() -> None:
    wanted = {"name": "Ivan P.", "locale": "ru", "time_zone": "Asia/Yekaterinburg", "theme": "dark"}
    people.change_profile(company.person(REP1), **wanted, by=by(REP1))


def invited() -> None:
    made = {"email": "new@dozor.example", "name": "Nina", "places": {department("Sales South"): "member"}}
    people.invite({**made, "locale": "ru", "time_zone": "Asia/Omsk"}, by(ADMIN))  # type: ignore[typeddict-item]


def user(name: str) -> int:
    return company.person(name)


SUBMIT = (tasks.submit, REP1, "Done.")
ASK = (important.ask, NORTH, "Why?")
NEVER = date(2026, 12, 1)
VERBS: dict[str, Verb] = {
    "a task is made": task_made,
    "a task is made, due in working days": task_made_in_working_days,
    "a task is begun": on_task(tasks.start, REP1),
    "a task is handed in": on_task(tasks.submit, REP1, "Done."),
    "a task without acceptance is handed in": on_task(tasks.submit, REP1, "Done.", accept=False),
    "a task is accepted": on_task(tasks.accept, NORTH, before=(SUBMIT,)),
    "a task is sent back": on_task(tasks.send_back, NORTH, "When?", before=(SUBMIT,)),
    "a task is cancelled": on_task(tasks.cancel, NORTH),
    "a task is delegated": delegated,
    "a reminder is set": reminded,
    "a file is attached, twice the same": file_attached,
    "an invoice is issued": invoice_issued,
    "an invoice is paid in part": invoice_paid_in_part,
    "an item is opened": item_opened,
    "an item's cause comes up again": come_up_again,
    "an item is taken": on_item(important.take, NORTH),
    "an item is put aside": on_item(important.snooze, NORTH, lambda: now() + timedelta(hours=3)),
    "an item is put aside until the client answers": on_item(important.snooze, NORTH, None),
    "an item is handed on": on_item(important.hand_on, NORTH, lambda: user(HEAD)),
    "an item is asked about": on_item(important.ask, NORTH, "Why?"),
    "an item is explained": on_item(important.explain, REP1, "They were away.", before=(ASK,)),
    "an item is done": on_item(important.finish, NORTH, "Rang them.", before=((important.take, NORTH),)),
    "an item comes back": on_item(important.come_back, NORTH, before=((important.take, NORTH),)),
    "an item climbs": on_item(important.tell_next_level, ADMIN),
    "a step is agreed on": on_step(None),
    "a step is agreed on anew, for somebody else": agreed_anew,
    "a step is done": on_step(next_steps.finish),
    "a step is cancelled": on_step(next_steps.cancel),
    "a step is taken back": on_step(next_steps.take_back),
    "an absence is added": simply(away),
    "an absence is changed": absence_verb(lambda row: absences.change(row, NEVER, NEVER, None, by(HEAD))),
    "an absence is removed": absence_verb(lambda row: absences.remove(row, by(REP1))),
    "a season is made": simply(lambda: seasons.create(season(), by(ADMIN))),
    "a season is edited": on_season(lambda row: seasons.edit(row, season(200), by(ADMIN))),
    "a season is edited to what it is": on_season(lambda row: seasons.edit(row, season(), by(ADMIN))),
    "a season is removed": on_season(lambda row: seasons.remove(row, by(ADMIN))),
    "a department is made": simply(lambda: departments.add({"en": "East"}, department("Sales"), by(ADMIN))),
    "a department is renamed": simply(lambda: departments.rename(department("Sales South"), {"en": "S"}, by(ADMIN))),
    "a department is moved": simply(lambda: departments.move(department("Sales South"), None, by(ADMIN))),
    "a department is archived": simply(
        lambda: departments.archive(department("East"), by(ADMIN)),
        lambda: departments.add({"en": "East"}, None, by(ADMIN)),
    ),
    "a department is brought back": simply(
        lambda: departments.bring_back(department("East"), by(ADMIN)),
        lambda: departments.add({"en": "East"}, None, by(ADMIN)),
        lambda: departments.archive(department("East"), by(ADMIN)),
    ),
    "a department gets leads": simply(
        lambda: departments.set_leads(department("Sales South"), [user(REP3)], [user("south-deputy")], by(ADMIN))
    ),
    "of two heads the other is asked first": simply(
        lambda: places.ask_first(user(REP2), department("Sales North"), by(ADMIN)),
        lambda: departments.set_leads(department("Sales North"), [user(NORTH), user(REP2)], None, by(ADMIN)),
    ),
    "a person is put elsewhere": simply(
        lambda: places.put(user(REP2), department("Sales South"), "member", by(ADMIN), leaves=department("Sales North"))
    ),
    "a person is taken out": simply(lambda: places.take_out(user(REP2), department("Sales North"), by(ADMIN))),
    "a person leaves": simply(lambda: accounts.deactivate(user(REP2), by(ADMIN))),
    "a person is back": simply(
        lambda: accounts.activate(user(REP2), by(ADMIN)), lambda: accounts.deactivate(user(REP2), by(ADMIN))
    ),
    "a person is made an admin": simply(lambda: accounts.set_admin(user(HEAD), by(ADMIN), is_admin=True)),
    "a person is made an admin who is one": simply(lambda: accounts.set_admin(user(ADMIN), by(ADMIN), is_admin=True)),
    "a profile is changed": simply(profile),
    "a person is invited": simply(invited),
    "how to be told is chosen": simply(lambda: tellings.choose(user(REP1), Wishes(an_hour=3), by(REP1))),
    "how to be told is chosen as it is": simply(lambda: tellings.choose(user(REP1), Wishes(), by(REP1))),
    "all is read": simply(read_all, told_twice),
}


def dump() -> dict[tuple[str, Any], dict[str, Any]]:
    """Every row of every table."""
    session().expire_all()
    found = {}
    for table in db.metadata.sorted_tables:
        keys = inspect(table).primary_key.columns.keys()
        for row in session().execute(select(table)).mappings():
            found[table.name, tuple(row[key] for key in keys)] = dict(row)
    session().rollback()
    return found


def changes(before: dict[Any, dict[str, Any]], after: dict[Any, dict[str, Any]]) -> str:
    """ "+table 2" for new rows, "-table 1" for rows that are gone, "table.column" for what is another value."""
    new = Counter(f"+{table}" for table, _ in after.keys() - before.keys())
    gone = Counter(f"-{table}" for table, _ in before.keys() - after.keys())
    other = {
        f"{key[0]}.{column}"
        for key in before.keys() & after.keys()
        for column, value in before[key].items()
        if after[key][column] != value
    }
    return " ".join(sorted([*(f"{name}*{n}" for name, n in (new + gone).items()), *other]))


def what_is_written(app: Flask, verb: str) -> tuple[str, str, str, str]:
    act = VERBS[verb]()
    next(act)
    before = dump()
    with hearing(app) as pushed:
        next(act, None)
    after = dump()
    names = {company.person(name): name for name in company.PEOPLE}
    new = [(table, row) for (table, key), row in after.items() if (table, key) not in before]
    lines = sorted(row["event"] for table, row in new if table == "journal")
    told = sorted(f"{names[row['user_id']]}: {row['kind']}" for table, row in new if table == "notification")
    return ", ".join(lines), " ".join(sorted(pushed)), ", ".join(told), changes(before, after)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_writes_says_and_changes_this_and_nothing_else(app: Flask, clock: Clock, verb: str) -> None:
    lines, pushed, told, changed = WRITTEN[verb]
    assert what_is_written(app, verb) == (lines, pushed, told, " ".join(changed.split()))


def test_the_table_names_each_verb() -> None:
    assert WRITTEN.keys() == VERBS.keys()
