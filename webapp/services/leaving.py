"""Somebody leaves: what is open goes to whoever takes it over, a part at a time, and the account closes with the last
part. So nothing open ever belongs to somebody who is gone. Robots that they wrote, or that name them, go on unchanged:
whoever is named and has left is stood in for by their head."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select

from rules.tasks import OPEN
from webapp.access.scopes import Actor
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Absence, Contact, Deal, Post, Stage, Task
from webapp.services import absences, accounts, cover_notices, deals, journal, places, tasks
from webapp.snapshots import recipients, setups

PART = 50  # deals and tasks in one transaction


@dataclass(frozen=True, slots=True)
class Choices:
    """Who takes what over. `to` takes what nobody else is named for: deals and tasks, and clients and cover if there is
    such a one; `acceptor`, where none is named, is whoever the resolver names over the assignee. `posts` are head and
    deputy, by department and kind: a post that nobody takes is vacant."""

    to: int | None = None
    tasks_to: int | None = None
    clients_to: int | None = None
    cover_to: int | None = None
    acceptor: int | None = None
    posts: Mapping[tuple[int, str], int] = field(default_factory=dict)


def leave(user_id: int, to: int | None, by: Actor) -> bool:
    """The next part of the work goes over to `to`; with the last part the account is closed, which is when this is
    True. Raises Refused: "only_admin", or that somebody must be chosen who is there."""
    return step(user_id, Choices(to), by)[1]


def step(user_id: int, choices: Choices, by: Actor) -> tuple[int, bool]:
    """One part: how much was handed over, and whether that was the last, with which the account is closed. Raises
    Refused as `leave`."""
    user = accounts.apart(user_id)
    accounts.not_the_only_admin(user)
    check(user_id, choices)
    done = 0
    for hand_over in _KINDS:
        done += hand_over(user_id, choices, by, PART - done)
        session().flush()
        if done >= PART:
            break
    is_last = not has_open_work(user_id) and done < PART
    if is_last:
        accounts.deactivate(user_id, by)
    return done, is_last


def check(user_id: int, choices: Choices) -> None:
    """Whether there is somebody for everything. Raises Refused that names what lacks a taker."""
    if has_open_work(user_id):
        _must_be_there(user_id, choices.to, "to", "no_taker")
    named = {"tasks_to": choices.tasks_to, "clients_to": choices.clients_to}
    named |= {"cover_to": choices.cover_to, "acceptor": choices.acceptor}
    named |= {f"post.{home}-{kind}": person for (home, kind), person in choices.posts.items()}
    for name, person in named.items():
        if person is not None:
            _must_be_there(user_id, person, name, "no_such_person")


def _must_be_there(user_id: int, person: int | None, field: str, code: str) -> None:
    if person is None or person == user_id:
        raise invalid(field, code)
    found = setups.current().people.get(person)
    if found is None or not found.is_active:
        raise invalid(field, "no_such_person")


def has_open_work(user_id: int) -> bool:
    return any(session().scalar(each(user_id).limit(1)) is not None for each in (open_deals, _tasks))


def _posts(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    """First, so that whoever is looked for above somebody is found as it will be."""
    held = session().scalars(select(Post).where(Post.user_id == user_id).order_by(Post.id)).all()
    for post in held:
        department_id, kind = post.department_id, post.kind
        places.put(user_id, department_id, places.MEMBER, by)
        if (person := choices.posts.get((department_id, kind))) is not None:
            places.put(person, department_id, kind, by)
    return 0


def _hand_over_deals(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    found = session().scalars(open_deals(user_id).limit(most).with_for_update()).all()
    for deal in found:
        deals.edit(deal, {"responsible_id": choices.to or 0}, by=by)
    return len(found)


def _hand_over_tasks(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    found = session().scalars(_tasks(user_id).limit(most).with_for_update()).all()
    for task in found:
        tasks.hand_over(task, choices.tasks_to or choices.to or 0, by)
    return len(found)


def _hand_over_acceptances(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    found = session().scalars(acceptances(user_id).limit(most).with_for_update()).all()
    for task in found:
        tasks.hand_over_acceptance(task, choices.acceptor, by, besides=user_id)
    return len(found)


def _hand_over_clients(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    """A client of nobody in particular gets the next rep to whom an inquiry goes."""
    to = choices.clients_to or choices.to
    if to is None:
        return 0
    theirs = select(Contact).where(Contact.responsible_id == user_id).order_by(Contact.id)
    found = session().scalars(theirs.limit(most).with_for_update()).all()
    for contact in found:
        contact.responsible_id = to
        journal.write("contact.handed_over", "contact", contact.id, by, field="responsible", old=user_id, new=to)
    return len(found)


def _hand_over_cover(user_id: int, choices: Choices, by: Actor, most: int) -> int:
    """For whom they were to stand in. Whoever comes in their place is asked nothing, and may be away on those days
    too: who is left without anybody then is told."""
    ahead = select(Absence).where(Absence.cover_id == user_id, Absence.until_on >= recipients.today())
    found = session().scalars(ahead.order_by(Absence.id)).all()
    taker = choices.cover_to or choices.to
    for each in found:
        to = taker if taker != each.user_id else None
        journal.write("absence.cover_changed", "absence", each.id, by, field="cover", old=user_id, new=to)
        each.cover_id = to
    if found:
        setups.changed()
    for each in found:
        absences.tell_left_without(each, each.cover_id or user_id, by)
        cover_notices.tell(each, None, cover_notices.of(each), by)
    return 0


_KINDS: Sequence[Callable[[int, Choices, Actor, int], int]] = (
    *(_posts, _hand_over_cover, _hand_over_deals, _hand_over_tasks, _hand_over_acceptances, _hand_over_clients),
)


def open_deals(user_id: int) -> Select[Deal]:
    stages = select(Stage.id).where(Stage.kind == "open")
    mine = select(Deal).where(Deal.responsible_id == user_id, Deal.deleted_at.is_(None), Deal.stage_id.in_(stages))
    return mine.order_by(Deal.id)


def _tasks(user_id: int) -> Select[Task]:
    return select(Task).where(Task.assignee_id == user_id, Task.state.in_(OPEN)).order_by(Task.id)


def acceptances(user_id: int) -> Select[Task]:
    """Open tasks whose work they were to accept."""
    return select(Task).where(Task.acceptor_id == user_id, Task.state.in_(OPEN)).order_by(Task.id)
