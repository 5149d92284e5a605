"""Items of what matters now: opened for a cause, taken, put aside, handed on, explained, settled.

What opens and settles them by itself is in important_causes.py, who is told when nobody takes one in ladders.py, whose
they are when deals, work and people change in item_people.py. The deal, or the task, is locked before the item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from rules import important as rules
from rules import worktime
from rules.worktime import Delay, WorkCalendar
from webapp import clock
from webapp.access import items
from webapp.access.scopes import Actor
from webapp.access.viewer import scope_of
from webapp.changes import announcements
from webapp.db import Base, add_core, all_of, execute_core, execute_later, hold_core, new_core, session, write_core
from webapp.errors import Refused, invalid
from webapp.models import Deal, ImportantItem, ImportantPlace, JournalEntry, Task
from webapp.services import journal, ladders, notices_over, notifications, task_decisions, texts
from webapp.snapshots import important as snapshots
from webapp.snapshots import recipients, setups, tasks

WORD_LIMIT = 2000
UNTAKEN = ("open", "handed_on")


@dataclass(frozen=True, slots=True)
class Cause:
    """What has to be acted on. `key` names it among those of its kind: one item of each stands at a time. `about_id` is
    who could explain it, `take_within` how long each level has before the next is told (None: nobody else is), unless
    `next_at` says when. `facts` are those of notifications."""

    kind: str
    key: str
    since: datetime
    about_id: int | None = None
    deal_id: int | None = None
    task_id: int | None = None
    run_id: int | None = None
    robot_id: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    take_within: Delay | None = None
    next_at: datetime | None = None


def open_for(people: Iterable[int], cause: Cause, by: Actor) -> ImportantItem:
    """Put a cause into the lists of these people, in the open transaction; its deal or task is locked. While the same
    cause stands already, it is told of once more, and whoever is new among them gets it too. It is in nobody's list to
    whom it does not open: another gets it instead."""
    item = standing(cause.kind, cause.key, *rules.of_one_wait(cause.kind))
    if item is None:
        return _opened(cause, people, by)
    told = items.those_who_may(item, people)
    _join(item, cause)
    announcements.important_changed(item.id)
    add_places(item, told)
    if item.state == "open" and (item.next_at is None or ladders.is_held(item)):
        ladders.arm(item, cause.next_at)
    return item


def _opened(cause: Cause, people: Iterable[int], by: Actor) -> ImportantItem:
    """A new one. Whose it is and when the next level is told is found out first, so that it is written once."""
    item = _new(cause)
    told = items.those_who_may(item, people)
    item.next_at = ladders.next_due(item, told, cause.next_at)
    add_core(item)
    _note(item, "opened", by, people=told)
    _give(item, dict.fromkeys(told))
    ladders.begin(item)
    return item


def standing(kind: str, key: str, *others: str) -> ImportantItem | None:
    """The live item of a cause, locked; else that of `others`, kinds that are another reason for the same."""
    names = [f"{each}-{key}" for each in (kind, *others)]
    found = {row.live_key: row for row in execute_core(_STANDING, names=names)}
    row = next((found[each] for each in names if each in found), None)
    return None if row is None else hold_core(ImportantItem, row)


def _join(item: ImportantItem, cause: Cause) -> None:
    """It stands once, under its gravest reason, and says the others too."""
    if item.kind == cause.kind:
        write_core(item, times=item.times + 1)
        return
    also, is_graver = {*item.facts.get("item.also", ()), item.kind, cause.kind}, rules.is_graver(cause.kind, item.kind)
    if is_graver:
        item.kind, item.live_key = cause.kind, f"{cause.kind}-{cause.key}"
        item.run_id, item.robot_id, item.facts = cause.run_id, cause.robot_id, dict(cause.facts)
    within = cause.take_within
    if within is not None and (is_graver or item.take_within is None):
        item.take_within = {"amount": within.amount, "unit": within.unit}
    item.facts = {**item.facts, "item.also": sorted(also - {item.kind})}


def _new(cause: Cause) -> ImportantItem:
    within = cause.take_within
    return new_core(
        ImportantItem,
        live_key=f"{cause.kind}-{cause.key}",
        kind=cause.kind,
        rank=rules.RANKS[cause.kind],
        deal_id=cause.deal_id,
        task_id=cause.task_id,
        run_id=cause.run_id,
        robot_id=cause.robot_id,
        about_id=cause.about_id,
        facts=dict(cause.facts),
        since=cause.since,
        opened_at=clock.now(),
        take_within={"amount": within.amount, "unit": within.unit} if within else None,
    )


def add_places(item: ImportantItem, people: Iterable[int]) -> list[int]:
    """Whoever of them has not got it yet gets it now, on its level: their ids."""
    known = set(execute_core(_WHOSE, item=item.id).scalars())
    new = [each for each in dict.fromkeys(people) if each not in known]
    _give(item, new)
    return new


def _give(item: ImportantItem, people: Iterable[int]) -> None:
    """It stands in the lists of these, who have not got it yet."""
    for each in people:
        execute_later(
            _PLACE,
            item_id=item.id,
            user_id=each,
            level=item.level,
            stands=rules.stands_as(item.state, item.holder_id, each),
            rank=item.rank,
            since=item.since,
            at=clock.now(),
            is_live=True,
        )


def places(item: ImportantItem) -> list[ImportantPlace]:
    """In whose lists it stands, in the order in which they were told."""
    return list(session().scalars(_PLACES, {"item": item.id}))


# Asked for each item that opens, so built once.
_STANDING = (
    all_of(ImportantItem)
    .where(ImportantItem.live_key.in_(bindparam("names", expanding=True)))
    .order_by(ImportantItem.id)
    .with_for_update()
)
_PLACE = insert(Base.metadata.tables[ImportantPlace.__tablename__]).inline()
_WHOSE = select(ImportantPlace.user_id).where(ImportantPlace.item_id == bindparam("item"))
_PLACES = select(ImportantPlace).where(ImportantPlace.item_id == bindparam("item")).order_by(ImportantPlace.id)


def take(item: ImportantItem, by: Actor) -> None:
    """This person sees to it: nobody else is told. Raises Refused when somebody was quicker."""
    _ask(item, "take", by)
    now = clock.now()
    if item.taken_at is None:
        working = worktime.working_between(_calendar_of(by.user_id), item.opened_at, now)
        item.taken_at, item.taken_by_id, item.taken_after = now, by.user_id, int(working.total_seconds())
    _put(item, "taken", by.user_id)
    notices_over.of_item(item, "important.climbed", whose=[each.user_id for each in places(item)])
    task_decisions.keep_of(item, by)
    _say(item, "taken", by)


def snooze(item: ImportantItem, until: datetime | None, by: Actor) -> None:
    """Put it aside until then, or (None) until the client answers; the ladder waits as long, and at the latest after
    two working days it comes back."""
    _ask(item, "snooze", by)
    now, most = clock.now(), rules.snoozed_at_most(_calendar_of(by.user_id), clock.now())
    if until is not None and until <= now:
        raise invalid("until", "in_the_past")
    if until is not None and until > most:
        raise invalid("until", "snoozed_too_long", most=most.isoformat())
    if until is None and item.deal_id is None:
        raise invalid("until", "no_client")
    _put(item, "snoozed", by.user_id)
    item.snoozes, item.snoozed_until, item.until_client = item.snoozes + 1, until or most, until is None
    ladders.wake_at(item, item.snoozed_until)
    _say(item, "snoozed", by, until=item.snoozed_until.isoformat(), until_client=item.until_client)


def hand_on(item: ImportantItem, to: int, by: Actor) -> None:
    """Somebody else is to take it, who may see what it is about; they are told, and have as long as a level has."""
    _ask(item, "hand_on", by)
    _may_be_given(item, to, by)
    _put(item, "handed_on", to)
    add_places(item, [to])
    _comes_back(item, [to])
    ladders.arm(item, None)
    _tell(item, "important.handed_on", [to], by)
    _say(item, "handed_on", by, to=to)


def _may_be_given(item: ImportantItem, to: int, by: Actor) -> None:
    setup = setups.current()
    person, deal = setup.people.get(to), session().get(Deal, item.deal_id) if item.deal_id else None
    if person is None or not person.is_active or to == by.user_id:
        raise invalid("to", "no_such_person")
    if deal is not None and not scope_of(setup, person).may_read(deal.responsible_id, deal.department_id):
        raise invalid("to", "may_not_see_it")
    if item.kind == "silent" and not snapshots.sees_to(item, scope_of(setup, person)):
        raise invalid("to", "may_not_see_it")
    if item.kind == "acceptance" and to not in tasks.deciders(session().get_one(Task, item.task_id)):
        raise invalid("to", "may_not_accept")


def ask(item: ImportantItem, text: str, by: Actor) -> None:
    """Ask whoever it is about to explain; they are told, and answer in place. The item stays as it is."""
    _ask(item, "ask", by)
    assert item.about_id is not None
    item.question, item.asked_by_id = texts.text("text", text, WORD_LIMIT), by.user_id
    item.explanation = None
    _tell(item, "important.asked", [item.about_id], by, text=item.question)
    _say(item, "asked", by, text=item.question, of=item.about_id)


def explain(item: ImportantItem, text: str, by: Actor) -> None:
    """Whoever was asked answers; whoever asked is told."""
    _ask(item, "explain", by)
    assert item.asked_by_id is not None
    item.explanation = texts.text("text", text, WORD_LIMIT)
    notices_over.of_item(item, "important.asked", whose=_asked(item))
    _tell(item, "important.explained", [item.asked_by_id], by, text=item.explanation)
    _say(item, "explained", by, text=item.explanation)


def finish(item: ImportantItem, word: str, by: Actor) -> None:
    """A person says that it is done, with a word if they like."""
    _ask(item, "settle", by)
    task_decisions.keep_of(item, by)
    settle(item, {"code": "done"}, by, word=texts.text("text", word, WORD_LIMIT, required=False))


def settle(item: ImportantItem, reason: dict[str, Any], by: Actor, word: str = "") -> None:
    """Its cause is gone, or somebody says so: whatever would have followed is called off."""
    now = clock.now()
    after = int((now - item.since).total_seconds())
    item.reason = {**reason, "by_id": by.user_id, "after": after, "key": item.live_key, "level": item.level}
    _put(item, "settled", item.holder_id)
    item.live_key, item.ended_at, item.word = None, now, word or None
    left = places(item)
    for each in left:
        each.is_live, each.ended_at = False, now
        _lets_go(item, each.user_id)
    notices_over.of_item(item, whose={*(each.user_id for each in left), *_asked(item)})
    _say(item, "settled", by, **reason, after=after, text=word)


def _asked(item: ImportantItem) -> list[int]:
    return [item.about_id] if item.question and item.about_id is not None else []


def stand_again(item: ImportantItem, by: Actor) -> None:
    """What settled it was taken back: its cause stands, unless it has come up anew meanwhile."""
    kind, _, key = str(item.reason["key"]).partition("-")
    if standing(kind, key) is not None:
        return
    item.live_key, item.ended_at, item.reason = f"{kind}-{key}", None, {}
    for each in places(item):
        each.is_live, each.ended_at = True, None
    come_back(item, by)


def come_back(item: ImportantItem, by: Actor) -> None:
    """What was put aside is there again, for all who have it; nobody has taken it."""
    _put(item, "open", None)
    item.left_at = None
    _comes_back(item, [each.user_id for each in places(item)])
    ladders.arm(item, None)
    _say(item, "came_back", by)


def told_by_ladder(item: ImportantItem) -> set[int]:
    """Whom its ladder has told because nobody had taken it in time."""
    climbed = select(JournalEntry.new).where(
        *(JournalEntry.entity == "important", JournalEntry.entity_id == item.id),
        JournalEntry.event == "important.climbed",
    )
    return {each for line in session().scalars(climbed) for each in (line or {})["people"]}


def pass_on(
    item: ImportantItem, gone: Collection[int], people: Iterable[int], by: Actor, *, know_already: bool = False
) -> None:
    """Others are to see to it: `gone` have it no longer, `people` have it from now on and are told, unless they `know`
    of it. What one of `gone` had taken, put aside or been handed is open again. Whoever is responsible is told of their
    deal already."""
    left = [each for each in places(item) if each.user_id in gone]
    for each in left:
        session().delete(each)
        announcements.inbox_changed(each.user_id)
        _lets_go(item, each.user_id)
    notices_over.of_item(item, whose={each.user_id for each in left})
    is_back = item.state != "open" and item.holder_id in gone
    if is_back:
        _put(item, "open", None)
        item.left_at = None
    told = add_places(item, people)
    if not left and not told:
        return
    if is_back:
        _comes_back(item, [each.user_id for each in places(item)])
    if item.state in UNTAKEN and (told or is_back or item.next_at is None):
        ladders.arm(item, None)
    if item.state in UNTAKEN and not know_already:
        _tell(item, "important.passed_on", [each for each in told if each not in (item.about_id, by.user_id)], by)
    have = [each.user_id for each in places(item)]
    _say(item, "passed_on", by, people=have, gone=[each.user_id for each in left])


def tell_next_level(item: ImportantItem, by: Actor) -> None:
    """Nobody has taken it in time: the next level is told too, and whoever was told keeps it. Nobody above: no more."""
    found = ladders.next_level(item, clock.now())
    item.next_at = None
    if not found.people:
        return
    was_told = [each.user_id for each in places(item)]
    item.state, item.holder_id, item.left_at, item.level = "open", None, None, item.level + 1
    add_places(item, found.people)
    _tell(item, "important.climbed", found.people, by, urgency="urgent")
    _say(item, "climbed", by, people=list(found.people), level=item.level, of=was_told, path=found.path)
    ladders.arm(item, None)


def _comes_back(item: ImportantItem, people: Iterable[int]) -> None:
    """It is new to them once more: a list that stands still shows it behind its "more since you started"."""
    back = set(people)
    for each in places(item):
        if each.user_id in back:
            each.at = clock.now()


def _lets_go(item: ImportantItem, person_id: int) -> None:
    """It no longer stands before this person, who may have seen its work by that alone."""
    if item.task_id is not None and item.deal_id is None:
        announcements.task_left(item.task_id, [person_id])


def _ask(item: ImportantItem, verb: str, by: Actor) -> None:
    assert by.user_id is not None
    code = rules.why_not(snapshots.facts_of(item), verb, by.user_id)
    if code is not None:
        raise Refused(code, record=("important", item.id), who=setups.current().name_of(item.holder_id))


def _put(item: ImportantItem, state: str, holder_id: int | None) -> None:
    if item.state == "open":
        item.left_at = clock.now()
    item.state, item.holder_id, item.snoozed_until, item.until_client = state, holder_id, None, False
    ladders.call_off(item)


def _calendar_of(person_id: int | None) -> WorkCalendar:
    person = setups.current().people.get(person_id or 0)
    return recipients.calendar_for(person.department_id if person else None, person_id)


def _tell(
    item: ImportantItem, kind: str, people: Iterable[int], by: Actor, text: str = "", urgency: str = "normal"
) -> None:
    notifications.tell(
        people,
        kind,
        key=f"{kind}-{item.id}-{int(clock.now().timestamp() * 1000)}",
        facts={**item.facts, "item.kind": item.kind, "item.text": text, "item.id": item.id},
        urgency=urgency,
        sender_id=by.user_id,
        deal_id=item.deal_id,
        task_id=item.task_id,
    )


def _say(item: ImportantItem, done: str, by: Actor, **new: Any) -> None:
    """The journal and open pages; and in each list it stands as what it is now."""
    for each in places(item):
        each.stands = rules.stands_as(item.state, item.holder_id, each.user_id)
    _note(item, done, by, **new)


def _note(item: ImportantItem, done: str, by: Actor, **new: Any) -> None:
    session().flush()
    new = {"kind": item.kind, **new}
    journal.write(f"important.{done}", "important", item.id, by, deal_id=item.deal_id, new=new)
    announcements.important_changed(item.id)
    if item.deal_id is not None:
        announcements.deal_changed(item.deal_id)
