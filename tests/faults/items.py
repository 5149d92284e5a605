"""I17: what matters now, said anew from the rows that caused it: no item is lost, none is settled by nothing, a ladder
tells each person once and only when a rung has come, the next level of the chart and nobody else, and whatever would
have followed a settled one is called off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, select

from tests.faults.chart import Chart
from tests.faults.past import DOUBT, Past
from webapp import clock
from webapp.db import session
from webapp.models import (
    Conversation,
    Deal,
    ImportantItem,
    ImportantPlace,
    ImportantRung,
    Invoice,
    JournalEntry,
    Message,
    Notification,
    PhoneCall,
    RobotRun,
    Stage,
    StageVisit,
    Task,
    TaskAlarm,
    TaskReturn,
    User,
    UserSession,
)

TO_DO = ("new", "in_progress")


def none_is_lost() -> list[str]:
    """Whoever was told by a control, who waits for an answer to their work, or is late with it, stands in a list."""
    items = _items()
    waiting = select(Task.id).where(Task.state == "awaiting_acceptance", Task.acceptor_id.is_not(None))
    live = Counter(each.task_id for each in items if each.kind == "acceptance" and each.ended_at is None)
    wrong = [f"task {each} waits in {live[each]} items" for each in session().scalars(waiting) if live[each] != 1]
    late = (
        select(Task.id)
        .join(TaskAlarm, TaskAlarm.task_id == Task.id)
        .where(TaskAlarm.kind == "overdue", TaskAlarm.state == "fired", Task.state.in_(TO_DO))
    )
    told = {each.task_id for each in items if each.kind == "overdue"}
    wrong += [f"task {each} is late, and in no list" for each in session().scalars(late) if each not in told]
    return wrong + [f"run {each.id} told of what is in no list" for each in _controls() if not _stood(each, items)]


def late_work_stands() -> list[str]:
    """Whoever is late with work, and whoever wants it, has it in a list until it is handed in, or somebody has said
    that it is done: also when it was handed in and came back. Where the clock goes only forward."""
    now, wrong = clock.now(), []
    rings = set(session().scalars(select(TaskAlarm.task_id).where(_RINGS, TaskAlarm.state == "waiting")))
    rang = set(session().scalars(select(TaskAlarm.task_id).where(_RINGS, TaskAlarm.state == "fired")))
    last = {_key(each): each for each in _items() if each.kind == "overdue"}
    for task in session().scalars(select(Task).where(Task.state.in_(TO_DO), Task.due_at <= now)).all():
        boss = task.acceptor_id or task.creator_id
        wanted = [f"overdue-t{task.id}-own"] + ([f"overdue-t{task.id}"] if boss not in (None, task.assignee_id) else [])
        lacking = [key for key in wanted if key not in last or not _stands(last[key])]
        if lacking and task.id in rang - rings:
            wrong.append(f"task {task.id} is late, and {lacking} stand in no list")
    return wrong


_RINGS = TaskAlarm.kind == "overdue"


def _key(item: ImportantItem) -> str:
    return item.live_key or str(item.reason["key"])


def _stands(item: ImportantItem) -> bool:
    return item.ended_at is None or item.reason["code"] == "done"


def _controls() -> Iterable[RobotRun]:
    fired = session().scalars(select(RobotRun).where(RobotRun.state == "fired"))
    return (each for each in fired if each.definition["kind"] == "control" and each.reason.get("code") == "told")


def _stood(run: RobotRun, items: Iterable[ImportantItem]) -> bool:
    """An item of its own, or one of the same deal that stood then."""
    for each in items:
        if each.run_id == run.id:
            return True
        is_over = each.ended_at is not None and run.ended_at is not None and each.ended_at < run.ended_at
        if each.deal_id == run.deal_id and not is_over:
            return True
    return False


def whoever_stands_in_has_it() -> list[str]:
    """Whoever the chart names today instead of an acceptor who is away has the work that waits in their list, whenever
    it was handed in."""
    chart, now = Chart.read(), clock.now()
    waiting = session().scalars(select(Task).where(Task.state == "awaiting_acceptance", Task.acceptor_id.is_not(None)))
    have = select(ImportantPlace.user_id).join(ImportantItem).where(ImportantItem.ended_at.is_(None))
    wrong = []
    for task in waiting.all():
        home = session().scalar(select(Deal.department_id).where(Deal.id == task.deal_id))
        if home not in (None, chart.homes.get(task.assignee_id)) or not chart.is_away(task.acceptor_id or 0, now):
            continue
        had = set(session().scalars(have.where(ImportantItem.kind == "acceptance", ImportantItem.task_id == task.id)))
        if lacking := sorted(set(chart.heads(task.assignee_id, now)) - had):
            wrong.append(f"task {task.id} waits for {lacking}, who have it in no list")
    return wrong


def what_stands_has_a_cause() -> list[str]:
    """Read as things are: every event is followed in its own transaction."""
    return [
        f"{each.kind} item {each.id} stands, though nobody waits for anybody"
        for each in _items()
        if each.ended_at is None and each.kind in HOLDS and not HOLDS[each.kind](each)
    ]


def _waits(item: ImportantItem) -> bool:
    talks = select(Conversation.id).where(
        Conversation.deal_id == item.deal_id, Conversation.unanswered_since.is_not(None)
    )
    return session().scalar(talks.limit(1)) is not None


def _is_in(*states: str) -> Callable[[ImportantItem], bool]:
    return lambda item: session().get_one(Task, item.task_id).state in states


def _is_owed(item: ImportantItem) -> bool:
    open_one = select(Invoice.id).where(Invoice.deal_id == item.deal_id, Invoice.paid_minor < Invoice.amount_minor)
    return session().scalar(open_one.limit(1)) is not None


HOLDS: dict[str, Callable[[ImportantItem], bool]] = {
    "late_reply": _waits,
    "vip": lambda item: _waits(item) or not _answered(item),
    "acceptance": _is_in("awaiting_acceptance"),
    "overdue": _is_in(*TO_DO),
    "unpaid": _is_owed,
}


def each_stands_as_it_is() -> list[str]:
    """In every list as what the item is for that person, in the item's order."""
    rows = session().execute(select(ImportantPlace, ImportantItem).join(ImportantItem)).all()
    return [
        f"item {item.id} of {item.state} stands as {place.stands!r} in the list of {place.user_id}"
        for place, item in rows
        if place.stands != _as_what(item, place.user_id) or (place.rank, place.since) != (item.rank, item.since)
    ]


