"""What stands above a board and above its columns is kept from one look at it to the next: it says what it would say
if it were drawn anew, whatever was done meanwhile and whoever looks, and its forms are signed for whoever looks now."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.conftest import Browser, Clock
from webapp.db import session, transaction
from webapp.models import BoardView, Firm, Pipeline, Robot, Stage, User
from webapp.snapshots import setups
from webapp.web import kept_parts

BOARD = "/pipelines/sales"
SIGNED = re.compile(r'name="(?:csrf_token|sender)" value="([^"]+)"')


def tools(page: str) -> str:
    """From the board's name to the board."""
    found = re.search(r'<div class="sub">.*?</div>\s*<main', page, re.DOTALL)
    assert found is not None
    return found[0]


def said(page: str) -> str:
    """What is kept of a board, unsigned."""
    of_columns = re.findall(r'<header id="head-.*?</header>|<form class="quick".*?</form>', page, re.DOTALL)
    return SIGNED.sub("", tools(page) + "".join(of_columns))


def save_a_view(who: Browser) -> None:
    assert who.post("/views", data={"name": "Large ones", "query": "mine=1", "pipeline": "sales"}).status_code == 303


def drop_it(who: Browser) -> None:
    (view,) = session().scalars(select(BoardView))
    assert who.post(f"/views/{view.id}/deletions").status_code == 303


def make_a_deal(who: Browser) -> None:
    assert who.post("/deals", data={"title": "One more", "pipeline": "sales", "amount": "1"}).status_code == 303


def rename_the_pipeline(_who: Browser) -> None:
    with transaction() as current:
        current.execute(update(Pipeline).values(name={"en": "Orders", "ru": "Заказы"}))
        setups.changed()


def rename_a_stage(_who: Browser) -> None:
    with transaction() as current:
        current.execute(update(Stage).where(Stage.key == "payment").values(name={"en": "To pay", "ru": "К оплате"}))
        setups.changed()


def have_such_a_stage_elsewhere(_who: Browser) -> None:
    with transaction() as current:
        current.add(Pipeline(key="more", name={"en": "More"}, position=9))
        current.flush()
        (more,) = current.scalars(select(Pipeline).where(Pipeline.key == "more"))
        current.add(Stage(pipeline_id=more.id, key="payment", name={"en": "Paid"}, kind="open", position=1))
        setups.changed()


def switch_a_robot_off(_who: Browser) -> None:
    with transaction() as current:
        current.execute(update(Robot).values(is_on=False))
        setups.changed()


def mark_no_steps(_who: Browser) -> None:
    with transaction() as current:
        current.execute(update(Firm).values(marks_next_step="off"))
        setups.changed()


def let_a_colleague_go(_who: Browser) -> None:
    with transaction() as current:
        current.execute(update(User).where(User.id == company.person("rep2")).values(name="Zoya Anew"))
        setups.changed()


def read_russian(who: Browser) -> None:
    assert who.post("/profile", data={"locale": "ru", "time_zone": "Europe/Moscow", "theme": "auto"}).status_code < 400


OF_SET_UP = (rename_the_pipeline, rename_a_stage, have_such_a_stage_elsewhere, switch_a_robot_off, mark_no_steps)
ACTS = (save_a_view, make_a_deal, drop_it, *OF_SET_UP, let_a_colleague_go, read_russian)


@pytest.mark.parametrize("name", ["admin", "head", "rep1"])
def test_it_says_what_it_would_say_drawn_anew_after_whatever_was_done(
    app: Flask, sign_in: Callable[[str], Browser], clock: Clock, name: str
) -> None:
    who, other = sign_in(name), sign_in("rep3")
    seen = set()
    for act, query in ((None, "?mine=1&sort=age&q=%3Cb%3E"), (None, ""), *((act, "") for act in ACTS)):
        if act is not None:
            with app.app_context():
                act(who)
        other.get(BOARD)
        kept = said(who.get(BOARD + query).text)
        kept_parts._lasting.clear()
        assert kept == said(who.get(BOARD + query).text), act
        seen.add(kept)
    assert len(seen) == len(ACTS) + 2, "what was done does not show"


def test_its_forms_are_signed_for_whoever_looks_now(
    app: Flask, sign_in: Callable[[str], Browser], clock: Clock
) -> None:
    first, second = sign_in("admin"), sign_in("admin")
    pages = [each.get(BOARD).text for each in (first, second, first)]
    for page in pages:
        (token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page))
        assert f'name="csrf-token" content="{token}"' in page
    tokens = [re.findall(r'name="csrf_token" value="([^"]+)"', tools(page)) for page in pages]
    assert all(tokens)
    assert tokens[0] != tokens[1]
