"""A company's values are written where they are asked for, and with its people; the gate stands before both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import company
from tests.conftest import Browser
from tests.services import acts
from tests.services.test_gate import lacking, require
from webapp.db import open_transaction, session, transaction
from webapp.errors import Refused
from webapp.models import Company, Contact
from webapp.services import companies, contacts
from webapp.services.events import DealChanged

READY = {"equipment_type": "large"}


def client(*, of: str | None = "Ost") -> int:
    contact_id = acts.contact()
    if of:
        with transaction():
            contacts.edit(session().get_one(Contact, contact_id), {}, company.acting("admin"), company=of)
    return contact_id


def kept(contact_id: int) -> object:
    session().close()
    found = session().get_one(Contact, contact_id)
    return session().get_one(Company, found.company_id).fields.get("inn")


def write(contact_id: int, inn: str, by: str = "rep1") -> None:
    with transaction():
        companies.edit(session().get_one(Contact, contact_id), {"inn": inn}, company.acting(by))


@pytest.mark.usefixtures("inside")
def test_what_is_required_of_a_company_is_given_on_the_way_and_not_taken_away_again() -> None:
    require("company", "inn")
    contact_id = client()
    deal = acts.deal(of=contact_id, fields=READY)
    assert lacking(lambda: acts.move(deal, "processing")) == [("company", "inn")]
    acts.move(deal, "processing", raw={"company": {"inn": "7707083893"}})
    assert (acts.stage_of(deal), kept(contact_id)) == ("processing", "7707083893")
    assert lacking(lambda: write(contact_id, "")) == [("company", "inn")]
    write(contact_id, "7707083894")
    assert kept(contact_id) == "7707083894"


@pytest.mark.usefixtures("inside")
def test_open_pages_are_told_of_every_deal_that_shows_the_company() -> None:
    require("company", "inn")
    first = client()
    second = acts.contact("Oleg Belov", "+79005550002")
    acts.company_of(second)
    acts.deal(of=acts.contact("Anna Ivanova", "+79005550003"))
    its = [acts.deal("data_collection", of=first), acts.deal("new", of=second)]
    stages = {each: acts.deal_of(each).stage_id for each in its}
    for inn, is_new in (("7707083893", True), ("7707083893", False), ("", True)):
        with transaction():
            companies.edit(session().get_one(Contact, first), {"inn": inn}, company.acting("rep1"))
            said = open_transaction().changes.deals
            assert said == ({each: [stages[each]] for each in its} if is_new else {})


@pytest.mark.usefixtures("inside")
def test_a_client_without_a_company_is_said_to_have_none() -> None:
    require("company", "inn")
    deal = acts.deal(of=client(of=None), fields=READY)
    with pytest.raises(Refused) as refused:
        acts.move(deal, "processing", raw={"company": {"inn": "7707083893"}})
    assert refused.value.problems["company.inn"]["code"] == "no_company"
    assert acts.stage_of(deal) == "new"


def test_it_is_filled_in_on_the_small_form_and_on_the_contacts_page(
    app: Flask, sign_in: Callable[[str], Browser]
) -> None:
    with app.app_context():
        require("company", "inn")
        contact_id = client()
        deal = acts.deal(of=contact_id, fields=READY)
        session().close()
    rep = sign_in("rep1")
    asked = rep.post(f"/deals/{deal}/moves", data={"stage": "processing"})
    assert asked.status_code == 422
    assert 'name="company.inn"' in asked.text
    moved = rep.post(f"/deals/{deal}/moves", data={"stage": "processing", "company.inn": "7707083893"})
    assert moved.status_code == 303
    shown = rep.get(f"/contacts/{contact_id}").text
    assert 'value="7707083893"' in shown
    changes = {"name": "Vera Belova", "was.name": "Vera Belova", "company.inn": "1", "was.company.inn": "7707083893"}
    other = sign_in("rep3")
    assert other.post(f"/contacts/{contact_id}", data=changes).status_code in (403, 404)
    assert rep.post(f"/contacts/{contact_id}", data=changes).status_code == 303
    with app.app_context():
        assert kept(contact_id) == "1"
        session().close()


def asked_for(app: Flask) -> tuple[int, int]:
    """A client and their deal, which lacks only what is asked of their company."""
    with app.app_context():
        require("company", "inn")
        contact_id = client()
        deal = acts.deal(of=contact_id, fields=READY)
        session().close()
    return contact_id, deal


def test_it_is_filled_in_through_the_api(app: Flask, token: Callable[[str], dict[str, str]]) -> None:
    contact_id, deal = asked_for(app)
    rep, headers = app.test_client(), token("rep1")
    move = {"stage": "processing", "company_fields": {"inn": "7707083893"}}
    assert rep.post(f"/api/v1/deals/{deal}/moves", json=move, headers=headers).status_code == 200
    change = {"company_fields": {"inn": "2"}}
    changed = rep.patch(f"/api/v1/contacts/{contact_id}", json=change, headers=headers)
    assert changed.json
    assert changed.json["company_fields"] == {"inn": "2"}
    assert rep.patch(f"/api/v1/contacts/{contact_id}", json=change, headers=token("rep3")).status_code == 403
    made = rep.post("/api/v1/contacts", json={"name": "Oleg", "company": "Ost", **change}, headers=headers)
    assert made.status_code == 201


@pytest.mark.both_databases
def test_another_company_and_what_its_deals_need_of_it_come_in_one(
    app: Flask, token: Callable[[str], dict[str, str]]
) -> None:
    contact_id, deal = asked_for(app)
    with app.app_context():
        acts.move(deal, "processing", raw={"company": {"inn": "77"}})
        colleague = client(of="West")
        theirs = acts.deal(of=colleague, fields=READY)
        acts.move(theirs, "processing", raw={"company": {"inn": "55"}})
        versions = [session().get_one(Contact, each).version for each in (contact_id, colleague)]
        session().close()
    rep, headers, path = app.test_client(), token("rep1"), f"/api/v1/contacts/{contact_id}"
    for change in ({"company": "Nord"}, {"company": "West", "company_fields": {"inn": None}}):
        assert rep.patch(path, json=change, headers=headers).status_code == 422
    assert rep.patch(path, json={"company": "", "company_fields": {"inn": "1"}}, headers=headers).status_code == 422
    with app.app_context():
        assert (kept(contact_id), kept(colleague)) == ("77", "55")
    for name, inn in (("Nord", "1"), ("West", "2")):
        change = {"company": name, "company_fields": {"inn": inn}}
        assert rep.patch(path, json=change, headers=headers).json["company_fields"] == {"inn": inn}
    with app.app_context():
        assert (kept(contact_id), kept(colleague)) == ("2", "2")
        assert [acts.stage_of(each) for each in (deal, theirs)] == ["processing"] * 2
        now = [session().get_one(Contact, each).version for each in (contact_id, colleague)]
        assert now == [versions[0] + 2, versions[1]], "a colleague's contact is not changed by a value of the company"
        session().close()


@pytest.mark.usefixtures("inside")
def test_open_pages_and_robots_hear_of_each_deal_once() -> None:
    require("company", "inn")
    first, second = client(), acts.contact("Oleg Belov", "+79005550002")
    acts.company_of(second, "West")
    its, theirs = acts.deal(of=first), acts.deal(of=second)
    other = acts.deal(of=acts.contact("Anna Ivanova", "+79005550003"))
    with transaction():
        held = session().get_one(Contact, first)
        edit = companies.CompanyEdit({"inn": "7707083893"})
        contacts.edit(held, {"name": "V. Belova"}, company.acting("rep1"), company="West", of_company=edit)
        told = [each for each in open_transaction().events if isinstance(each, DealChanged)]
        assert {each.deal.id: sorted(each.changed) for each in told} == {
            its: [("company", "inn"), ("contact", "company"), ("contact", "name")],
            theirs: [("company", "inn")],
        }
        assert len(told) == 2
        assert other not in open_transaction().changes.deals


def test_a_company_has_a_door_of_its_own_in_the_api(app: Flask, token: Callable[[str], dict[str, str]]) -> None:
    _, deal = asked_for(app)
    rep, headers = app.test_client(), token("rep1")
    (listed,) = rep.get("/api/v1/companies?q=OST", headers=headers).json["items"]
    assert rep.get("/api/v1/companies?q=West", headers=headers).json["items"] == []
    path = f"/api/v1/companies/{listed['id']}"

    def change(inn: str | None, by: dict[str, str] = headers, **more: int) -> TestResponse:
        return rep.patch(path, json={"fields": {"inn": inn}, **more}, headers=by)

    changed = change("7707083893", version=listed["version"])
    assert changed.json == {**listed, "version": listed["version"] + 1, "fields": {"inn": "7707083893"}}
    assert rep.get(path, headers=token("rep3")).json == changed.json
    assert (change("1", token("rep3")).status_code, change("1", version=1).status_code) == (403, 409)
    assert change("x" * 100_000).status_code == 422
    moved = rep.post(f"/api/v1/deals/{deal}/moves", json={"stage": "processing"}, headers=headers)
    assert moved.status_code == 200
    assert change(None).json["error"] == "required_fields"
    assert rep.get(path, headers=headers).json == changed.json