def _as_what(item: ImportantItem, user_id: int) -> str:
    if item.ended_at is not None:
        return ""
    if item.holder_id == user_id:
        return {"taken": "mine", "handed_on": "open"}.get(item.state, item.state)
    return item.state


def nobody_who_is_gone_has_one() -> list[str]:
    """Whoever has left holds no live item, and has none in their list."""
    gone = set(session().scalars(select(User.id).where(~User.is_active)))
    places = session().scalars(select(ImportantPlace).where(ImportantPlace.is_live, ImportantPlace.user_id.in_(gone)))
    wrong = [f"item {each.item_id} stands with {each.user_id}, who has left" for each in places]
    held = (each for each in _items() if each.ended_at is None and each.holder_id in gone)
    return wrong + [f"item {each.id} is held by somebody who has left" for each in held]


def what_is_settled_had_its_end() -> list[str]:
    """By the row that ended it; by a person's word, whose that is."""
    wrong = []
    for each in _items():
        code = str(each.reason.get("code"))
        if each.ended_at is not None and not ENDS.get(code, lambda _: False)(each):
            wrong.append(f"{each.kind} item {each.id} was settled as {code} by nothing")
    return wrong


def _answered(item: ImportantItem) -> bool:
    until = item.ended_at or clock.now()
    said = select(Message.id).join(Conversation, Conversation.id == Message.conversation_id)
    ours = said.where(Message.direction == "out", Message.by_id.is_not(None))
    between = ours.where(Conversation.deal_id == item.deal_id, Message.at >= item.since, Message.at <= until)
    return session().scalar(between.limit(1)) is not None


