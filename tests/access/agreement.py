"""One question, asked at every place that answers it: a door, a list, a counter, a menu, the API, an open page.

A door is asked record by record and reads rules/rights.py; the others ask the database. Whoever disagrees is named.
"""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

from flask import Flask, g
from sqlalchemy import select

from rules import org, rights
from rules.next_steps import marker
from rules.reaction_times import Period
from tests import company
from webapp import clock
from webapp.access import clients, filters, records
from webapp.access.viewer import Viewer, scope_of
from webapp.db import Changes, session, transaction
from webapp.errors import NotFound, Refused
from webapp.live import pushes
from webapp.live.sockets import Socket
from webapp.models import Contact, Conversation, Deal, Firm, ImportantItem, Membership, Task
from webapp.queries import board, inbox, listings, reaction_times
from webapp.queries import contacts as contact_query
from webapp.queries import deals as deal_query
from webapp.queries import important as item_query
from webapp.queries import new_tasks as new_task_query
from webapp.queries import next_steps as step_query
from webapp.queries import search as search_query
from webapp.queries import tasks as task_query
from webapp.queries.filters import Filters
from webapp.queries.frame import around
from webapp.queries.paging import Listed, Turn
from webapp.services import contacts, deals, tasks
from webapp.snapshots import setups
from webapp.snapshots import tasks as snapshots
from webapp.web.templating import Reader

BUILT_ONCE = (board._whole_column, board._whole_columns)  # statements of a scope: one would outlive a planted fault
WEEK = Period(date(2026, 11, 23), date(2026, 11, 29))
EVERYTHING = listings.Place(10_000)
Answers = dict[str, Any]


@contextmanager
def looking(app: Flask, person: int) -> Iterator[Viewer]:
    """That person in a request of their own."""
    with app.test_request_context():
        setup = setups.current()
        card = setup.people[person]
        g._login_user = Viewer(card, scope_of(setup, card), "auto", clock.now())
        yield g._login_user


def opened(door: Callable[[int], object], ids: Iterable[int]) -> set[int]:
    """Those that a door opens; it answers with 404 or opens."""
    found = set()
    for each in ids:
        try:
            door(each)
        except NotFound:
            continue
        found.add(each)
    return found


def every(model: Any) -> list[int]:
    return list(session().scalars(select(model.id).order_by(model.id)))


def board_of(who: Viewer, words: str = "", **narrowed: Any) -> board.Board:
    pipeline = setups.current().pipeline_of("sales")
    assert pipeline is not None
    return board.board(who.scope, Filters(text=words, **narrowed), pipeline)


def on_pages(ask: Callable[[Turn], Listed[Any]]) -> set[int]:
    found, total = rows_of(ask)
    assert len(found) == total, "a list counts what it does not show"
    return {each.id for each in found}


def rows_of(ask: Callable[[Turn], Listed[Any]]) -> tuple[list[Any], int]:
    """All rows of a list, page by page, and how many it says there are."""
    page = ask(Turn())
    found = [*page.rows]
    while page.next:
        page = ask(Turn(after=page.next))
        found += page.rows
    return found, page.total


def deals_seen(who: Viewer) -> Answers:
    whole, narrowed = board_of(who), board_of(who, "s")
    door = opened(records.deal_for, every(Deal))
    return {
        "the door": door,
        "the API": {each.id for each in listings.deals(who.scope, listings.DealFilters(), EVERYTHING).rows},
        "the board": {card.id for column in whole.columns for card in column.cards},
        "the filtered board": {card.id for column in narrowed.columns for card in column.cards},
        "the search": {each.id for each in search_query.search(who.scope, "s", 10_000).deals},
        "open pages": _pushed(who, Changes(deals={each: [] for each in every(Deal)}), "card", "deal"),
    }


def deals_counted(who: Viewer) -> Answers:
    whole, narrowed = board_of(who), board_of(who, "s")
    door = opened(records.deal_for, every(Deal))
    return {
        "the door": len(door),
        "the board": sum(each.count for each in whole.columns),
        "the filtered board": sum(each.count for each in narrowed.columns),
        "the heads": sum(each.count for each in board.heads(who.scope, [c.stage.id for c in whole.columns]).columns),
    }


