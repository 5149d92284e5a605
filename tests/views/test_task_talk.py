"""Comments on a task and giving it on, by page and by API; both sides of the rights."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests import company
from tests.conftest import Clock
from tests.views.scenes import HTMX, browser, scene

V1 = "/api/v1"


def test_a_comment_by_page(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    answer = rep.post(f"/tasks/{at.task}/comments", data={"text": "They <b>ask</b>"}, headers=HTMX)
    assert "They &lt;b&gt;ask&lt;/b&gt;" in answer.text
    assert "They &lt;b&gt;ask" in browser(app, "north").get(f"/tasks/{at.task}").text
    refused = rep.post(f"/tasks/{at.task}/comments", data={"text": " "}, headers=HTMX)
    assert (refused.status_code, "Fill this in." in refused.text) == (422, True)
    long = rep.post(f"/tasks/{at.task}/comments", data={"text": "a" * 10_001}, headers=HTMX)
    assert (long.status_code, "a" * 10_001 in long.text) == (422, True)


def test_giving_on_by_page_names_whom_one_may_give_it_to(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    page = rep.get(f"/tasks/{at.task}").text
    _, _, form = page.partition("data-delegate")
    form = form.partition("</form>")[0]
    assert "Maria Sokolova" in form
    assert "Ivan Petrov" not in form
    assert "Oleg Voronin" not in form
    with app.app_context():
        maria, oleg = company.person("rep2"), company.person("rep3")
    refused = rep.post(f"/tasks/{at.task}/handovers", data={"to": str(oleg)}, headers=HTMX)
    assert refused.status_code == 422
    assert rep.post(f"/tasks/{at.task}/handovers", data={"to": str(maria)}).status_code == 303
    assert "data-delegate" not in rep.get(f"/tasks/{at.task}").text
    assert "data-submit" in browser(app, "rep2").get(f"/tasks/{at.task}").text


def test_a_reminder_by_page_and_by_the_api(app: Flask, token: Any, clock: Clock) -> None:
    """Chosen with a new task and changed later; without a deadline, and too early, there is none, in words."""
    rep, api = browser(app, "rep1"), app.test_client()
    new = {"title": "Call", "assignee_id": "", "due_at": "2026-11-25T18:00", "remind": "1-hours"}
    with app.app_context():
        new["assignee_id"] = str(company.person("rep1"))
    path = rep.post("/tasks", data=new).headers["Location"]
    assert "17:00" in rep.get(path).text.partition("data-reminder")[2].partition("</summary>")[0]
    changed = rep.post(f"{path}/reminders", data={"remind": "15-minutes"}, headers=HTMX).text
    assert "17:45" in changed.partition("data-reminder")[2].partition("</summary>")[0]
    for sent, words in (
        ({"remind": "9-moons"}, "Choose one of these: "),
        ({"due_at": ""}, "nothing to be reminded of"),
    ):
        refused = rep.post("/tasks", data=new | sent)
        assert (refused.status_code, words in refused.text) == (422, True), words
    made = {"title": "Call", "due_at": "2026-11-25T15:00:00Z", "remind": {"amount": 2, "unit": "working_hours"}}
    task = api.post(f"{V1}/tasks", json=made, headers=token("rep1")).json
    assert task["reminds_at"] == "2026-11-25T13:00:00Z"
    ahead = {"remind": {"amount": 1, "unit": "days"}}
    again = api.post(f"{V1}/tasks/{task['id']}/reminders", json=ahead, headers=token("rep1"))
    assert (again.status_code, again.json["reminds_at"]) == (201, "2026-11-24T15:00:00Z")
    ahead["remind"]["amount"] = 9
    early = api.post(f"{V1}/tasks/{task['id']}/reminders", json=ahead, headers=token("rep1"))
    assert (early.status_code, "in_the_past" in early.text) == (422, True)


def test_on_the_deals_sheet_a_task_unfolds_with_all_that_is_said_of_it(app: Flask, clock: Clock) -> None:
    at, rep = scene(app), browser(app, "rep1")
    sheet = rep.get(f"/deals/{at.deal}").text
    part = sheet.partition(f'id="task-{at.task}"')[2].partition("</article>")[0]
    assert f'hx-get="/tasks/{at.task}" hx-target="#task-{at.task}"' in part
    whole = rep.get(f"/tasks/{at.task}", headers=HTMX).text
    for what in ("data-delegate", "Comment"):
        assert what in whole


def test_both_by_the_api(app: Flask, token: Any, clock: Clock) -> None:
    at, api = scene(app), app.test_client()
    with app.app_context():
        maria = company.person("rep2")
    path = f"{V1}/tasks/{at.task}"
    made = api.post(f"{path}/comments", json={"text": "Look, @Maria Sokolova"}, headers=token("rep1"))
    assert (made.status_code, maria in made.json["told"]) == (201, True)
    assert api.get(f"{path}/comments", headers=token("rep2")).json["items"] == [made.json]
    assert api.get(f"{path}/comments", headers=token("rep3")).status_code == 404
    assert api.post(f"{path}/comments", json={"text": "Hi"}, headers=token("rep3")).status_code == 404
    assert api.post(f"{path}/handovers", json={"to": maria}, headers=token("rep2")).status_code == 403
    given = api.post(f"{path}/handovers", json={"to": maria}, headers=token("rep1"))
    assert (given.status_code, given.json["assignee_id"]) == (201, maria)
    late = api.post(f"{V1}/tasks/{at.handed_in}/handovers", json={"to": maria}, headers=token("rep1"))
    assert (late.status_code, late.json["error"]) == (409, "wrong_state")