def _closed(item: ImportantItem) -> bool:
    visits = (
        select(StageVisit.id)
        .join(Stage, Stage.id == StageVisit.stage_id)
        .where(StageVisit.deal_id == item.deal_id, Stage.kind != "open", StageVisit.entered_at <= item.ended_at)
    )
    return session().scalar(visits.limit(1)) is not None


def _left(item: ImportantItem) -> bool:
    run = session().get_one(RobotRun, item.run_id)
    visit = session().get(StageVisit, run.visit_id)
    return visit is not None and visit.left_at is not None


def _wrote(event: str) -> Callable[[ImportantItem], bool]:
    """That it happened to the item's task or deal stands in the journal."""

    def is_so(item: ImportantItem) -> bool:
        what = (
            JournalEntry.entity_id == item.task_id
            if event.startswith("task.")
            else JournalEntry.deal_id == item.deal_id
        )
        return session().scalar(select(JournalEntry.id).where(JournalEntry.event == event, what).limit(1)) is not None

    return is_so


def _returned(item: ImportantItem) -> bool:
    return session().scalar(select(TaskReturn.id).where(TaskReturn.task_id == item.task_id).limit(1)) is not None


def _said_so(item: ImportantItem) -> bool:
    said = select(JournalEntry.id).where(JournalEntry.event == "important.settled", JournalEntry.entity_id == item.id)
    return session().scalar(said.where(JournalEntry.by_id.is_not(None)).limit(1)) is not None


def _acted(item: ImportantItem) -> bool:
    """Whoever it is about wrote a line of the journal, or signed in."""
    did = select(JournalEntry.id).where(JournalEntry.by_id == item.about_id, JournalEntry.at > item.since)
    came = select(UserSession.id).where(UserSession.user_id == item.about_id, UserSession.created_at > item.since)
    return any(session().scalar(each.limit(1)) is not None for each in (did, came))


def _known(_: ImportantItem) -> bool:
    """What a condition read at that moment, or a deadline then, cannot be read again."""
    return True


ENDS: dict[str, Callable[[ImportantItem], bool]] = {
    "replied": _answered,
    "claimed": _answered,
    "paid": _wrote("invoice.paid"),
    "closed": _closed,
    "deleted": _wrote("deal.deleted"),
    "left_stage": _left,
    "gone": _known,
    "client_wrote": _wrote("message.received"),
    "step_agreed": _known,
    "task_accepted": _is_in("done"),
    "task_done": _is_in("done"),
    "task_returned": _returned,
    "task_submitted": _wrote("task.submitted"),
    "task_cancelled": _is_in("cancelled"),
    "task_put_off": _known,
    "acted": _acted,
    "away": _known,
    "nothing_waits": _known,
    "done": _said_so,
}


def each_rung_tells_once() -> list[str]:
    """Nobody is told of an item by its ladder twice, nobody who has it not, and never without a rung that came."""
    fired = select(ImportantRung.item_id).where(ImportantRung.kind == "climb", ImportantRung.state == "fired")
    came, climbed, wrong = Counter(session().scalars(fired)), Counter[int](), list[str]()
    told = Counter[tuple[int, int]]()
    for entry in session().scalars(select(JournalEntry).where(JournalEntry.event == "important.climbed")):
        climbed[entry.entity_id] += 1
        told.update((entry.entity_id, each) for each in (entry.new or {})["people"])
    again = _passed_on()
    wrong += [
        f"item {item} told {user} {times} times"
        for (item, user), times in told.items()
        if times > 1 + again[item, user]
    ]
    wrong += [
        f"item {each} climbed {climbed[each]} times, by {came[each]} rungs"
        for each in climbed
        if climbed[each] > came[each]
    ]
    heard = Counter[tuple[int, int]]()
    for row in session().scalars(select(Notification).where(Notification.kind == "important.climbed")):
        heard[int(row.key.split("-")[1]), row.user_id] += 1
    return wrong + [
        f"of item {item} person {user} heard {heard[item, user]} times"
        for item, user in told | heard
        if told[item, user] != heard[item, user]
    ]


