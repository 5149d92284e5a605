"""One value for all deals that lack it, by the page of an admin: one that refuses it stops nobody else's, and is
named."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask

from tests.conftest import Browser, Clock
from tests.services import acts
from tests.services.test_gate import require
from tests.views.drawn_forms import form_of
from tests.views.scenes import browser
from webapp.db import session, transaction
from webapp.db.giving_way import FEW
from webapp.models import Deal

GRADE = "/settings/fields/deal/grade/lacking/sales/data_collection"
STUBBORN = FEW + 2  # which of them refuses: in the second transaction


@pytest.fixture
def deals(app: Flask, clock: Clock) -> list[int]:
    """On Data collection without a grade, which is required there; and of grade Alpha a certificate, which all of them
    have but one."""
    alpha = {"all": [{"entity": "deal", "field": "grade", "operator": "eq", "value": "Alpha"}]}
    with app.app_context():
        made = [acts.deal("data_collection", title=f"Series {n}") for n in range(FEW + 5)]
        require("deal", "grade", since="data_collection")
        require("deal", "certificate", only_if=alpha, since="data_collection")
        with transaction():
            for n, each in enumerate(made):
                acts.locked(each).fields = {} if n == STUBBORN else {"certificate": "Yes"}
        return made


@pytest.fixture
def admin(app: Flask, deals: list[int]) -> Browser:
    return browser(app, "admin")


def grades(app: Flask, deals: list[int]) -> list[str | None]:
    with app.app_context():
        found = [session().get_one(Deal, each).fields.get("grade") for each in deals]
        session().close()
        return found


def test_one_that_refuses_stops_nobody_elses_and_is_named(app: Flask, admin: Browser, deals: list[int]) -> None:
    form = form_of(admin.get(GRADE).text, "")
    data = form.data(**{"deal.grade": "Alpha"})
    left_alone = deals[3]
    data["deal_id"].remove(str(left_alone))
    answer = admin.post(GRADE, data=data)
    page = html.unescape(answer.text)
    stubborn = deals[STUBBORN]
    assert grades(app, deals) == [None if each in (left_alone, stubborn) else "Alpha" for each in deals]
    assert f"{len(deals) - 2} deals filled in" in page
    assert "1 deal could not be filled in" in page
    assert re.search(rf'href="/deals/{stubborn}">Series {STUBBORN}</a>.*?Data collection needs: ', page, re.DOTALL)
    again = form_of(answer.text, "")
    assert again.value("deal.grade") == ["Alpha"], "what was chosen is kept"
    assert again.value("deal_id") == [str(stubborn)], "and so are the ticks"
    with app.app_context():
        acts.edit(stubborn, by="admin", fields={"certificate": "Yes"})
    assert admin.post(GRADE, data=again.data()).status_code == 303
    assert grades(app, [stubborn, left_alone]) == ["Alpha", None]


def test_where_none_refuses_it_is_said_how_many_there_were(app: Flask, admin: Browser, deals: list[int]) -> None:
    data = form_of(admin.get(GRADE).text, "").data(**{"deal.grade": "Beta"})
    assert admin.post(GRADE, data=data).status_code == 303
    page = admin.get(GRADE).text
    assert f"{len(deals)} deals filled in" in page
    assert "data-refused" not in page
    assert set(grades(app, deals)) == {"Beta"}


def test_what_is_not_there_any_more_is_counted(app: Flask, admin: Browser, deals: list[int]) -> None:
    data = form_of(admin.get(GRADE).text, "").data(**{"deal.grade": "Beta"})
    with app.app_context(), transaction():
        acts.locked(deals[0]).deleted_at = session().get_one(Deal, deals[0]).created_at
    answer = admin.post(GRADE, data=data)
    assert f"{len(deals) - 1} deals filled in" in answer.text
    assert "1 deal is no longer there" in answer.text


def test_a_value_that_the_field_does_not_take_is_refused_for_all_of_them(
    app: Flask, admin: Browser, deals: list[int]
) -> None:
    data = form_of(admin.get(GRADE).text, "").data(**{"deal.grade": "  "})
    data["deal_id"] = data["deal_id"][:2]
    refused = admin.post(GRADE, data=data)
    assert refused.status_code == 422
    assert "Fill this in." in refused.text
    assert form_of(refused.text, "").value("deal_id") == data["deal_id"]
    assert set(grades(app, deals)) == {None}
