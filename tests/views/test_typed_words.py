"""Whatever a form is about may go meanwhile, out of the person's reach or altogether: what they typed comes back to
them, and nothing of what they may not see any more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests import company, servers
from tests.views.drawn_forms import CHECKED, UNSEEN, Control, DrawnForm
from tests.views.scenes import HTMX, browser, scene
from tests.views.test_every_form import Firm, full_firm
from webapp.db import session, transaction
from webapp.models import Contact, Deal, ImportantItem, Task
from webapp.services import merging
from webapp.snapshots import setups
from webapp.web import typed_words

HIDDEN = "Not for your eyes"
GONE = "210000000"
WRITTEN = ("text", "textarea", "search", "tel", "email", "url")
REFUSED_BESIDE = re.compile(r"\s*<hx-partial.*</hx-partial>\s*", re.DOTALL)  # the form stays as it is on the page


def is_written(control: Control) -> bool:
    return control.kind in WRITTEN and control.name != "website"


def own_words(form: DrawnForm) -> dict[str, str]:
    return {each.name: f"My own <i>words</i> & {each.name}" for each in form.controls if is_written(each)}


def forms_of_something(firm: Firm, who: str) -> list[DrawnForm]:
    return [each for each in firm.forms(who) if re.search(r"\d", each.action) and own_words(each)]


def sent(firm: Firm, who: str, form: DrawnForm, action: str) -> tuple[bool, list[str]]:
    """Whether it was refused, and what is amiss with the answer."""
    own, wrong, is_refused = own_words(form), [], False
    for headers in ({}, HTMX):
        answer = firm.people[who].post(action, data=form.data(**own), headers=headers)
        is_refused = answer.status_code >= 400
        if is_refused and not (headers and REFUSED_BESIDE.fullmatch(answer.text)):
            wrong += [each for each in own.values() if not is_said(each, answer.text)]
        wrong += [HIDDEN] * (HIDDEN in answer.text)
    return is_refused, wrong


def is_said(words: str, page: str) -> bool:
    return escape(words) in page or escape(words, quote=False) in page


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with full_firm(templates, redis_server, tmp_path_factory.mktemp("words"), "en", "Europe/Moscow") as made:
        yield made


def test_what_was_typed_comes_back_from_whatever_is_gone_or_with_others_and_nothing_of_theirs(firm: Firm) -> None:
    for who in ("rep1", "admin"):
        forms = forms_of_something(firm, who)
        found = {each.route: (each, *sent(firm, who, each, re.sub(r"\d+", GONE, each.action))) for each in forms}
        assert {"/deals/N", "/contacts/N", "/deals/N/notes", "/tasks/N/comments"} <= {*found}
        assert not {route: each[2] for route, each in found.items() if each[2] or not each[1]}
    own = forms_of_something(firm, "rep1")
    with firm.app.app_context(), transaction():
        out_of_reach()
    answers = {each.action: sent(firm, "rep1", each, each.action) for each in own}
    refused = {re.sub(r"\d+", "N", action) for action, (is_refused, _) in answers.items() if is_refused}
    assert {"/deals/N", "/contacts/N", "/deals/N/notes", "/conversations/N/messages", "/tasks/N/comments"} <= refused
    assert not {action: wrong for action, (_, wrong) in answers.items() if wrong}


def out_of_reach() -> None:
    """All of it is with somebody of another department, under names of which nobody else may learn."""
    other = company.person("admin")
    session().execute(update(Deal).values(responsible_id=other, department_id=None, title=HIDDEN))
    session().execute(update(Contact).values(responsible_id=other, created_by_id=other))
    session().execute(update(Task).values(assignee_id=other, acceptor_id=other, title={"en": HIDDEN}))
    session().execute(update(ImportantItem).values(about_id=other))
    setups.changed()


def test_what_is_chosen_ticked_or_sent_unseen_is_not_said_to_have_been_typed(firm: Firm) -> None:
    written, others = set[str](), set[str]()
    for each in (one for who in firm.people for form in firm.forms(who) for one in form.controls):
        if re.fullmatch("[a-z_]+", each.name) and each.name not in setups_names(firm):
            (others if each.kind in (*UNSEEN, *CHECKED, "select") else written).add(each.name)
    assert not typed_words.CHOSEN & written
    assert not others - written - typed_words.CHOSEN


def setups_names(firm: Firm) -> set[str]:
    """Of the firm's own: what is called by a pipeline's key is where somebody works."""
    with firm.app.app_context():
        return {each.key for each in setups.current().pipelines.values()}


@pytest.mark.parametrize("is_merged", [True, False])
def test_a_clients_form_that_meets_another_hand_says_what_was_typed_and_what_to_do(app: Flask, is_merged: bool) -> None:
    mine, rep = scene(app), browser(app, "rep1")
    words = {"name": "Vera <Belova>", "was.name": "Client", "phone": "call & me", "version": "1"}
    with app.app_context(), transaction():
        both = [session().get_one(Contact, each, with_for_update=True) for each in (mine.contact, mine.double)]
        if is_merged:
            merging.merge(*both, [], company.acting("admin"))
        else:
            out_of_reach()
    answer = rep.post(f"/contacts/{mine.contact}", data=words)
    assert answer.status_code == (409 if is_merged else 403)
    assert is_said("Vera <Belova>", answer.text)
    assert is_said("call & me", answer.text)
    said = "has meanwhile become one with Double" if is_merged else "This is not your client. Ask"
    assert said in answer.text


def test_what_is_chosen_in_a_field_of_the_firms_own_is_not_said_to_have_been_typed(app: Flask) -> None:
    """A card that somebody else has moved meanwhile: its small form is gone, and asked for one press."""
    at = scene(app)
    assert browser(app, "north").post(f"/deals/{at.deal}/moves", data={"stage": "data_collection"}).status_code == 303
    sends = {"stage": "processing", "version": "1", "deal.equipment_type": "special", "deal.title": "Typed"}
    answer = browser(app, "rep1").post(f"/deals/{at.deal}/moves", data=sends, headers=HTMX)
    assert answer.status_code == 409
    assert ">special<" not in re.sub(r"\s", "", answer.text)
    assert is_said("Typed", answer.text)
