"""Tasks: lists, a new one, one whole, and what is done with it: started, reported, accepted, returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from rules.worktime import Delay
from webapp.access.records import deal_for, may_see_task, task_for
from webapp.access.scopes import Actor
from webapp.access.viewer import viewer
from webapp.db import session, transaction
from webapp.errors import Refused, invalid, not_an_option
from webapp.i18n import reminders
from webapp.models import Deal, Task
from webapp.queries import new_tasks
from webapp.queries import tasks as query
from webapp.services import journal, task_comments, task_files, tasks, values
from webapp.snapshots import setups
from webapp.web import out_of_sight
from webapp.web.forms import BLANK, Form, FormState, Kept, Posted, check
from webapp.web.forms.files import uploads
from webapp.web.responses import fragment, page, redirect_to, wants_fragment
from webapp.web.sheets import deal_sheet, saved_sheet
from webapp.web.task_groups import grouped
from webapp.web.turns import turn_of

pages = Blueprint("tasks", __name__)
STEP = Form(names=("result", "returns", "reason", "prompt", "row", "submission", "to", "text", "remind"), refusals=None)
NEW = Form(names=("title", "assignee_id", "acceptor_id", "due_at", "working_days", "remind"))


@pages.get("/tasks")
def index() -> Response:
    """One of the lists: what waits for me, which the bar counts, mine, awaiting my acceptance, what my people have to
    do, overdue, all that I may see."""
    return _index()


@pages.post("/tasks")
def create() -> Response:
    """A task without a deal."""
    posted = NEW.posted()
    try:
        with transaction():
            task_id = _created(posted).id
    except Refused as error:
        return _index(posted.refused(error, "task"))
    return redirect_to(f"/tasks/{task_id}")


@pages.post("/deals/<int:deal_id>/tasks")
def create_on_deal(deal_id: int) -> Response:
    """A task on a deal; its sheet comes back with it."""
    posted = NEW.posted()
    try:
        with transaction():
            _created(posted, deal_for(deal_id, write=True, for_update=True))
    except Refused as error:
        return deal_sheet(deal_id, posted.refused(error, "task"))
    return saved_sheet(deal_id)


def _created(posted: Posted, deal: Deal | None = None) -> Task:
    by, accepted_by = viewer().actor, posted.text("acceptor_id")
    return tasks.create_by_hand(
        posted.text("title"),
        "",
        posted.id("assignee_id") or 0,
        by,
        deal=deal,
        due_at=values.moment(posted.text("due_at"), by, "due_at"),
        working_days=(posted.id("working_days") or 0) if posted.text("working_days").strip() else None,
        accept=accepted_by == "usual",
        acceptor_id=(posted.id("acceptor_id") or 0) if accepted_by not in ("", "usual") else None,
        remind=_reminder(posted),
    )


def _reminder(posted: Posted) -> Delay | None:
    """One of those that are offered, as "2-working_hours"."""
    asked = posted.text("remind")
    if asked and reminders.of_key(asked) is None:
        raise not_an_option("remind", (each for each, _ in reminders.offered()))
    return reminders.of_key(asked)


def _index(form: FormState = BLANK) -> Response:
    args, scope = request.args, viewer().scope
    which, sort, lists = args.get("list", "waiting"), args.get("sort", "due"), query.lists_of(scope)
    which, sort = which if which in lists else "waiting", sort if sort in query.SORTS else "due"
    words, turn = args.get("q", "").strip()[:100], turn_of(args)
    found = query.listed(scope, which, turn, words, sort)
    context: dict[str, Any] = {"page_": found, "turn": turn, "which": which, "words": words, "sort": sort}
    context |= {"lists": lists, "groups": grouped(found.rows, sort), "counts": query.counts(scope)}
    if wants_fragment() and form is BLANK:
        return fragment("tasks/listed.htmx.html", **context)
    context |= {"new_task_asked": new_tasks.asked(scope)}
    return page("tasks/index.html", status=form.status, form=form, **context)


@pages.get("/tasks/<int:task_id>")
def show(task_id: int) -> Response:
    """One task whole."""
    return _shown(task_for(task_id))


@pages.post("/tasks/<int:task_id>/starts")
def start(task_id: int) -> Response:
    """The assignee takes it in hand."""
    return _do(task_id, tasks.start)


@pages.post("/tasks/<int:task_id>/submissions")
def submit(task_id: int) -> Response:
    """The assignee reports, with what was chosen beside, if that was not attached before."""
    uploads()  # judged before the task is locked
    return _do(task_id, _handed_in)


def _handed_in(task: Task, by: Actor) -> None:
    posted = STEP.posted()
    if came := uploads():
        task_files.attach(task, came, by)
    tasks.submit(task, posted.text("result"), by, posted.id("returns"))


@pages.post("/tasks/<int:task_id>/acceptances")
def accept(task_id: int) -> Response:
    """The head accepts the work that was shown, on a page or in a notification."""
    return _do(task_id, lambda task, by: tasks.accept(task, by, STEP.posted().text("submission")))


@pages.post("/tasks/<int:task_id>/returns")
def send_back(task_id: int) -> Response:
    """The head returns the work that was shown, with a reason."""
    posted = STEP.posted()
    return _do(task_id, lambda task, by: tasks.send_back(task, posted.text("reason"), by, posted.text("submission")))


@pages.post("/tasks/<int:task_id>/handovers")
def delegate(task_id: int) -> Response:
    """Somebody else is to do it, in the place of whom the page named."""
    return _do(task_id, _given_on)


def _given_on(task: Task, by: Actor) -> None:
    posted, now = STEP.posted(), (str(task.assignee_id), setups.current().name_of(task.assignee_id))
    kept = Kept({"to": now[0]}, lambda _: journal.last_by("task.handed_over", task.id), {"to": [now]})
    check(posted, kept, by)
    tasks.delegate(task, posted.id("to") or 0, by)


@pages.post("/tasks/<int:task_id>/reminders")
def remind(task_id: int) -> Response:
    """When it is said that the deadline is coming."""
    return _do(task_id, _reminded)


def _reminded(task: Task, by: Actor) -> None:
    ahead = _reminder(STEP.posted())
    if ahead is None:
        raise invalid("remind", "blank")
    tasks.remind(task, ahead, by)


@pages.post("/tasks/<int:task_id>/comments")
def comment(task_id: int) -> Response:
    """A word about it."""
    return _do(task_id, lambda task, by: task_comments.write(task, STEP.posted().text("text"), by))


def _do(task_id: int, step: Callable[[Task, Actor], object]) -> Response:
    """One step, then the task as it stands; refused, with what was typed and why."""
    posted = STEP.posted()
    try:
        with transaction():
            step(task_for(task_id, for_update=True), viewer().actor)
    except Refused as error:
        return _refused(task_id, posted, posted.refused(error, f"task-{task_id}"))
    return _done(session().get_one(Task, task_id), posted)


def _refused(task_id: int, posted: Posted, form: FormState) -> Response:
    if wants_fragment() and "prompt" in posted:
        return _prompts(form, task_id)
    task = task_for(task_id)
    return _row(task, posted, form) if wants_fragment() and "row" in posted else _shown(task, form)


def _done(task: Task, posted: Posted) -> Response:
    """Where it was done, with a word of what became of it; in the list, when the step has taken it out of sight."""
    became = out_of_sight.of_task(task, request.path.rpartition("/")[2])
    if wants_fragment() and ("prompt" in posted or "row" in posted):
        answer = _prompts(BLANK) if "prompt" in posted else _row(task, posted)
        answer.data += out_of_sight.said(became)
        return answer
    if not may_see_task(task):
        return out_of_sight.back_to("/tasks", became)
    return _shown(task) if wants_fragment() else redirect_to(f"/tasks/{task.id}")


def _prompts(form: FormState, refused_id: int | None = None) -> Response:
    """The prompts as they stand; a refused one keeps what was typed and says why. When it is no prompt any more,
    for somebody was quicker, a toast says so."""
    found = query.prompts(viewer().scope)
    answer = fragment("_prompts.html", status=form.status, prompts=found, form=form)
    if refused_id is not None and refused_id not in {each.id for each in found}:
        answer.data += fragment("refused.htmx.html", message=form.message).data
    return answer


def _row(task: Task, posted: Posted, form: FormState = BLANK) -> Response:
    """A row of a list as it stands after its answer; away with it, when it is out of sight."""
    if not may_see_task(task):
        return fragment("tasks/row_gone.htmx.html", task_id=task.id)
    found, sort = query.one(viewer().scope, task), posted.text("row")
    return fragment("tasks/_row.html", status=form.status, task=found, form=form, sort=sort)


def _shown(task: Task, form: FormState = BLANK) -> Response:
    found = query.whole(viewer().scope, task)
    build, template = (fragment, "tasks/_task.html") if wants_fragment() else (page, "tasks/show.html")
    return build(template, status=form.status, task=found.task, beside=found, deal_page=False, form=form)