def steps_wanting(who: Viewer) -> Answers:
    """On which deals a next step is wanting: marked cards, the filter, the counters of oneself and of everybody."""
    marked = {card.id for column in board_of(who).columns for card in column.cards if card.marker}
    return {
        "the rule, through the door": {each for each in opened(records.deal_for, every(Deal)) if _wants(each)},
        "the cards": marked,
        "the filtered board": {card.id for column in board_of(who, step=True).columns for card in column.cards},
    }


def steps_counted(who: Viewer) -> Answers:
    wanting = [each for each in opened(records.deal_for, every(Deal)) if _wants(each)]
    owners = [session().get_one(Deal, each).responsible_id for each in wanting]
    pipeline = company.stage("new").pipeline_id
    listed = [column.count for column in board_of(who, step=True, mine=True).columns]
    return {
        "the door": ({each: owners.count(each) for each in owners}, owners.count(who.id)),
        "the counters": (
            {person.id: many for person, many in step_query.by_person(who.scope, pipeline)},
            step_query.own(who.scope, pipeline),
        ),
        "the filtered board": ({each: owners.count(each) for each in owners}, sum(listed)),
    }


def _wants(deal_id: int) -> bool:
    deal, step = session().get_one(Deal, deal_id), step_query.of_deals([deal_id]).get(deal_id)
    marked = setups.current().firm.marks_next_step
    return bool(marker(marked, deal.closed_at is None, step.due_at if step else None, clock.now()))


def reactions_measured(who: Viewer) -> Answers:
    """Deals whose waits are in this person's figures."""
    every = [each for each in session().scalars(select(Deal)) if each.deleted_at is None]
    wanted = select(Deal.id).where(filters.measured(who.scope, Deal.responsible_id, Deal.department_id))
    return {
        "the rule": {each.id for each in every if who.scope.measures(each.responsible_id, each.department_id)},
        "the database": set(session().scalars(wanted)),
    }


def late_seen(who: Viewer) -> Answers:
    """What was late, in figures: whatever it leads to opens, and what it does not lead to has no name."""
    shown = reaction_times.figures(who.scope, WEEK, "person").late
    deals, work = ({getattr(each, key) for each in shown} - {None} for key in ("deal_id", "task_id"))
    assert {each.title for each in shown if each.deal_id is None and each.task_id is None} <= {""}
    return {
        "the list": (deals, work),
        "the doors": (opened(records.deal_for, deals), opened(records.task_for, work)),
    }


def parts_seen(who: Viewer) -> Answers:
    return {
        "the door": opened(records.conversation_for, every(Conversation)),
        "the API": {each.id for each in listings.conversations(who.scope, None, EVERYTHING).rows},
    }


def tasks_seen(who: Viewer) -> Answers:
    return {
        "the door": opened(records.task_for, every(Task)),
        "the list": on_pages(lambda turn: task_query.listed(who.scope, "all", turn)),
        "the API": {each.id for each in listings.tasks(who.scope, None, None, EVERYTHING).rows},
        "open pages": _pushed(who, Changes(tasks=every(Task)), "task", "task"),
    }


def tasks_out_of_sight(who: Viewer) -> Answers:
    """What an open page is told to let go, if this person has had to do with every task until now."""
    some = every(Task)
    left = Changes(tasks=some, tasks_left={each: [who.id] for each in some})
    return {
        "the door": set(some) - opened(records.task_for, some),
        "open pages": _pushed(who, left, "task_gone", "task"),
    }


def tasks_overdue(who: Viewer) -> Answers:
    late = {
        each.id
        for each in session().scalars(select(Task))
        if each.state in ("new", "in_progress") and each.due_at and each.due_at < clock.now()
    }
    return {
        "the door": opened(records.task_for, late),
        "the list": on_pages(lambda turn: task_query.listed(who.scope, "overdue", turn)),
    }


def tasks_of_mine(who: Viewer) -> Answers:
    mine = select(Task.id).where(Task.assignee_id == who.id, Task.state.not_in(("done", "cancelled")))
    return {
        "the door": opened(records.task_for, session().scalars(mine).all()),
        "the list": on_pages(lambda turn: task_query.listed(who.scope, "mine", turn)),
    }


