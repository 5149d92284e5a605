"""Whoever accepts or returns work decides on what their page shows: what was handed in since is shown first."""

from __future__ import annotations

import html

import pytest
from flask import Flask

from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.views.drawn_forms import DrawnForm, form_of, read
from tests.views.scenes import HTMX, Scene, browser
from webapp.db import session, transaction
from webapp.models import ImportantItem, Task
from webapp.services import tasks

FIRST, SECOND = "They want it in June", "They want it in May"
BOTH_WAYS = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
# Where the two answers stand, and which control tells this one from the others of the page.
PLACES = pytest.mark.parametrize(
    ("page", "control"),
    [("/tasks/{task}", ""), ("/tasks?list=acceptance", "row"), ("/", "prompt"), ("/deals/{deal}", "")],
    ids=["its own page", "the list", "a prompt", "the deal's sheet"],
)
SAYS_SO = "The work was submitted again in the meantime. Look at it first."


@pytest.fixture
def task(app: Flask, north: Scene, clock: Clock) -> int:
    """Handed in as FIRST."""
    again(app, north.handed_in, clock, FIRST)
    return north.handed_in


def again(app: Flask, task_id: int, clock: Clock, result: str) -> None:
    """Elsewhere, unseen by the page that is open: returned, and handed in anew."""
    for act, words, name in ((tasks.send_back, "Ring again", "north"), (tasks.submit, result, "rep1")):
        clock.go_on(minutes=5)
        with app.app_context(), transaction():
            act(session().get_one(Task, task_id, with_for_update=True), words, company.acting(name))


def drawn(answer: str, task_id: int, act: str, control: str) -> DrawnForm:
    forms = [each for each in read(answer).forms if each.action == f"/tasks/{task_id}/{act}"]
    names = [(each, {one.name for one in each.controls}) for each in forms]
    return next(each for each, has in names if (control in has if control else not has & {"row", "prompt"}))


def state(app: Flask, task_id: int) -> tuple[str, str | None]:
    with app.app_context():
        found = session().get_one(Task, task_id)
        kept = found.state, found.result
        session().close()
        return kept


@BOTH_WAYS
@PLACES
@pytest.mark.parametrize(
    ("act", "more", "after"),
    [("acceptances", {}, "done"), ("returns", {"reason": "Ring <b>them"}, "in_progress")],
    ids=["accepted", "returned"],
)
def test_what_was_handed_in_since_is_shown_first_and_then_decided_on(
    app: Flask, clock: Clock, north: Scene, task: int, page: str, control: str, act: str, more: dict[str, str],
    after: str, headers: dict[str, str],
) -> None:  # fmt: skip
    head = browser(app, "north")
    shown = head.get(page.format(task=task, deal=north.deal)).text
    assert FIRST in shown
    form = drawn(shown, task, act, control)
    again(app, task, clock, SECOND)
    late = head.post(form.action, data=form.data(**more), headers=headers)
    assert (late.status_code, state(app, task)) == (409, ("awaiting_acceptance", SECOND))
    said = html.unescape(late.text)
    assert (SAYS_SO in said, SECOND in said, FIRST in said) == (True, True, False)
    assert more.get("reason", "") in said, "what was typed is kept"
    fresh = drawn(late.text, task, act, control if headers else "")
    assert head.post(fresh.action, data=fresh.data(**more), headers=headers).status_code in (200, 303)
    assert state(app, task) == (after, SECOND)


@PLACES
@pytest.mark.parametrize("act", ["acceptances", "returns"])
def test_what_is_shown_is_decided_on_at_once(
    app: Flask, north: Scene, task: int, page: str, control: str, act: str
) -> None:
    head = browser(app, "north")
    form = drawn(head.get(page.format(task=task, deal=north.deal)).text, task, act, control)
    answer = head.post(form.action, data=form.data(reason="Ring them"), headers=HTMX)
    assert (answer.status_code, state(app, task)[0]) == (200, "done" if act == "acceptances" else "in_progress")


def test_what_somebody_else_has_accepted_meanwhile_is_said_as_before(
    app: Flask, clock: Clock, north: Scene, task: int
) -> None:
    head = browser(app, "north")
    form = drawn(head.get(f"/tasks/{task}").text, task, "acceptances", "")
    again(app, task, clock, SECOND)
    with app.app_context(), transaction():
        tasks.accept(session().get_one(Task, task, with_for_update=True), company.acting("north"))
    late = head.post(form.action, data=form.data(), headers=HTMX)
    assert (late.status_code, "was quicker: it is already done" in late.text) == (409, True)