def _passed_on() -> Counter[tuple[int, int]]:
    """How often an item was taken out of somebody's list, so that they may be told of it anew."""
    found = Counter[tuple[int, int]]()
    for entry in session().scalars(select(JournalEntry).where(JournalEntry.event == "important.passed_on")):
        found.update((entry.entity_id, each) for each in (entry.new or {})["gone"])
    return found


def the_next_level_is_told() -> list[str]:
    """Whoever the chart puts above all who had it before; where the clock goes only forward."""
    chart, items = Chart.read(), {each.id: each for each in _items()}
    others = {item for item, _ in _passed_on()}  # who had those before is known no more
    climbed = select(JournalEntry).where(JournalEntry.event == "important.climbed").order_by(JournalEntry.id)
    wrong = []
    for entry in session().scalars(climbed):
        if entry.entity_id in others:
            continue
        item, people = items[entry.entity_id], sorted((entry.new or {})["people"])
        about, told = item.about_id or 0, _before(item, people)
        places = (_department(item, chart, at) for at in (entry.at - DOUBT, entry.at + DOUBT))
        wanted = [sorted(chart.next_level(about, each, told, entry.at)) for each in places]
        if people not in wanted:
            wrong.append(f"of item {item.id} {people} were told next, and not {wanted[0]}")
    return wrong


def _department(item: ImportantItem, chart: Chart, at: datetime) -> int | None:
    """Of whoever is responsible for the deal, else of whom it is about."""
    if item.deal_id is None:
        return chart.homes.get(item.about_id or 0)
    return chart.homes.get(Past.of(session().get_one(Deal, item.deal_id)).value("deal", "responsible", at))


def _before(item: ImportantItem, people: list[int]) -> set[int]:
    """Who had it before these."""
    rows = select(ImportantPlace).where(ImportantPlace.item_id == item.id).order_by(ImportantPlace.id)
    return {each.user_id for each in takewhile(lambda each: each.user_id not in people, session().scalars(rows))}


def what_is_over_has_no_more_to_come() -> list[str]:
    """A rung waits where it may still matter, and nowhere else; a settled item is in nobody's list, a live one is."""
    rungs = select(ImportantRung.item_id, ImportantRung.kind).where(ImportantRung.state == "waiting")
    waiting = Counter(map(tuple, session().execute(rungs)))
    live = dict(
        map(
            tuple,
            session().execute(
                select(ImportantPlace.item_id, func.count())
                .where(ImportantPlace.is_live)
                .group_by(ImportantPlace.item_id)
            ),
        )
    )
    wrong = []
    for each in _items():
        climbs, wakes = waiting[each.id, "climb"], waiting[each.id, "wake"]
        if climbs != (each.next_at is not None) or wakes != (each.state == "snoozed"):
            wrong.append(f"item {each.id} is {each.state}: {climbs} climbs and {wakes} wakes wait")
        if (each.ended_at is None) != (live.get(each.id, 0) > 0):
            wrong.append(f"item {each.id} is {each.state}, in {live.get(each.id, 0)} lists")
    return wrong


def a_missed_call_is_told_of_once() -> list[str]:
    """As often as a client called and nobody took it, and each time somebody above comes next."""
    missed = select(PhoneCall.deal_id).where(PhoneCall.state == "missed", PhoneCall.deal_id.is_not(None))
    called, told = Counter(session().scalars(missed)), Counter[int | None]()
    found = [each for each in _items() if each.kind == "missed_call"]
    for each in found:
        told[each.deal_id] += each.times
    often = [f"told {told[deal]} times of {called[deal]} missed calls on deal {deal}" for deal in told - called]
    return often + [f"missed call, item {each.id}: nobody comes next" for each in found if not each.take_within]


def _items() -> list[ImportantItem]:
    return list(session().scalars(select(ImportantItem).order_by(ImportantItem.id)))


CHECKS: tuple[Callable[[], list[str]], ...] = (
    none_is_lost,
    whoever_stands_in_has_it,
    what_stands_has_a_cause,
    each_stands_as_it_is,
    nobody_who_is_gone_has_one,
    what_is_settled_had_its_end,
    each_rung_tells_once,
    what_is_over_has_no_more_to_come,
    a_missed_call_is_told_of_once,
)