def tasks_of_ones_people(who: Viewer) -> Answers:
    people = {each.id for each in setups.current().people.values() if rights.is_head_of(who.scope, each)}
    theirs = select(Task.id).where(Task.assignee_id.in_(people), Task.state.not_in(("done", "cancelled")))
    listed = on_pages(lambda turn: task_query.listed(who.scope, "people", turn))
    counted = task_query.counts(who.scope).get("people", 0)
    door = opened(records.task_for, session().scalars(theirs).all())
    return {"the door": (door, len(door)), "the list and its tab": (listed, counted)}


def tasks_decided(who: Viewer) -> Answers:
    """Who is asked is who may answer."""
    visible = opened(records.task_for, every(Task))
    rows = [session().get_one(Task, each) for each in sorted(visible)]
    waiting = [each for each in rows if each.state == "awaiting_acceptance"]
    return {
        "the service": {each.id for each in waiting if _goes(_accept, each.id, who)},
        "the button": {each.id for each in rows if "accept" in task_query.one(who.scope, each).may},
        "the list": on_pages(lambda turn: task_query.listed(who.scope, "acceptance", turn)),
        "the prompts": {each.id for each in around(who.scope, most=10_000).prompts},
        "who is told": {each.id for each in waiting if who.id in snapshots.deciders(each) - {each.assignee_id}},
    }


def tasks_counted(who: Viewer) -> Answers:
    """The number in the bar, and on open pages, is of what the two tabs list to be done."""
    to_do = [each for each in task_query.listed(who.scope, "mine").rows if "submit" in each.may]
    asked = task_query.listed(who.scope, "acceptance")
    rule = {
        each.id for each in session().scalars(select(Task)) if rights.waits_for(who.scope, *snapshots.snapshot_of(each))
    }
    return {
        "the tabs": len(to_do) + asked.total,
        "what the bar opens": len(on_pages(lambda turn: task_query.listed(who.scope, "waiting", turn))),
        "its tab": task_query.counts(who.scope)["waiting"],
        "the counter": inbox.counters(who.scope).tasks,
        "the rule": len(rule),
        "open pages": _frame_of(who, min(rule)) if rule else 0,
    }


def items_seen(who: Viewer) -> Answers:
    """What matters now: each item of a list opens, and so does what it is about."""
    live = session().scalars(select(ImportantItem).where(ImportantItem.ended_at.is_(None))).all()
    now = item_query.listed(who.scope)
    shown = [*now.open, *now.taken]
    programs = {each.id for each in item_query.page(who.id, 100, None)[0]}
    beside = [each for which in ("snoozed", "handed_on", "taken") for each in item_query.hidden(who.scope, which).rows]
    assert programs == {each.id for each in shown}
    return {
        "the door": opened(records.item_for, [each.id for each in live]),
        "the lists": {each.id for each in (*shown, *beside)},
        "the doors of what they are about": {each.id for each in (*shown, *beside) if _opens(each.row)},
    }


def _opens(item: ImportantItem) -> bool:
    if item.task_id is not None:
        return bool(opened(records.task_for, [item.task_id]))
    return item.deal_id is not None and bool(opened(records.deal_for, [item.deal_id]))


def items_counted(who: Viewer) -> Answers:
    return {
        "the list": len(item_query.listed(who.scope).open),
        "the counter": inbox.counters(who.scope).important,
    }


def clients_waiting(who: Viewer) -> Answers:
    waiting = select(Conversation, Deal).join(Deal, Deal.id == Conversation.deal_id)
    mine = [
        deal.id
        for talk, deal in session().execute(waiting)
        if talk.unanswered_since
        and not (deal.deleted_at or deal.closed_at)
        and who.scope.watches(deal.responsible_id, deal.department_id)
    ]
    assert opened(records.deal_for, mine) == set(mine), "whoever is to answer may read"
    rows, total = rows_of(partial(inbox.unanswered, who.scope))
    listed = {each.deal_id for each in rows}
    return {
        "the rule": len(mine),
        "the list": len(rows) if listed == set(mine) else listed,
        "its pager": total,
        "the counter": inbox.counters(who.scope).clients,
    }