@pytest.mark.parametrize(("act", "more"), [("acceptances", {}), ("returns", {"reason": "Ring <b>them"})])
def test_a_line_of_important_now_decides_on_what_it_shows(
    app: Flask, clock: Clock, north: Scene, task: int, act: str, more: dict[str, str]
) -> None:
    head = browser(app, "north")
    item = item_of(app, task)
    page = head.get("/important").text
    assert FIRST in page
    at = form_of(page, f"/important/{item}/acceptances").data()
    again(app, task, clock, SECOND)
    late = head.post(f"/important/{item}/{act}", data={**at, **more}, headers=HTMX)
    assert (late.status_code, state(app, task)) == (409, ("awaiting_acceptance", SECOND))
    said, new = html.unescape(late.text), item_of(app, task)
    assert new != item
    assert (SAYS_SO in said, SECOND in said, more.get("reason", "") in said) == (True, True, True)
    fresh = form_of(late.text, f"/important/{new}/{act}")
    assert head.post(fresh.action, data=fresh.data(**more), headers=HTMX).status_code == 200
    assert state(app, task) == ("done" if act == "acceptances" else "in_progress", SECOND)


@BOTH_WAYS
def test_who_hands_in_has_seen_why_the_work_came_back(
    app: Flask, clock: Clock, north: Scene, headers: dict[str, str]
) -> None:
    rep, task = browser(app, "rep1"), north.task
    form = drawn(rep.get(f"/tasks/{task}").text, task, "submissions", "")
    with app.app_context(), transaction():
        found = session().get_one(Task, task, with_for_update=True)
        found.accept = True
        tasks.submit(found, FIRST, company.acting("rep1"))
        tasks.send_back(found, "Ask when", company.acting("north"))
    late = rep.post(form.action, data=form.data(result=SECOND), headers=headers)
    assert (late.status_code, state(app, task)) == (409, ("in_progress", FIRST))
    said = html.unescape(late.text)
    for each in ("The work was returned in the meantime.", "Ask when", SECOND):
        assert each in said
    fresh = drawn(late.text, task, "submissions", "")
    assert rep.post(fresh.action, data=fresh.data(), headers=headers).status_code in (200, 303)
    assert state(app, task) == ("awaiting_acceptance", SECOND)


@BOTH_WAYS
def test_who_gives_work_on_takes_it_from_whom_their_page_named(
    app: Flask, clock: Clock, north: Scene, headers: dict[str, str]
) -> None:
    head, task = browser(app, "north"), north.task
    with app.app_context():
        other, own = company.person("rep2"), company.person("north")
        with transaction():
            session().get_one(Task, task).creator_id = own
    form = drawn(head.get(f"/tasks/{task}").text, task, "handovers", "")
    with app.app_context(), transaction():
        tasks.delegate(session().get_one(Task, task, with_for_update=True), other, company.acting("rep1"))
    late = head.post(form.action, data=form.data(to=str(own)), headers=headers)
    assert (late.status_code, doer(app, task)) == (409, other)
    assert "Ivan Petrov changed this to “Maria Sokolova” in the meantime." in html.unescape(late.text)
    fresh = drawn(late.text, task, "handovers", "")
    assert fresh.value("to") == [str(own)]
    assert head.post(fresh.action, data=fresh.data(), headers=headers).status_code in (200, 303)
    assert doer(app, task) == own


def doer(app: Flask, task_id: int) -> int:
    with app.app_context():
        return session().get_one(Task, task_id).assignee_id


def item_of(app: Flask, task_id: int) -> int:
    with app.app_context():
        (found,) = session().query(ImportantItem).filter_by(task_id=task_id, kind="acceptance", ended_at=None)
        return int(found.id)


@pytest.mark.parametrize(("act", "more"), [("acceptances", {}), ("returns", {"reason": "Ring them"})])
def test_a_program_may_name_what_it_has_seen(
    app: Flask, clock: Clock, task: int, act: str, more: dict[str, str]
) -> None:
    head = Caller.of(app, "north")
    seen = head.get(f"/tasks/{task}")["submission"]
    again(app, task, clock, SECOND)
    late = head.call("POST", f"/tasks/{task}/{act}", {**more, "submission": seen})
    assert (late.status_code, late.json["error"]) == (409, "handed_in_anew")
    now = head.get(f"/tasks/{task}")["submission"]
    assert head.call("POST", f"/tasks/{task}/{act}", {**more, "submission": now}).status_code == 201


def test_a_program_need_not_name_it(app: Flask, clock: Clock, task: int) -> None:
    head = Caller.of(app, "north")
    again(app, task, clock, SECOND)
    assert head.post(f"/tasks/{task}/acceptances", {})["state"] == "done"


def test_what_was_never_handed_in_has_no_name(app: Flask, clock: Clock) -> None:
    with app.app_context():
        deal = acts.deal()
    rep = Caller.of(app, "rep1")
    assert rep.post("/tasks", {"title": "Call", "deal_id": deal})["submission"] == ""
