"""What two admins do to one draft never leaves either of them stuck: what keeps it from being published is named, with
the way to where it is mended."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from rules.setup_edits import NEW
from tests.views.drawn_forms import read
from tests.views.scenes import HTMX, Browser, browser, second_admin
from webapp import clock
from webapp.db import session, transaction
from webapp.models import Robot, SetupEdit
from webapp.snapshots import drafts, setups

BASE = "/automation/sales"


@pytest.fixture
def who(app: Flask) -> Browser:
    return browser(app, "admin")


@pytest.fixture
def colleague(app: Flask) -> Browser:
    return second_admin(app)


def built_on(who: Browser, colleague: Browser) -> None:
    """One has added a stage, another has made use of it."""
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "new"})
    colleague.post(f"{BASE}/triggers", data={"event": "client_wrote", "stage": "check"})
    colleague.post(f"{BASE}/robots", data={"kind": "control", "stage": "check"})
    colleague.post("/settings/fields/deal/equipment_type/requirements", data={"from.sales": "check"})


def left_hanging(app: Flask) -> None:
    """As such a draft was left before undoing asked what is built on it."""
    with app.app_context(), transaction():
        session().execute(
            update(SetupEdit).where(SetupEdit.part == NEW, SetupEdit.kind == "stage").values(state="undone")
        )


def archived(app: Flask, key: str) -> None:
    with app.app_context(), transaction():
        session().execute(update(Robot).where(Robot.key == key).values(archived_at=clock.now()))
        setups.changed()


@pytest.mark.parametrize("at", [f"{BASE}/undos", "/settings/fields/undos"])
def test_whoever_undoes_what_others_use_is_told_who_does(app: Flask, who: Browser, colleague: Browser, at: str) -> None:
    built_on(who, colleague)
    for headers in ({}, HTMX):
        answer = who.post(at, headers=headers)
        said = unescape(answer.text)
        assert answer.status_code == 422
        assert "Other changes in the draft need this" in said
        for name in ("Field “Equipment type”", "Robot “Control: Check”", "Trigger “", "Sergey Lebedev"):
            assert name in said, name
    assert "4 changes are not live yet" in colleague.get(BASE).text
    assert 'data-setup-stage="check"' in who.get(BASE).text


def test_undo_is_offered_to_whoever_has_something_to_undo(who: Browser, colleague: Browser) -> None:
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "new"})
    for path in (BASE, "/settings/fields"):
        assert "data-undo-draft" in who.get(path).text
        assert "data-draft-bar" in colleague.get(path).text
        assert "data-undo-draft" not in colleague.get(path).text


def test_each_problem_of_the_sheet_names_its_thing_and_leads_to_it(
    app: Flask, who: Browser, colleague: Browser
) -> None:
    built_on(who, colleague)
    left_hanging(app)
    sheet = who.get(who.post("/setup/plans").location).text
    lines = re.findall(
        r'data-problem="([^"]+)">\s*<a class="link" href="([^"]+)">([^<]+)</a>\s*<p[^>]*>([^<]+)</p>', sheet
    )
    said = {kind.partition(":")[0]: (unescape(name), unescape(words).strip()) for kind, _, name, words in lines}
    assert said["robot"] == ("Robot “Control: Check”", "stage: There is no such stage.")
    assert said["field"] == ("Field “Equipment type”", "required from: There is no such stage.")
    assert said["trigger"][1] == "stage: There is no such stage."
    assert "data-apply" not in sheet
    for _, address, *_ in lines:
        assert who.get(address).status_code == 200, address
    places = {kind.partition(":")[0]: address for kind, address, *_ in lines}
    who.post(f"{places['robot']}/place", data={"stage": "sales/new"})
    who.post(f"{places['trigger']}/deletions")
    who.post(f"{places['field']}/requirements", data={"from.sales": ""})
    mended = who.get(who.post("/setup/plans").location).text
    assert "data-problem" not in mended
    assert "data-apply" in mended


def test_an_edit_that_fits_no_longer_is_let_go_of_on_the_sheet_by_any_admin(
    app: Flask, who: Browser, colleague: Browser
) -> None:
    who.post(f"{BASE}/robots/unpaid_vip/options", data={"once_per_deal": "on"})
    who.post(f"{BASE}/robots/unpaid_other/options", data={"once_per_deal": "on"})
    for each in ("unpaid_vip", "unpaid_other"):
        archived(app, each)
    with app.app_context():
        called = session().scalars(select(Robot.name).where(Robot.key == "unpaid_vip")).one()["en"]
    page = unescape(colleague.get(BASE).text)
    assert f"Robot “{called}” no longer exists" in page
    assert "changes are not live yet" not in page
    assert "data-publish-now" not in page
    location = colleague.post("/setup/plans").location
    for left in (1, 0):
        sheet = colleague.get(location).text
        assert f"Robot “{called}” no longer exists" in unescape(sheet) or not left
        forms = [each.action for each in read(sheet).forms if each.action.startswith("/setup/draft/edits/")]
        assert len(forms) == left + 1
        location = colleague.post(forms[0]).location
    assert location == "/automation"
    assert colleague.post(forms[0]).location == "/automation", "another may have been quicker"
    assert "data-draft-bar" not in who.get(BASE).text
    with app.app_context():
        assert drafts.current().is_empty


def test_what_fits_is_let_go_of_by_nobody_but_whoever_undoes_it(app: Flask, who: Browser, colleague: Browser) -> None:
    who.post(f"{BASE}/stages", data={"name.en": "Check", "after": "new"})
    with app.app_context():
        edits = [each.id for each in drafts.edit_rows()]
    for each in edits:
        colleague.post(f"/setup/draft/edits/{each}/discards")
    assert browser(app, "rep1").post(f"/setup/draft/edits/{edits[0]}/discards").status_code == 404
    with app.app_context():
        assert [each.id for each in drafts.edit_rows()] == edits