def who_is_given_a_deal(who: Viewer) -> Answers:
    """The menu of a deal that this person may write, and what the service says to each choice. First come deals of
    people who would not be given them: who has a deal may keep it."""
    people = setups.current().people
    seen = [session().get_one(Deal, each) for each in sorted(opened(records.deal_for, every(Deal)))]
    mine = [each for each in seen if who.scope.may_write(each.responsible_id, each.department_id)]
    if not mine:
        return {}
    deal = min(mine, key=lambda each: rights.why_not_given(who.scope, people[each.responsible_id]) is None)
    return {
        "the service": {each for each in people if _goes(_hand_over, deal.id, each, who)},
        "the menu": {each.id for each in deal_query.sheet(deal, who.scope).people},
    }


def who_is_given_work(who: Viewer) -> Answers:
    """The same people may be given a new deal and a new task."""
    people = setups.current().people
    return {
        "the rule": {each for each in people if rights.why_not_given(who.scope, people[each]) is None},
        "a new deal": {each for each in people if _goes(_new_deal, each, who)},
        "a new task": {each for each in people if _goes(_new_task, each, who)},
        "the form of a new task": {each.id for each in new_task_query.asked(who.scope).people},
    }


def who_accepts(who: Viewer) -> Answers:
    """Whom the form of a new task offers for acceptance, and what the service says to each."""
    asked, people = new_task_query.asked(who.scope), setups.current().people
    giver = min((each.id for each in asked.people if each.id != who.id), default=None)
    if giver is None:
        return {}
    return {
        "the menu": {each.id for each in asked.acceptors if each.id != giver},
        "the service": {each for each in people if _goes(_new_task, giver, who, each)},
    }


WORDS = (
    "8 912 555-01-77",
    "912",
    "+7 (912) 555-01",
    "8 912",
    "vera",
    "PUMP",
    "client1@",
    "press",
    "5",
    "Works",
    "Nobody at all",
)


def found(who: Viewer) -> Answers:
    """The same words find the same deals wherever one looks."""
    boards = [board_of(who, each) for each in WORDS]
    return {
        "the bar": [{row.id for row in search_query.search(who.scope, each, 10_000).deals} for each in WORDS],
        "the API": [
            {row.id for row in listings.deals(who.scope, listings.DealFilters(text=each), EVERYTHING).rows}
            for each in WORDS
        ],
        "the board": [{card.id for column in each.columns for card in column.cards} for each in boards],
    }


def found_contacts(who: Viewer) -> Answers:
    return {
        "the bar": [{row.id for row in search_query.search(who.scope, each, 10_000).contacts} for each in WORDS],
        "the API": [{row.id for row in listings.contacts(each, EVERYTHING).rows} for each in WORDS],
        "the list": [{row.id for row in contact_query.listed(each).rows} for each in WORDS],
    }


def contacts_written(who: Viewer) -> Answers:
    """Everybody reads a contact."""
    assert opened(records.contact_for, every(Contact)) == set(every(Contact))
    return {
        "the rows": _written_by(who),
        "the list": set(session().scalars(select(Contact.id).where(clients.written_by(who.scope)))),
        "the door": {each for each in every(Contact) if _goes(partial(records.contact_for, write=True), each)},
        "a deal's move": {each for each in every(Contact) if _goes(partial(_checked_on_the_way, who), each)},
    }


def contacts_merged(who: Viewer) -> Answers:
    """Of which two contacts one may make one."""
    mine, some = _written_by(who), every(Contact)
    found = {each: session().scalars(select(Contact.id).where(_merged_with(who, each))) for each in some}
    return {
        "the rows": {(one, other) for one in mine for other in mine if one != other},
        "the list": {(one, other) for one in some for other in found[one]},
        "the door": {
            (one, other)
            for one in some
            for other in some
            if one != other and other in opened(partial(records.contacts_to_merge, one), [other])
        },
    }


def _merged_with(who: Viewer, contact_id: int) -> Any:
    return clients.merged_with(who.scope, session().get_one(Contact, contact_id))


def _written_by(who: Viewer) -> set[int]:
    """Whose client each is, is asked here of the rows themselves."""
    kept = session().execute(select(Contact.id, Contact.responsible_id)).all()
    homes: dict[int, set[int]] = {}
    for person, department in session().execute(select(Membership.user_id, Membership.department_id)).all():
        homes.setdefault(person, set()).add(department)
    sees, me = session().scalars(select(Firm.rep_sees)).one(), who.id
    reached = set(org.led_by(setups.current().org, me)) | (homes.get(me, set()) if sees != "own" else set())
    return {
        each.id
        for each in kept
        if who.scope.is_admin or each.responsible_id == me or reached & homes.get(each.responsible_id or 0, set())
    }


