"""What an editor of the set-up says to whoever is second, and to whoever edits what cannot be edited: never nothing."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.views.drawn_forms import read
from tests.views.scenes import HTMX, Browser, browser, second_admin
from webapp.db import session, transaction
from webapp.models import User
from webapp.snapshots import drafts, setups

CONTROL, STAGE = "/automation/sales/robots/reaction_control", "/automation/sales/stages/processing"
FIELD = "/settings/fields/deal/equipment_type"


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


@pytest.fixture
def colleague(app: Flask) -> Browser:
    return second_admin(app)


def drawn(page: str, action: str) -> Any:
    return next(each for each in read(page).forms if each.action == action)


def part(app: Flask, kind: str, key: str, name: str) -> Any:
    with app.app_context():
        found = drafts.current().document.get(kind, key)
    assert found is not None
    return found.parts[name]


def test_a_colour_of_one_does_not_undo_the_name_of_the_other(app: Flask, who: Browser, colleague: Browser) -> None:
    stale = drawn(who.get(STAGE).text, STAGE)
    colleague.post(STAGE, data=drawn(colleague.get(STAGE).text, STAGE).data(**{"name.en": "Paperwork"}))
    assert who.post(STAGE, data=stale.data(hue="5")).status_code == 303
    assert part(app, "stage", "sales/processing", "name")["en"] == "Paperwork"
    assert part(app, "stage", "sales/processing", "hue") == 5


def test_hours_and_amount_of_one_timer_are_one_and_whoever_is_second_is_told(
    app: Flask, who: Browser, colleague: Browser
) -> None:
    action = f"{CONTROL}/timing"
    stale = drawn(who.get(CONTROL).text, action)
    first = drawn(colleague.get(CONTROL).text, action)
    assert colleague.post(action, data=first.data(unit="hours")).status_code == 303
    late = who.post(action, data=stale.data(amount="15"), headers=HTMX)
    said = unescape(late.text).partition('class="wrong"')[2]
    assert (late.status_code, "Sergey Lebedev" in said) == (409, True)
    assert part(app, "robot", "reaction_control", "timing") == {"after": {"amount": 10, "unit": "hours"}}
    again = drawn(late.text, action)
    assert who.post(again.action, data=again.data()).status_code == 303
    assert part(app, "robot", "reaction_control", "timing") == {"after": {"amount": 15, "unit": "minutes"}}


def test_hours_of_work_alone_leave_the_timer_of_the_other(app: Flask, who: Browser, colleague: Browser) -> None:
    action = f"{CONTROL}/timing"
    stale = drawn(who.get(CONTROL).text, action)
    colleague.post(action, data=drawn(colleague.get(CONTROL).text, action).data(unit="hours"))
    assert who.post(action, data=stale.data(when="working_hours")).status_code == 303
    assert part(app, "robot", "reaction_control", "timing") == {"after": {"amount": 10, "unit": "hours"}}
    assert part(app, "robot", "reaction_control", "when") == "working_hours"


def test_a_robot_put_elsewhere_by_one_stays_there_when_the_other_orders_it(
    app: Flask, who: Browser, colleague: Browser
) -> None:
    action = f"{CONTROL}/place"
    stale = drawn(who.get(CONTROL).text, action)
    colleague.post(action, data=drawn(colleague.get(CONTROL).text, action).data(stage="sales/payment"))
    who.post(action, data=stale.data(after="unpaid_vip"))
    assert part(app, "robot", "reaction_control", "stage") == "sales/payment"


@pytest.mark.parametrize(
    ("path", "sends"), [(FIELD, {"label.en": "Hue", "label.ru": "Оттенок"}), (STAGE, {"name.en": "X", "hue": "1"})]
)
def test_what_is_archived_shows_no_form_and_takes_no_edit(
    app: Flask, who: Browser, path: str, sends: dict[str, str]
) -> None:
    who.post(f"{path}/deletions")
    page = who.get(path).text
    assert [each.action for each in read(page).forms if each.action.startswith(path)] == [f"{path}/returns"]
    assert "To change it, restore it first." in page
    refused = who.post(path, data=sends)
    assert (refused.status_code, "To change it, restore it first." in refused.text) == (422, True)
    assert who.post(f"{path}/returns").status_code == 303
    assert who.post(path, data=sends).status_code == 303


def test_words_of_a_robot_that_names_somebody_who_has_left_are_kept(app: Flask, who: Browser) -> None:
    with app.app_context():
        oleg = company.person("rep3")
    who.post(f"{CONTROL}/settings.to", data={"settings.to": f"user:{oleg}"})
    who.post("/setup/publications")
    with app.app_context(), transaction():
        session().get_one(User, oleg).is_active = False
        setups.changed()
    for name in ("", "/settings.text"):
        form = drawn(who.get(CONTROL + name).text, f"{CONTROL}/settings.text")
        answer = who.post(form.action, data=form.data(**{"settings.text.en": f"New words{name}"}), headers=HTMX)
        assert answer.status_code == 200, answer.text
        assert part(app, "robot", "reaction_control", "settings")["text"]["en"] == f"New words{name}"
