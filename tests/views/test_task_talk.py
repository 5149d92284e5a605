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