def _checked_on_the_way(who: Viewer, contact_id: int) -> None:
    contacts.check_may_write(session().get_one(Contact, contact_id), who.actor)


# A question gives what each place answers to a viewer: all must be equal.
QUESTIONS: dict[str, Callable[[Viewer], Answers]] = {
    "which deals are seen": deals_seen,
    "how many deals there are": deals_counted,
    "which deals want a next step": steps_wanting,
    "how many deals want a next step": steps_counted,
    "whose reaction is measured": reactions_measured,
    "where what was late leads to": late_seen,
    "which conversations are seen": parts_seen,
    "which tasks are seen": tasks_seen,
    "which tasks are out of sight": tasks_out_of_sight,
    "which tasks are overdue": tasks_overdue,
    "which tasks are one's own": tasks_of_mine,
    "which tasks are one's people's": tasks_of_ones_people,
    "which work is to be accepted": tasks_decided,
    "how much there is to do": tasks_counted,
    "which clients wait": clients_waiting,
    "which items stand in one's lists": items_seen,
    "how many items there are to take": items_counted,
    "which deals are found": found,
    "which contacts are found": found_contacts,
    "which contacts are written": contacts_written,
    "which contacts are made one": contacts_merged,
    "who may be given a deal": who_is_given_a_deal,
    "who may be given new work": who_is_given_work,
    "who may be asked to accept work": who_accepts,
}


def forget() -> None:
    """What was built with or without a planted fault."""
    for each in BUILT_ONCE:
        each.cache_clear()


def disagreements(app: Flask) -> Iterator[str]:
    """Where two places answer one person differently."""
    forget()
    with app.app_context():
        people = [each.id for each in setups.current().people.values() if each.is_active]
    for person in people:
        for name, ask in QUESTIONS.items():
            with looking(app, person) as who:
                first, *rest = ask(who).items() or [("nothing", None)]
                differing = [each for each in rest if each[1] != first[1]]
            yield from (f"{name}, {who.person.name}: {first} but {other}" for other in differing)


class _Undone(Exception):
    pass


def _accept(task_id: int, who: Viewer) -> None:
    tasks.accept(records.task_for(task_id), who.actor)


def _hand_over(deal_id: int, to: int, who: Viewer) -> None:
    deals.edit(records.deal_for(deal_id, write=True), {"responsible_id": to}, by=who.actor)


def _new_deal(responsible: int, who: Viewer) -> None:
    deals.create(deals.DealDraft("New", company.stage("new"), responsible), who.actor)


def _new_task(assignee: int, who: Viewer, acceptor: int | None = None) -> None:
    tasks.create_by_hand("New", "", assignee, who.actor, acceptor_id=acceptor)


def _goes(act: Callable[..., object], *args: Any) -> bool:
    """Whether the service lets it happen; nothing of it is kept."""
    try:
        with transaction():
            act(*args)
            raise _Undone
    except Refused:
        return False
    except _Undone:
        return True


def _messages(who: Viewer, changes: Changes) -> list[dict[str, Any]]:
    """What an open page of this person is sent."""
    from flask import current_app

    page = Socket(who.id, 0, Reader("en", "Europe/Moscow"), who.scope, waiting=queue.Queue(10_000))
    pushes.forward(current_app._get_current_object(), [page], changes)  # type: ignore[attr-defined]
    return [each for frames in iter(lambda: page.next(0), b"") for each in _decoded(frames)]


def _pushed(who: Viewer, changes: Changes, kind: str, name: str) -> set[int]:
    return {each[name] for each in _messages(who, changes) if each["kind"] == kind}


def _frame_of(who: Viewer, task_id: int) -> int:
    """The number that a page is told when this task changes; -1 when it is told none."""
    frames = [each for each in _messages(who, Changes(tasks=[task_id])) if each["kind"] == "frame"]
    return int(frames[0]["tasks"]) if frames else -1


def _decoded(frames: bytes) -> Iterator[dict[str, Any]]:
    """The messages of some web socket frames."""
    while frames:
        size, start = frames[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(frames[2:start])
        yield json.loads(frames[start : start + size])
        frames = frames[start + size :]
