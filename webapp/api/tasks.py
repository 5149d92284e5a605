"""Tasks: made, reported on, accepted or returned."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from rules.worktime import Delay
from webapp.access.records import deal_for, task_for
from webapp.access.viewer import viewer
from webapp.api.records import tasks as records
from webapp.api.records.tasks import TaskRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Count, Id, Moment, Page, Paging, QueryId, cursor
from webapp.queries import listings as found
from webapp.services import tasks

ONE = "/tasks/<int:task_id>"
State = Literal["new", "in_progress", "awaiting_acceptance", "done", "cancelled"]


class TaskFilters(Paging):
    state: State | None = None
    deal_id: QueryId | None = None


class Ahead(Body):
    """So long before the deadline; in working time, as whoever does the work has it."""

    amount: Annotated[StrictInt, Field(ge=1, le=100_000)]
    unit: Literal["minutes", "hours", "days", "working_minutes", "working_hours", "working_days"]

    @property
    def delay(self) -> Delay:
        return Delay(self.amount, self.unit)


class NewTask(Body):
    """For the caller, unless `assignee_id` says otherwise; due at a moment, or in so many working days of whoever does
    it. With `accept` the work is accepted by `acceptor_id`, whom to name is enough, else by the caller, or, when it is
    the caller's own, by the head."""

    title: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=10_000)] = ""
    deal_id: Id | None = None
    assignee_id: Id | None = None
    due_at: Moment | None = None
    working_days: Annotated[StrictInt, Field(ge=1, le=1_000)] | None = None
    acceptor_id: Id | None = None
    accept: Annotated[bool, Field(strict=True)] = False
    result_required: Annotated[bool, Field(strict=True)] = False
    remind: Ahead | None = None


class Reminder(Body):
    """When it is said that the deadline is coming: so long before it."""

    remind: Ahead


class Submission(Body):
    """With `returns`, as many as the task showed: 409 when it came back once more since."""

    result: str = ""
    returns: Count | None = None


class Acceptance(Body):
    """With `submission`, as the task showed it, nothing that was handed in since."""

    submission: str = ""


class Return(Body):
    """`submission` as for an acceptance."""

    reason: str
    submission: str = ""


class Delegation(Body):
    """With `assignee_id`, as the task showed it: 409 when it was given on since."""

    to: Id
    assignee_id: Id | None = None


@reads("/tasks", Page[TaskRecord])
def index(query: TaskFilters) -> Page[TaskRecord]:
    """Tasks that the caller has to do with, and those of deals that the caller may read; newest first."""
    place = found.Place(query.limit, query.before)
    slice_ = found.tasks(viewer().scope, query.state, query.deal_id, place)
    return Page[TaskRecord](items=records.records(slice_.rows), next=cursor(slice_.next))


@writes("POST", "/tasks", TaskRecord, HTTPStatus.CREATED)
def create(json: NewTask) -> Answer[TaskRecord]:
    """A new task."""
    deal = None if json.deal_id is None else deal_for(json.deal_id, write=True, for_update=True)
    task = tasks.create_by_hand(
        json.title,
        json.text,
        viewer().id if json.assignee_id is None else json.assignee_id,
        viewer().actor,
        deal=deal,
        due_at=json.due_at,
        working_days=json.working_days,
        acceptor_id=json.acceptor_id,
        accept=json.accept,
        result_required=json.result_required,
        remind=None if json.remind is None else json.remind.delay,
    )
    return lambda: records.record(task)


@reads(ONE, TaskRecord)
def show(task_id: int) -> TaskRecord:
    """One task."""
    return records.record(task_for(task_id))


@writes("POST", f"{ONE}/submissions", TaskRecord, HTTPStatus.CREATED)
def submit(task_id: int, json: Submission) -> Answer[TaskRecord]:
    """The assignee reports; the acceptor is asked, or the task is done."""
    task = task_for(task_id, for_update=True)
    tasks.submit(task, json.result, viewer().actor, json.returns)
    return lambda: records.record(task)


@writes("POST", f"{ONE}/acceptances", TaskRecord, HTTPStatus.CREATED)
def accept(task_id: int, json: Acceptance) -> Answer[TaskRecord]:
    """The head accepts the work."""
    task = task_for(task_id, for_update=True)
    tasks.accept(task, viewer().actor, json.submission)
    return lambda: records.record(task)


@writes("POST", f"{ONE}/returns", TaskRecord, HTTPStatus.CREATED)
def send_back(task_id: int, json: Return) -> Answer[TaskRecord]:
    """The head returns the work for rework, with a reason."""
    task = task_for(task_id, for_update=True)
    tasks.send_back(task, json.reason, viewer().actor, json.submission)
    return lambda: records.record(task)


@writes("POST", f"{ONE}/handovers", TaskRecord, HTTPStatus.CREATED)
def delegate(task_id: int, json: Delegation) -> Answer[TaskRecord]:
    """Somebody else is to do it: given by whoever does it, wants it or accepts it."""
    task = task_for(task_id, for_update=True)
    tasks.delegate(task, json.to, viewer().actor, json.assignee_id)
    return lambda: records.record(task)


@writes("POST", f"{ONE}/reminders", TaskRecord, HTTPStatus.CREATED)
def remind(task_id: int, json: Reminder) -> Answer[TaskRecord]:
    """When it is said that the deadline is coming, instead of when it was to be said."""
    task = task_for(task_id, for_update=True)
    tasks.remind(task, json.remind.delay, viewer().actor)
    return lambda: records.record(task)
