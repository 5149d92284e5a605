"""Firms at random: any tree of departments, anybody in any post, away or gone; deals, tasks and clients of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

from sqlalchemy import delete, select, update

from rules import important as rules
from rules.next_steps import MARKED
from rules.worktime import Delay
from tests import company
from tests.conftest import TUESDAY
from webapp.access.scopes import SYSTEM
from webapp.db import session, transaction
from webapp.models import (
    Absence,
    Company,
    Contact,
    Conversation,
    Deal,
    Department,
    Firm,
    Inbox,
    Membership,
    Message,
    Post,
    Task,
    TaskDecision,
    User,
)
from webapp.services import important, item_people, positions
from webapp.services.important import Cause
from webapp.snapshots import recipients, setups

SEES = ("own", "department", "all")
STATES = ("new", "in_progress", *["awaiting_acceptance"] * 3, "done", "cancelled")
STAGES = ("new", "data_collection", "processing", "won")


def make(chance: Random) -> None:
    """The lesson's firm grown into another one, with what its people have in hand."""
    with transaction():
        people = _people(chance)
        _chart(chance, people)
        contacts = _contacts(chance, people)
        deals = [_deal(chance, people, contacts) for _ in range(16)]
        for _ in range(32):
            _task(chance, people, deals)
        for deal in chance.sample(deals, 8):
            _step(chance, people, deal)
        for deal in chance.sample(deals, 12):
            _conversation(chance, deal)
    with transaction():
        _leave(chance, people)
        for deal in chance.sample(deals, 8):
            _items(chance, people, deal)
    item_people.look()


def shuffle(chance: Random) -> None:
    """Other posts and other people away, over the same work; so that what was right a moment ago is right no more."""
    with transaction():
        people = list(session().scalars(select(User.id).order_by(User.id)))
        _chart(chance, people)
        _leave(chance, people)
    item_people.look()


def see(which: str) -> None:
    """One of SEES from now on."""
    with transaction():
        session().execute(update(Firm).values(rep_sees=which))
        setups.changed()
    item_people.look()


def _people(chance: Random) -> list[int]:
    for number in range(3):
        name = f"Person {number}"
        row = User(
            email=f"person{number}@dozor.example",
            name=name,
            password_hash="",
            is_admin=chance.random() < 0.1,
            locale="en",
            time_zone="Europe/Moscow",
            created_at=TUESDAY,
        )
        session().add(row)
        session().flush()
        session().add(Inbox(user_id=row.id, seq=0, unread=0))
    return list(session().scalars(select(User.id).order_by(User.id)))


def _chart(chance: Random, people: Sequence[int]) -> None:
    session().execute(delete(Post))
    session().execute(delete(Membership))
    session().flush()
    known = list(session().scalars(select(Department.id).order_by(Department.id)))
    for number in range(len(known), 6):
        parent = chance.choice([*known, None])
        row = Department(key=f"d{number}", name={"en": f"Department {number}"}, parent_id=parent)
        session().add(row)
        session().flush()
        known.append(row.id)
    for person in people:
        homes = chance.sample(known, chance.choice((0, 1, 1, 1, 2)))
        session().add_all(Membership(user_id=person, department_id=each, is_primary=each == homes[0]) for each in homes)
    for department in known:
        for kind in ("head", "deputy"):
            for place, person in enumerate(chance.sample(people, chance.choice((0, 1, 1, 2)))):
                session().add(Post(user_id=person, department_id=department, kind=kind, position=place))
    session().execute(update(Firm).values(rep_sees=chance.choice(SEES), marks_next_step=chance.choice(MARKED)))
    setups.changed()


def _leave(chance: Random, people: Sequence[int]) -> None:
    """Almost half are away or gone, one of them with a deal in hand; the admin of the lesson stays."""
    session().execute(delete(Absence))
    session().execute(update(User).values(is_active=True))
    today = recipients.today()
    for person in people:
        dice = chance.random()
        if dice < 0.2:
            cover = chance.choice([each for each in people if each != person])
            until = today + timedelta(days=1)
            session().add(Absence(user_id=person, from_on=today, until_on=until, cover_id=cover))
        elif dice < 0.45 and person != company.person("admin"):
            session().execute(update(User).where(User.id == person).values(is_active=False))
    theirs = select(Deal.responsible_id).where(
        Deal.deleted_at.is_(None), Deal.responsible_id != company.person("admin")
    )
    first = session().scalar(theirs.order_by(Deal.id).limit(1))
    session().execute(update(User).where(User.id == first).values(is_active=False))
    setups.changed()


