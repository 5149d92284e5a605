"""The prompts to accept say how many wait, however few of them a page carries."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests import company
from tests.conftest import Browser
from webapp.db import transaction
from webapp.queries import tasks as query
from webapp.services import tasks

SignIn = Callable[[str], Browser]


def test_prompts_count_what_they_do_not_show(app: Flask, sign_in: SignIn) -> None:
    who = sign_in("north")
    with app.app_context():
        for n in range(query.PROMPTS + 4):
            with transaction():
                rep = company.acting("rep1")
                assert rep.user_id is not None
                task = tasks.create_by_hand(f"Draft {n}", "", rep.user_id, company.acting("north"), accept=True)
                tasks.submit(task, "It is written", rep)
    page = who.get("/inbox").text
    assert "9 to accept" in page
    assert "8 more wait" in page
    assert page.count('name="prompt"') == 2 * query.PROMPTS
