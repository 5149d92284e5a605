"""Several people at once: a link for each, who leads what; one wrong line and nobody is added, nothing is lost."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import func, select

from tests.conftest import Clock
from tests.views.scenes import browser
from webapp.db import session
from webapp.models import User
from webapp.snapshots import setups

ALL = "/settings/people/lists"
GOOD = "Ann Lee, ann@firm.example, Sales South, head\nBo Li\tbo@firm.example\tSales North\nCy, cy@firm.example,, deputy"


def test_a_list_becomes_people_with_links_and_posts(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    answer = admin.post(ALL, data={"lines": GOOD})
    links = re.findall(r"(\w+@firm.example)&gt;: (http\S+/links/\S+)", answer.text)
    assert [each for each, _ in links] == ["ann@firm.example", "bo@firm.example", "cy@firm.example"]
    assert app.test_client().get(links[0][1]).status_code == 200
    with app.app_context():
        chart = {
            setups.current().department_names[key]["en"]: each for key, each in setups.current().org.departments.items()
        }
        ids = {each.email: each.id for each in session().scalars(select(User))}
    assert chart["Sales South"].heads == (ids["ann@firm.example"],)
    assert ids["cy@firm.example"] in chart["Sales"].deputies


def test_one_wrong_line_and_nobody_is_added(app: Flask, clock: Clock) -> None:
    admin = browser(app, "admin")
    with app.app_context():
        before = session().scalar(select(func.count(User.id)))
    wrong = f"{GOOD}\nDi, not an address, Sales\nEd, ed@firm.example, Mars\n"
    wrong += "Fy, ann@firm.example, Sales\nGo, go@x.org,, boss"
    refused = admin.post(ALL, data={"lines": wrong})
    assert refused.status_code == 422
    for said in ("Line 4: ", "Line 5: There is no department “Mars”", "Line 6: ", "Line 7: In the fourth place"):
        assert said in refused.text, said
    assert "Di, not an address, Sales" in refused.text
    with app.app_context():
        assert session().scalar(select(func.count(User.id))) == before
    assert admin.post(ALL, data={"lines": "A, a@x.org\n" * 51}).status_code == 422
    assert browser(app, "head").get(ALL).status_code == 404