def _contacts(chance: Random, people: Sequence[int]) -> list[int]:
    company = Company(name="Orlov Works")
    session().add(company)
    session().flush()
    rows = [
        Contact(
            name=chance.choice(("Vera Orlova", "Pump & Co", "8 912 and friends", f"Client {number}")),
            phone=chance.choice((None, f"+7912555017{number}")),
            email=chance.choice((None, f"client{number}@example.com")),
            company_id=chance.choice((None, company.id)),
            fields={},
            responsible_id=chance.choice([*people, None]),
            created_by_id=chance.choice([*people, None]),
            created_at=TUESDAY,
        )
        for number in range(8)
    ]
    session().add_all(rows)
    session().flush()
    return [each.id for each in rows]


def _deal(chance: Random, people: Sequence[int], contacts: Sequence[int]) -> Deal:
    stage = company.stage(chance.choice(STAGES))
    responsible = chance.choice(people)
    place = setups.current().people[responsible].department_id
    deal = Deal(
        title=chance.choice(("A press", "Pumps 912", "Vera's mill")),
        amount_minor=chance.randrange(1000),
        currency="RUB",
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        position=positions.position_for(stage.id),
        contact_id=chance.choice([*contacts, None]),
        responsible_id=responsible,
        department_id=place if chance.random() < 0.8 else None,
        fields={},
        entered_at=TUESDAY,
        created_at=TUESDAY,
        closed_at=TUESDAY if stage.kind != "open" else None,
        deleted_at=TUESDAY if chance.random() < 0.3 else None,
    )
    session().add(deal)
    session().flush()
    return deal


def _task(chance: Random, people: Sequence[int], deals: Sequence[Deal]) -> None:
    task = Task(
        deal_id=chance.choice([*[each.id for each in deals], *[None] * 6]),
        title={"en": "Call"},
        text={},
        state=chance.choice(STATES),
        assignee_id=chance.choice(people),
        creator_id=chance.choice([*people, None]),
        acceptor_id=chance.choice([*people, *people, None]),
        accept=True,
        due_at=chance.choice((None, TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=1))),
        submitted_at=TUESDAY,
        created_at=TUESDAY,
    )
    session().add(task)
    session().flush()
    if task.deal_id is None and chance.random() < 0.5:
        session().add(TaskDecision(user_id=chance.choice(people), task_id=task.id))


def _step(chance: Random, people: Sequence[int], deal: Deal) -> None:
    """What is agreed to come next, late or not."""
    session().add(
        Task(
            deal_id=deal.id,
            is_next_step=True,
            title={"en": "Call"},
            text={},
            assignee_id=chance.choice(people),
            due_at=TUESDAY + timedelta(days=chance.choice((-1, 1))),
            created_at=TUESDAY,
        )
    )
    session().flush()


def _items(chance: Random, people: Sequence[int], deal: Deal) -> None:
    """What matters on a deal, and on its work, in the lists of some; one of them has perhaps taken it."""
    if deal.deleted_at is not None:
        return
    work = session().scalars(select(Task).where(Task.deal_id == deal.id).order_by(Task.id).limit(1)).first()
    within = Delay(15, "working_minutes")
    causes = [Cause("late_reply", f"d{deal.id}", TUESDAY, deal.responsible_id, deal.id, take_within=within)]
    if work is not None:
        causes.append(Cause("overdue", f"t{work.id}", TUESDAY, work.assignee_id, deal.id, work.id, take_within=within))
    for cause in causes:
        item = important.open_for(chance.sample(people, 3), cause, SYSTEM)
        item.state, holder = chance.choice(("open", "taken", "snoozed", "handed_on")), important.places(item)[0]
        item.holder_id = None if item.state == "open" else holder.user_id
        if item.state == "taken":
            item.taken_at, item.taken_by_id = TUESDAY + timedelta(hours=3), holder.user_id
        for each in important.places(item):
            each.stands = rules.stands_as(item.state, item.holder_id, each.user_id)


def _conversation(chance: Random, deal: Deal) -> None:
    if deal.contact_id is None:
        return
    since = chance.choice((None, TUESDAY, TUESDAY))
    row = Conversation(
        deal_id=deal.id, contact_id=deal.contact_id, channel="chat", created_at=TUESDAY, unanswered_since=since
    )
    session().add(row)
    session().flush()
    session().add(Message(conversation_id=row.id, direction="in", text="Hello", at=TUESDAY))
