"""Two have the same form open: whoever comes second is told what the first has done, and undoes nothing unseen."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import company
from tests.api.callers import Caller
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_gate import require
from tests.views.drawn_forms import DrawnForm, form_of, pages
from tests.views.scenes import HTMX, Browser, Scene, browser, row, rows
from tests.views.test_board_tools import made
from webapp.db import session, transaction
from webapp.models import Company, Contact

TEMPLATES = Path(__file__).parents[2] / "webapp/templates"
EQUIPMENT = "deal.equipment_type"
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')  # says the second at which it was drawn
FRIDAY, MONDAY = "2026-11-27T10:00", "2026-11-30T10:00"
BOTH_WAYS = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
READY = {"equipment_type": "large"}


def said(answer: Any) -> str:
    return html.unescape(answer.text)


def asked(who: Browser, deal: int, headers: dict[str, str], **sends: object) -> DrawnForm:
    """The small form that a move to Processing opens."""
    answer = who.post(f"/deals/{deal}/moves", data={"stage": "processing", **sends}, headers=headers)
    assert answer.status_code == 422
    return form_of(answer.text, f"/deals/{deal}/moves")


@BOTH_WAYS
@pytest.mark.parametrize("stage", ["won", "payment"])
def test_a_small_form_does_not_undo_the_move_of_who_was_quicker(
    app: Flask, north: Scene, headers: dict[str, str], stage: str
) -> None:
    rep, head = browser(app, "rep1"), browser(app, "north")
    form = asked(rep, north.deal, headers, version=north.version)
    moved = head.post(f"/deals/{north.deal}/moves", data={"stage": stage, EQUIPMENT: "large"})
    assert moved.status_code == 303
    before = rows(app)
    late = rep.post(form.action, data=form.data(**{EQUIPMENT: "standard"}), headers=headers)
    assert late.status_code == 409
    assert f"Anna Krylova was quicker and moved it to {stage.title()}" in said(late)
    assert (f'data-at="{stage}"' in late.text) == bool(headers)
    assert rows(app) == before


@BOTH_WAYS
@pytest.mark.parametrize("began_with", ["version", None])
def test_a_small_form_that_nobody_was_quicker_than_moves_the_deal(
    app: Flask, north: Scene, headers: dict[str, str], began_with: str | None
) -> None:
    rep = browser(app, "rep1")
    form = asked(rep, north.deal, headers, **({began_with: north.version} if began_with else {}))
    wrong = rep.post(form.action, data=form.data(**{EQUIPMENT: "huge"}), headers=headers)
    assert wrong.status_code == 422
    again = form_of(wrong.text, form.action)
    assert again.value("version") == [str(north.version)]
    assert rep.post(form.action, data=again.data(**{EQUIPMENT: "large"}), headers=headers).status_code in (200, 303)
    assert row(app, north.deal)["fields"] == {"equipment_type": "large"}


def wanting(app: Flask, entity: str, key: str, *, company_name: str = "Vostok") -> tuple[int, int]:
    """A client of the rep, and their deal, which lacks only this for Processing."""
    with app.app_context():
        require(entity, key)
        contact = acts.contact()
        acts.company_of(contact, company_name)
        deal = acts.deal(of=contact, fields=READY)
        session().close()
    return contact, deal


def of_client(app: Flask, contact_id: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    with app.app_context():
        contact = session().get_one(Contact, contact_id)
        works_at = session().get(Company, contact.company_id) if contact.company_id else None
        found = works_at.name if works_at else "", dict(contact.fields), dict(works_at.fields) if works_at else {}
        session().close()
        return found


@BOTH_WAYS
@pytest.mark.parametrize(("entity", "at"), [("contact", 1), ("company", 2)])
def test_a_value_of_the_client_that_somebody_gave_meanwhile_is_not_written_over_unseen(
    app: Flask, clock: Clock, headers: dict[str, str], entity: str, at: int
) -> None:
    contact, deal = wanting(app, entity, "inn")
    rep, name = browser(app, "rep1"), f"{entity}.inn"
    form = asked(rep, deal, headers)
    assert form.value(name) == [""]
    browser(app, "north").post(f"/contacts/{contact}", data={name: "77", f"was.{name}": ""})
    late = rep.post(form.action, data=form.data(**{name: "99"}), headers=headers)
    assert (late.status_code, of_client(app, contact)[at]) == (409, {"inn": "77"})
    assert "Anna Krylova changed this to “77” in the meantime." in said(late)
    again = form_of(late.text, form.action)
    assert again.value(name) == ["99"]
    assert rep.post(form.action, data=again.data(), headers=headers).status_code in (200, 303)
    assert of_client(app, contact)[at] == {"inn": "99"}


def test_what_somebody_filled_in_meanwhile_need_not_be_given_again(app: Flask, clock: Clock) -> None:
    contact, deal = wanting(app, "company", "inn")
    rep = browser(app, "rep1")
    form = asked(rep, deal, {})
    browser(app, "north").post(f"/contacts/{contact}", data={"company.inn": "77", "was.company.inn": ""})
    assert rep.post(form.action, data=form.data()).status_code == 303
    assert of_client(app, contact)[2] == {"inn": "77"}


def test_a_small_form_of_one_company_writes_nothing_to_another(app: Flask, clock: Clock) -> None:
    contact, deal = wanting(app, "company", "inn")
    rep = browser(app, "rep1")
    form = asked(rep, deal, {})
    browser(app, "north").post(f"/contacts/{contact}", data={"company": "Titan", "was.company": "Vostok"})
    late = rep.post(form.action, data=form.data(**{"company.inn": "99"}))
    assert (late.status_code, of_client(app, contact)) == (409, ("Titan", {}, {}))
    assert "Anna Krylova changed this to “Titan” in the meantime." in said(late)
    again = form_of(late.text, form.action)
    assert rep.post(form.action, data=again.data()).status_code == 303
    assert of_client(app, contact) == ("Titan", {}, {"inn": "99"})


def test_every_form_that_moves_a_deal_says_what_its_sender_saw(app: Flask, north: Scene) -> None:
    """Many at once are moved as they are found: what went on meanwhile is none of a list that nobody read closely."""
    rep = browser(app, "rep1")
    found = [form for _, page in pages(rep) for form in page.forms if re.fullmatch(r"/deals/\d+/moves", form.action)]
    found += [asked(rep, north.deal, headers) for headers in ({}, HTMX)]
    assert {each.value("version")[0] for each in found} == {str(north.version)}
    assert len(found) > 3
    drawn = [path.read_text() for path in TEMPLATES.rglob("*.html") if '/moves" hx-post="/deals/' in path.read_text()]
    assert len(drawn) == 3
    assert all('name="version"' in each for each in drawn)


def step_form(who: Browser, deal: int, place: str = "deal") -> DrawnForm:
    page = who.get(f"/deals/{deal}" if place == "deal" else f"/deals/{deal}/moves/new").text
    return form_of(page, f"/deals/{deal}/next_steps", "step", "due")


def ending(who: Browser, deal: int, how: str, place: str = "deal") -> DrawnForm:
    page = who.get(f"/deals/{deal}" if place == "deal" else f"/deals/{deal}/moves/new").text
    return form_of(page, f"/deals/{deal}/next_steps/{how}")


def agree(who: Browser, deal: int, **typed: str) -> None:
    form = step_form(who, deal)
    assert who.post(form.action, data=form.data(**typed)).status_code == 303


def step_of(app: Flask, deal: int) -> tuple[str, str, int] | None:
    kept = Caller.of(app, "rep1").get(f"/deals/{deal}")["next_step"]
    return (kept["title"], kept["due_at"][:16], kept["assignee_id"]) if kept else None


@BOTH_WAYS
@pytest.mark.parametrize("place", ["deal", "board"])
def test_a_step_that_somebody_agreed_on_meanwhile_is_not_written_over_unseen(
    app: Flask, clock: Clock, headers: dict[str, str], place: str
) -> None:
    deal, rep, head = made(app, "rep1", "A press"), browser(app, "rep1"), browser(app, "north")
    form = step_form(rep, deal, place)
    agree(head, deal, step="Call the client back", due=FRIDAY)
    kept = step_of(app, deal)
    late = rep.post(form.action, data=form.data(step="Send the offer"), headers=headers)
    assert (late.status_code, step_of(app, deal)) == (409, kept)
    assert "Anna Krylova changed this to “Call the client back” in the meantime." in said(late)
    again = form_of(late.text, form.action, "step", "due")
    assert again.value("step") == ["Send the offer"]
    assert rep.post(form.action, data=again.data(), headers=headers).status_code in (200, 303)
    assert kept is not None
    assert step_of(app, deal) == ("Send the offer", *kept[1:])


def test_two_who_change_other_things_of_a_step_both_have_their_way(app: Flask, clock: Clock) -> None:
    deal, rep, head = made(app, "rep1", "A press"), browser(app, "rep1"), browser(app, "north")
    agree(rep, deal, step="Call", due=FRIDAY)
    form = step_form(rep, deal)
    agree(head, deal, due=MONDAY)
    changed = rep.post(form.action, data=form.data(step="Visit"))
    assert (changed.status_code, (step_of(app, deal) or ())[:2]) == (303, ("Visit", "2026-11-30T07:00"))
    late = rep.post(form.action, data=form.data(due="2026-12-01T10:00"))
    assert late.status_code == 409
    assert re.search(r"Anna Krylova changed this to “[^”]*30[^”]*” in the meantime", said(late))
    assert "2026-12-01T10:00" in late.text


def test_who_says_it_anew_in_haste_is_not_told_of_themselves(app: Flask, clock: Clock) -> None:
    deal, rep = made(app, "rep1", "A press"), browser(app, "rep1")
    form = step_form(rep, deal)
    for title in ("Call", "Visit"):
        assert rep.post(form.action, data=form.data(step=title, due=FRIDAY)).status_code == 303
    assert (step_of(app, deal) or ())[0] == "Visit"


@BOTH_WAYS
@pytest.mark.parametrize("place", ["deal", "board"])
@pytest.mark.parametrize("how", ["completions", "cancellations"])
@pytest.mark.parametrize("is_new", [True, False], ids=["another", "reworded"])
def test_a_step_that_is_another_by_now_is_not_ended_unseen(
    app: Flask, clock: Clock, headers: dict[str, str], place: str, how: str, is_new: bool
) -> None:
    deal, rep, head = made(app, "rep1", "A press"), browser(app, "rep1"), browser(app, "north")
    agree(rep, deal, step="Call", due=FRIDAY)
    form = ending(rep, deal, how, place)
    if is_new:
        theirs = ending(head, deal, "completions")
        assert head.post(theirs.action, data=theirs.data()).status_code == 303
    agree(head, deal, step="Send the contract", due=FRIDAY)
    late = rep.post(form.action, data=form.data(), headers=headers)
    assert (late.status_code, (step_of(app, deal) or ())[:1]) == (409, ("Send the contract",))
    assert "Anna Krylova changed it in the meantime." in said(late)
    assert "Send the contract" in said(late)
    seen = ending(rep, deal, how, place)
    assert rep.post(seen.action, data=seen.data(), headers=headers).status_code in (200, 303)
    assert step_of(app, deal) is None


def test_a_change_of_a_step_that_is_done_by_now_makes_no_new_one_unseen(app: Flask, clock: Clock) -> None:
    deal, rep, head = made(app, "rep1", "A press"), browser(app, "rep1"), browser(app, "north")
    agree(rep, deal, step="Call", due=FRIDAY)
    form, theirs = step_form(rep, deal), ending(head, deal, "completions")
    head.post(theirs.action, data=theirs.data())
    late = rep.post(form.action, data=form.data(step="Call twice"))
    assert (late.status_code, step_of(app, deal)) == (409, None)
    again = form_of(late.text, form.action, "step", "due")
    assert again.value("step") == ["Call twice"]
    assert rep.post(form.action, data=again.data()).status_code == 303
    assert (step_of(app, deal) or ())[0] == "Call twice"


def contact_form(who: Browser, contact: int) -> DrawnForm:
    return form_of(who.get(f"/contacts/{contact}").text, f"/contacts/{contact}", "name")


def save(who: Browser, contact: int, **typed: str) -> None:
    form = contact_form(who, contact)
    assert who.post(form.action, data=form.data(**typed)).status_code == 303


def test_two_values_of_one_company_are_not_written_over_each_other_unseen(app: Flask, clock: Clock) -> None:
    contact, _ = wanting(app, "company", "inn")
    rep, head = browser(app, "rep1"), browser(app, "north")
    form = contact_form(rep, contact)
    save(head, contact, **{"company.inn": "77"})
    late = rep.post(form.action, data=form.data(**{"company.inn": "99"}))
    assert (late.status_code, of_client(app, contact)[2]) == (409, {"inn": "77"})
    assert "Anna Krylova changed this to “77” in the meantime." in said(late)
    again = form_of(late.text, form.action, "name")
    assert again.value("company.inn") == ["99"]
    assert rep.post(form.action, data=again.data()).status_code == 303
    assert of_client(app, contact)[2] == {"inn": "99"}
    save(rep, contact, **{"company.inn": "98"})
    assert of_client(app, contact)[2] == {"inn": "98"}, "one's own haste is no surprise"


@pytest.mark.parametrize("who_moved", ["north", "rep1"])
def test_a_value_that_was_typed_for_one_company_is_not_written_into_another(
    app: Flask, clock: Clock, who_moved: str
) -> None:
    contact, _ = wanting(app, "company", "inn")
    rep = browser(app, "rep1")
    form = contact_form(rep, contact)
    save(browser(app, who_moved), contact, company="Titan")
    late = rep.post(form.action, data=form.data(**{"company.inn": "99", "name": "Vera B."}))
    assert (late.status_code, of_client(app, contact)) == (409, ("Titan", {}, {}))
    assert re.search("(Anna Krylova|Ivan Petrov) changed this to “Titan” in the meantime.", said(late))
    again = form_of(late.text, form.action, "name")
    assert (again.value("company.inn"), again.value("name"), again.value("company")) == (["99"], ["Vera B."], ["Titan"])
    assert rep.post(form.action, data=again.data()).status_code == 303
    assert of_client(app, contact) == ("Titan", {}, {"inn": "99"})


@pytest.mark.parametrize("name", ["Titan", "Vega"], ids=["known", "new"])
def test_another_company_is_given_with_what_its_deals_need_of_it(app: Flask, clock: Clock, name: str) -> None:
    contact, deal = wanting(app, "company", "inn")
    with app.app_context():
        acts.company_of(acts.contact("Oleg Belov", "+79005550002"), "Titan")
        acts.move(deal, "processing", raw={"company": {"inn": "77"}})
        session().close()
    rep = browser(app, "rep1")
    form = contact_form(rep, contact)
    alone = rep.post(form.action, data=form.data(company=name))
    assert (alone.status_code, of_client(app, contact)[0]) == (422, "Vostok")
    again = form_of(alone.text, form.action, "name")
    assert (again.value("company"), again.value("company.inn")) == ([name], [""]), "of the company that was typed"
    assert rep.post(form.action, data=again.data(**{"company.inn": "77"})).status_code == 303
    assert of_client(app, contact) == (name, {}, {"inn": "77"})
    with app.app_context():
        assert acts.stage_of(deal) == "processing"
        kept = session().query(Company).filter_by(name="Vostok").one().fields
        session().close()
    assert kept == {"inn": "77"}


def test_a_value_that_is_there_is_not_written_over_by_who_has_not_seen_it(app: Flask, clock: Clock) -> None:
    contact, _ = wanting(app, "company", "inn")
    with app.app_context():
        other = acts.contact("Oleg Belov", "+79005550002")
        acts.company_of(other, "Titan")
        session().close()
    save(browser(app, "north"), other, **{"company.inn": "55"})
    rep = browser(app, "rep1")
    form = contact_form(rep, contact)
    late = rep.post(form.action, data=form.data(company="Titan", **{"company.inn": "99"}))
    assert (late.status_code, of_client(app, other)[2]) == (409, {"inn": "55"})
    again = form_of(late.text, form.action, "name")
    assert (again.value("company"), again.value("company.inn")) == (["Titan"], ["99"])
    assert rep.post(form.action, data=again.data()).status_code == 303
    assert of_client(app, contact) == of_client(app, other) == ("Titan", {}, {"inn": "99"})


def test_a_menu_whose_step_was_refused_is_whole(app: Flask, clock: Clock) -> None:
    with app.app_context():
        contact = acts.contact()
        deal = acts.deal(of=contact)
        with transaction():
            session().get_one(Contact, contact).email = "vera@example.com"
        session().close()
    rep, path = browser(app, "rep1"), f"/deals/{deal}/moves/new"
    for headers in ({}, HTMX):
        fresh = rep.get(path, headers=headers).text
        past = form_of(fresh, f"/deals/{deal}/next_steps", "step").data(step="Call", due="2026-11-01T10:00")
        refused = rep.post(f"/deals/{deal}/next_steps", data=past, headers=headers)
        assert refused.status_code == 422
        assert 'value="2026-11-01T10:00"' in refused.text
        parts = [page[page.index('aria-labelledby="card-acts"') :] for page in (fresh, refused.text)]
        first, second = (TOKEN.sub("", each.partition("</section>")[0]) for each in parts)
        assert first == second
        for each in ("tel:+79005550001", "mailto:vera@example.com", f"http://localhost/deals/{deal}", "Maria Sokolova"):
            assert each in parts[1]
    form = form_of(refused.text, f"/deals/{deal}", "responsible")
    with app.app_context():
        to = company.person("rep2")
    assert rep.post(form.action, data=form.data(responsible=str(to)), headers=HTMX).status_code == 200
    assert row(app, deal)["responsible_id"] == to
