"""I14: each verb leaves what it must. Read from rows and the journal alone, without a service: what stands now against
what the journal says was done, verb by verb."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from sqlalchemy import func, or_, select

from webapp.db import session
from webapp.models import (
    Deal,
    Invoice,
    JournalEntry,
    Message,
    Payment,
    Pipeline,
    SetupWork,
    Stage,
    StageVisit,
    Task,
    User,
)

CLOSED = ("won", "lost")


def visits_follow_moves() -> list[str]:
    """move, take back, restore: a deal stands where its one open visit is; each move but one taken back began a visit,
    and so did a restored deal that is open."""
    open_: dict[int, list[StageVisit]] = defaultdict(list)
    begun: Counter[int] = Counter()
    restored = {(each.entity_id, each.at) for each in _lines("deal.restored")}
    for each in session().scalars(select(StageVisit)):
        begun[each.deal_id] += (each.deal_id, each.entered_at) not in restored
        if each.left_at is None:
            open_[each.deal_id].append(each)
    moves = Counter(each.entity_id for each in _lines("deal.moved") if not each.cause.get("is_takeback"))
    wrong = []
    for deal in session().scalars(select(Deal)):
        here = [(each.id, each.stage_id) for each in open_[deal.id]]
        if here != [(deal.visit_id, deal.stage_id)]:
            wrong.append(f"deal {deal.id} stands at {(deal.visit_id, deal.stage_id)}, its open visits are {here}")
        if begun[deal.id] != 1 + moves[deal.id]:
            wrong.append(f"deal {deal.id} was moved {moves[deal.id]} times and has {begun[deal.id]} visits")
    return wrong


def closed_as_the_stage_says() -> list[str]:
    """win, lose, reopen, take back: closed since it entered a stage that closes, and only there."""
    kinds = {row.id: row.kind for row in session().execute(select(Stage.id, Stage.kind))}
    return [
        f"deal {each.id} on a stage that is {kinds[each.stage_id]} is closed at {each.closed_at}"
        for each in session().scalars(select(Deal))
        if each.closed_at != (each.entered_at if kinds[each.stage_id] in CLOSED else None)
    ]


def versions_count() -> list[str]:
    """Each move, each taking back and each deletion is a version of its own."""
    lines = Counter(each.entity_id for each in [*_lines("deal.moved"), *_lines("deal.deleted")])
    return [
        f"deal {each.id} is version {each.version} after {lines[each.id]} moves and deletions"
        for each in session().scalars(select(Deal))
        if each.version < 1 + lines[each.id]
    ]


def deletion_is_told() -> list[str]:
    """delete: off the boards means a line in the journal, and nothing of it waits or is open any more."""
    last = {each.entity_id: each.event for each in _lines("deal.deleted", "deal.restored")}
    deleted = {deal_id for deal_id, event in last.items() if event == "deal.deleted"}
    wrong = [
        f"deal {each.id} is deleted: {each.deleted_at}, the journal says {each.id in deleted}"
        for each in session().scalars(select(Deal))
        if (each.deleted_at is not None) != (each.id in deleted)
    ]
    over = select(Deal.id).join(Stage, Stage.id == Deal.stage_id)
    over = over.where(Deal.deleted_at.is_not(None) | (Stage.kind == "lost"))
    open_ = select(Task).where(Task.deal_id.in_(over), Task.state.not_in(("done", "cancelled")))
    return wrong + [f"task {each.id} is {each.state}, its deal is over" for each in session().scalars(open_)]


def tasks_end_for_a_reason() -> list[str]:
    """lose, delete cancel a task; win, pay, hand over, move leave it; each end stands in the journal."""
    ends: dict[int, list[JournalEntry]] = defaultdict(list)
    for line in session().scalars(select(JournalEntry).where(JournalEntry.entity == "task").order_by(JournalEntry.id)):
        if line.event == "next_step.taken_back":
            ends[line.entity_id].clear()
        if _state(line) in ("done", "cancelled"):
            ends[line.entity_id].append(line)
    wrong = []
    for task in session().scalars(select(Task)):
        lines = ends[task.id]
        if [_state(each) for each in lines] != ([task.state] if task.state in ("done", "cancelled") else []):
            wrong.append(f"task {task.id} is {task.state}, the journal says {[_state(each) for each in lines]}")
        for each in lines:
            if each.event == "task.cancelled" and each.by_id is None and not _was_over(task.deal_id, each.id):
                wrong.append(f"task {task.id} was cancelled, its deal was neither lost nor deleted")
    return wrong


def _state(line: JournalEntry) -> object:
    """Of a task after it; of a next step the journal keeps more."""
    return line.new.get("state") if isinstance(line.new, dict) else line.new


def _was_over(deal_id: int | None, before: int) -> bool:
    """Whether a deal had been deleted, or was lost, when that line was written; the move itself may stand after it."""
    lines = select(JournalEntry).where(JournalEntry.entity == "deal", JournalEntry.entity_id == deal_id)
    lost = {name for name, kind in _kinds().items() if kind == "lost"}
    found = list(session().scalars(lines.order_by(JournalEntry.id)))
    if any(each.event == "deal.deleted" and each.id < before for each in found):
        return True
    stood = [each for each in found if each.event == "deal.moved" and each.id < before]
    stood += [each for each in found if each.event == "deal.created" and each.id < before and not stood]
    last = stood[-1].new if stood else None
    return str(last.get("stage") if isinstance(last, dict) else last) in lost


def words_land_where_they_are_read() -> list[str]:
    """the client's next word: on a deal that is open and not deleted, and in the journal; an employee's as well."""
    kinds = _kinds()
    over: dict[int, str] = {}
    wrong = []
    lines = select(JournalEntry).where(
        JournalEntry.event.in_(("deal.moved", "deal.deleted", "deal.restored", "deal.created", "message.received"))
    )
    for each in session().scalars(lines.order_by(JournalEntry.id)):
        if each.event == "deal.deleted":
            over[each.entity_id] = "deleted"
        elif each.event == "deal.restored":
            over.pop(each.entity_id, None)
        elif each.event == "deal.moved" and over.get(each.entity_id) != "deleted":
            over[each.entity_id] = kinds.get(str(each.new), "")
        elif each.event == "message.received" and over.get(each.deal_id or 0) in ("deleted", *CLOSED):
            wrong.append(f"a client's word landed on deal {each.deal_id}, which was {over[each.deal_id or 0]}")
    by_people = select(Message.direction).where((Message.direction == "in") | Message.by_id.is_not(None))
    said = Counter(session().scalars(by_people))
    for direction, event in (("in", "message.received"), ("out", "message.sent")):
        if said[direction] != (told := len(_lines(event))):
            wrong.append(f"{said[direction]} messages {direction}, {told} lines {event}")
    return wrong


def money_is_journalled() -> list[str]:
    """issue, pay: a line for each invoice and each payment."""
    issued = Counter(each.entity_id for each in _lines("invoice.issued"))
    told = Counter(each.entity_id for each in _lines("invoice.paid"))
    count = select(Payment.invoice_id, func.count()).group_by(Payment.invoice_id)
    paid = {row[0]: row[1] for row in session().execute(count)}
    return [
        f"invoice {each}: {paid.get(each, 0)} payments and {told[each]} lines, {issued[each]} lines of its issue"
        for each in session().scalars(select(Invoice.id))
        if (paid.get(each, 0), 1) != (told[each], issued[each])
    ]


def one_act_one_instant() -> list[str]:
    """all: what one transaction writes has one instant, so a visit begins, and a word is said, with its line."""
    begun = JournalEntry.event.in_(("deal.created", "deal.moved", "deal.restored"))
    entered = select(JournalEntry.id).where(JournalEntry.deal_id == StageVisit.deal_id, begun)
    visits = select(StageVisit.id).where(~entered.where(JournalEntry.at == StageVisit.entered_at).exists())
    said = select(JournalEntry.id).where(JournalEntry.entity == "message", JournalEntry.entity_id == Message.id)
    words = select(Message.id).where(~said.where(JournalEntry.at == Message.at).exists())
    return [
        *(f"visit {each} began at no line of its deal's" for each in session().scalars(visits)),
        *(f"message {each} was said at another instant than its line" for each in session().scalars(words)),
    ]


def _kinds() -> dict[str, str]:
    """What kind of stage is meant by a key or an id."""
    stages = session().execute(select(Stage.id, Stage.key, Stage.kind))
    return {str(name): row.kind for row in stages for name in (row.id, row.key)}


def nothing_open_is_left_behind() -> list[str]:
    """leave, reopen, restore, take back: whatever is open is of somebody who works here. What matters now: items.py."""
    gone = select(User.id).where(~User.is_active)
    open_ = Deal.closed_at.is_(None), Deal.deleted_at.is_(None)
    deals = session().scalars(select(Deal).where(*open_, Deal.responsible_id.in_(gone)))
    tasks = session().scalars(select(Task).where(Task.ended_at.is_(None), Task.assignee_id.in_(gone)))
    return [f"deal {each.id} is open, and {each.responsible_id} has left" for each in deals] + [
        f"task {each.id} is {each.state}, and {each.assignee_id} has left" for each in tasks
    ]


def _lines(*events: str) -> list[JournalEntry]:
    return list(session().scalars(select(JournalEntry).where(JournalEntry.event.in_(events)).order_by(JournalEntry.id)))


def deals_stand_on_a_board() -> list[str]:
    """archive a stage: whoever stands there is led on, by work that is not over."""
    led = {
        each["about"]
        for work in session().scalars(select(SetupWork).where(SetupWork.state == "waiting"))
        for each in work.steps[work.step :]
        if each["do"] == "move"
    }
    gone = or_(Stage.archived_at.is_not(None), Pipeline.archived_at.is_not(None))
    stages = select(Deal.id, Pipeline.key, Stage.key).join(Stage, Stage.id == Deal.stage_id)
    rows = stages.join(Pipeline, Pipeline.id == Stage.pipeline_id).where(Deal.deleted_at.is_(None), gone)
    return [
        f"deal {id_} stands on {home}/{key}, which is archived, for good"
        for id_, home, key in session().execute(rows)
        if f"{home}/{key}" not in led
    ]


CHECKS: tuple[Callable[[], list[str]], ...] = (
    visits_follow_moves,
    closed_as_the_stage_says,
    versions_count,
    deletion_is_told,
    tasks_end_for_a_reason,
    words_land_where_they_are_read,
    money_is_journalled,
    one_act_one_instant,
    nothing_open_is_left_behind,
    deals_stand_on_a_board,
)
