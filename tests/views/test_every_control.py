"""Every control for words of every form that a page draws, found by walking: what nobody sees is nothing, and is kept
nowhere; a thousand as another country writes it is asked about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.rules.test_texts import GHOSTS
from tests.views.drawn_forms import Control, DrawnForm
from tests.views.scenes import browser, rows, scene, standing_firm
from tests.views.test_every_form import TRAP, Firm, full, is_text
from webapp.db import transaction
from webapp.snapshots import setups

GHOST = "".join(GHOSTS)
PEOPLE = ("rep1", "admin")
# What is sent with nothing in a control is another act than what is meant: the firm would begin anew, somebody leave.
LEFT_OUT = ("/settings/start-over", "/sign-out")


@contextmanager
def filled(templates: dict[str, Any], redis_server: servers.RedisServer, folder: Path) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, folder) as app:
        full(app, scene(app, "rep1", "north", "Deal of rep1").deal)
        with app.app_context(), transaction():
            setups.changed()
        yield Firm(app, "en", {name: browser(app, name) for name in PEOPLE})


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with filled(templates, redis_server, tmp_path_factory.mktemp("controls")) as made:
        yield made


@pytest.fixture(scope="module")
def untouched(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    """Nothing was sent empty here: by an admin that changes what a form of others is about."""
    with filled(templates, redis_server, tmp_path_factory.mktemp("untouched")) as made:
        yield made


def controls(firm: Firm, name: str) -> Iterator[tuple[DrawnForm, Control]]:
    """Each control for words once by its route and name."""
    seen = set[tuple[str, str]]()
    for form in firm.forms(name):
        for control in form.controls:
            if form.route not in LEFT_OUT and is_text(control) and (form.route, control.name) not in seen:
                seen.add((form.route, control.name))
                yield form, control


@pytest.mark.parametrize("name", PEOPLE)
def test_what_nobody_sees_is_nothing_and_is_kept_nowhere(firm: Firm, name: str) -> None:
    who, wrong, asked = firm.people[name], [], 0
    for form, control in list(controls(firm, name)):
        asked += 1
        nothing = who.post(form.action, data=form.data(**{control.name: ""}))
        unseen = who.post(form.action, data=form.data(**{control.name: f" {GHOST}\u00a0{GHOST}"}))
        is_over = nothing.status_code == 303 and unseen.status_code == 409  # what was handed in is handed in once
        if unseen.status_code != nothing.status_code and not is_over:
            wrong.append((form.action, control.name, nothing.status_code, unseen.status_code))
    assert asked > 10
    assert wrong == []
    kept = ascii(rows(firm.app))
    assert [each for each in GHOSTS if ascii(each).strip("'") in kept] == []


@pytest.mark.parametrize("typed", ["15.000", "1.234", "999.000"])
@pytest.mark.parametrize("name", PEOPLE)
def test_a_thousand_of_another_country_is_asked_about(untouched: Firm, name: str, typed: str) -> None:
    before, asked = rows(untouched.app), set()
    for form in untouched.forms(name):
        for control in form.controls:
            is_money = "amount" in control.name.split(".") or control.name.endswith("own_money")
            if control.inputmode == "decimal" and is_money:
                answer = who_posts(untouched, name, form, control, typed)
                asked.add((form.route, control.name))
                assert answer.status_code == 422, (form.action, control.name)
                assert typed.replace(".", "") in answer.text, (form.action, control.name)
    assert len(asked) > 1, asked
    assert rows(untouched.app) == before


def who_posts(firm: Firm, name: str, form: DrawnForm, control: Control, typed: str) -> Any:
    """With a title or a name, where one is wanted: a form without one says no more than that."""
    named = {each.name: "A press" for each in form.controls if each.name in ("title", "name") and not each.value}
    return firm.people[name].post(form.action, data=form.data(**named, **{control.name: typed}))


def test_the_trap_is_no_control(firm: Firm) -> None:
    assert TRAP not in {control.name for _, control in controls(firm, "rep1")}
