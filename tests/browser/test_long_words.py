"""Names, titles and addresses of sixty letters without a space: no page is wider than a phone for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import update

from tests.browser.test_pages import WIDER
from tests.stack import Stack
from tests.views import every_page
from tests.views.scenes import scene
from webapp.db import transaction
from webapp.models import (
    BoardView,
    Company,
    Contact,
    Deal,
    Department,
    Field,
    Firm,
    Message,
    Note,
    Pipeline,
    Robot,
    Stage,
    Task,
    Trigger,
    User,
)
from webapp.snapshots import setups

LONG = "konstantin_konstantinopolskiy_promsistemytradingandcompanies"
PROGRAMS = ("/api", "/hooks")
NAMED = (Contact.name, Company.name, Deal.title, User.name, Message.text, Note.text, BoardView.name, Firm.name)
TEXTS = (Task.title, Department.name, Stage.name, Pipeline.name, Field.label, Robot.name, Trigger.name)


def test_no_page_is_wider_than_a_phone_for_a_long_word(stack: Stack, person: Callable[..., Any]) -> None:
    made = scene(stack.app)
    with stack.app.app_context():
        with transaction() as current:
            for named in NAMED:
                current.execute(update(named.class_).values({named.key: LONG}))
            for text in TEXTS:
                current.execute(update(text.class_).values({text.key: {"en": LONG}}))
            current.execute(update(Contact).where(Contact.id == made.contact).values(email=f"{LONG}@{LONG}.example"))
            setups.changed()
        paths = {re.sub(r"\d+", "", each): each for each in every_page.paths(stack.app)}  # one of a kind
    page = person("admin", viewport={"width": 390, "height": 844}).page
    found, seen = {}, 0
    for path in paths.values():
        if path.startswith(PROGRAMS) or page.goto(f"{stack.url}{path}").status != 200:
            continue
        if page.locator("link[rel=stylesheet]").count():  # else it is a part of a page
            seen += 1
            found |= {path: wider} if (wider := page.evaluate(WIDER)) else {}
    assert not found, found
    assert seen > 50
