"""Every link of every page that one sees opens: in a firm that people have left, whose deals, tasks and words stay."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.views.drawn_forms import is_ours, kind_of, pages
from tests.views.scenes import Scene, browser, scene
from webapp.db import session, transaction
from webapp.models import Contact
from webapp.services import accounts, notes

# A card is drawn once for all who read it, its menu too: to whoever may not move it, it says why (board/_fixed.html).
SAYS_WHY = "/deals/N/moves/new"
MOST = 30  # links of one kind: a year of days would take long


@pytest.fixture
def left(app: Flask, clock: Clock) -> tuple[Scene, int]:
    """What a rep of North had open when she left, and a deal that she had lost; others stand beside."""
    scene(app, "rep1", "north", "Deal of rep1")
    theirs = scene(app, "rep2", "north", "Deal of whoever has left")
    with app.app_context():
        lost = acts.deal("lost", rep="rep2", title="Lost long ago", lost_reason="Too dear", of=theirs.contact)
        with transaction():
            notes.write(acts.locked(theirs.deal), "They call back", company.acting("rep2"))
            session().execute(update(Contact).where(Contact.id == theirs.double).values(responsible_id=theirs.owner))
            accounts.deactivate(theirs.owner, company.acting("admin"))
    return theirs, lost


@pytest.mark.parametrize("name", ["rep1", "north", "admin"])
def test_every_link_that_one_sees_opens(app: Flask, left: tuple[Scene, int], name: str) -> None:
    theirs, lost = left
    who, answers, many = browser(app, name), dict[str, int](), Counter[str]()
    first = ("/", f"/deals/{lost}", f"/deals/{theirs.deal}", f"/tasks/{theirs.task}", f"/contacts/{theirs.double}")
    for path, page in pages(who, most=2, first=first):
        for link in page.paths:
            address = link.partition("#")[0]
            if is_ours(address) and address not in answers and many[kind_of(address)] < MOST:
                many[kind_of(address)] += 1
                answers[address] = who.get(address).status_code
                says_why = kind_of(address) == SAYS_WHY and answers[address] == 403
                assert answers[address] < 400 or says_why, f"{link} on {path}"
    assert {"/figures", f"/deals/{lost}", "/tasks"} <= answers.keys()
    assert len(answers) > 50
