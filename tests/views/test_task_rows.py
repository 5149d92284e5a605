"""A task in a list says what its page says first: work that came back is not work that was merely begun."""

from __future__ import annotations

from flask import Flask

from tests.views.scenes import Browser, browser, scene


def row(who: Browser, task_id: int) -> str:
    page = who.get("/tasks?list=all").text
    return page.partition(f'id="task-row-{task_id}"')[2].partition("</li>")[0]


def test_work_that_was_returned_says_so_and_why_until_it_is_submitted_anew(app: Flask) -> None:
    at = scene(app)
    rep, head = browser(app, "rep1"), browser(app, "north")
    assert head.post(f"/tasks/{at.handed_in}/returns", data={"reason": "No <stamp>"}).status_code == 303
    for who in (rep, head):
        assert "returned</span>" in row(who, at.handed_in)
        assert "No &lt;stamp&gt;" in row(who, at.handed_in)
    assert "returned" not in row(rep, at.task)
    assert rep.post(f"/tasks/{at.handed_in}/submissions", data={"result": "Stamped"}).status_code == 303
    assert "awaiting acceptance" in row(rep, at.handed_in)
    assert "returned</span>" not in row(rep, at.handed_in)
