"""What people were told and is true no more goes as read: a deal that is another's by now, a client who has been
answered, work that was accepted, what mattered and is settled. Nobody has to clear away what others have seen to; it
stays in the list as it was told, and what has not gone out yet does not."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, and_, true

from webapp.models import ImportantItem, Notification
from webapp.services import conversations, notifications
from webapp.services.events import DealAssigned, DealDeleted, DealEntered, EmployeeReplied, TaskStepped
from webapp.snapshots import setups

Which = Callable[[], ColumnElement[bool]]  # of what was told; written down only where anything is to be read

_WAITS = ("client.wrote", "client.called")
_HELD_UP = ("trigger.refused", "run.refused")
_OF_RESPONSIBLE = ("deal.assigned", "run.no_way", *_WAITS, *_HELD_UP)
_TO_DO = ("task.created", "task.handed_over", "task.deadline_coming", "task.overdue", "task.returned")
_TO_ACCEPT = ("task.awaiting_acceptance", "task.acceptance_overdue")
_BY_STEP = {
    "submitted": _TO_DO,
    "accepted": _TO_ACCEPT,
    "returned": _TO_ACCEPT,
    "cancelled": (*_TO_DO, *_TO_ACCEPT),
}
_BY_HAND = {"handed_over": _TO_DO, "acceptance_handed_over": _TO_ACCEPT}


def follow(event: object) -> None:
    """What an event ends of what was told."""
    ends = ENDS.get(type(event))
    if ends is not None:
        ends(event)


def of_item(item: ImportantItem, *kinds: str, whose: Collection[int]) -> None:
    """It matters no more to these people, or not as they were told by one of `kinds`; an explanation is an answer, and
    is read in any case."""
    item_id, theirs = item.id, sorted(whose)

    def told() -> ColumnElement[bool]:
        which = Notification.kind.in_(kinds) if kinds else Notification.kind != "important.explained"
        return and_(which, Notification.user_id.in_(theirs), Notification.facts["item.id"].as_integer() == item_id)

    _is_over(item.deal_id, item.task_id, told)


def of_acceptance(task_id: int, deal_id: int | None, whose: Collection[int]) -> None:
    """These do not decide on the work any more."""
    theirs = sorted(whose)
    _over(_TO_ACCEPT, deal_id, task_id, lambda: Notification.user_id.in_(theirs))


def deadline_passed(task_id: int, deal_id: int | None) -> None:
    """It is not coming any more."""
    _over(("task.deadline_coming",), deal_id, task_id)


def _over(kinds: Collection[str], deal_id: int | None, task_id: int | None, whose: Which = true) -> None:
    _is_over(deal_id, task_id, lambda: and_(Notification.kind.in_(kinds), whose()))


def _is_over(deal_id: int | None, task_id: int | None, told: Which) -> None:
    if task_id is None:
        notifications.is_over(deal_id, told)
    else:
        notifications.is_over(deal_id, lambda: and_(Notification.task_id == task_id, told()))


def _deleted(event: DealDeleted) -> None:
    notifications.is_over(event.deal_id, true)


def _assigned(event: DealAssigned) -> None:
    if event.old_id is None:  # a new deal, of which nobody has been told anything
        return
    theirs = sorted(notifications.with_cover(frozenset({event.deal.responsible_id}), event.deal.id))
    _over(_OF_RESPONSIBLE, event.deal.id, None, lambda: Notification.user_id.not_in(theirs))


def _entered(event: DealEntered) -> None:
    if event.left_visit_id is None:
        return
    is_open = setups.current().all_stages[event.stage_id].kind == "open"
    _over(_HELD_UP if is_open else (*_HELD_UP, *_WAITS), event.deal.id, None)


def _replied(event: EmployeeReplied) -> None:
    if not conversations.is_awaited(event.deal_id):
        _over(_WAITS, event.deal_id, None)


def _stepped(event: TaskStepped) -> None:
    if event.step in _BY_STEP:
        _over(_BY_STEP[event.step], event.deal_id, event.task_id)
    elif event.step in _BY_HAND and (was_id := event.was_id) is not None:
        _over(_BY_HAND[event.step], event.deal_id, event.task_id, lambda: Notification.user_id == was_id)


ENDS: dict[type[object], Callable[..., None]] = {
    DealDeleted: _deleted,
    DealAssigned: _assigned,
    DealEntered: _entered,
    EmployeeReplied: _replied,
    TaskStepped: _stepped,
}
