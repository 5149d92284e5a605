"""Contacts: what identifies them, how their columns are kept, and what an edit of one does to their deals."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, update

from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.locks import quicker
from tests.services.test_gate import require
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Company, Contact, Deal
from webapp.services import contacts, deals, identities

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def edit(contact_id: int, raw: dict[str, Any], by: str = "rep1", **more: Any) -> Contact:
    with transaction():
        held = session().get_one(Contact, contact_id, with_for_update={"key_share": True})
        return contacts.edit(held, raw, company.acting(by), **more)


def test_columns_are_kept_in_one_form(clock: Clock) -> None:
    kept = contacts.clean({"name": "  Vera   Belova ", "phone": "8 (900) 555-00-01", "email": "Vera@Example.COM"})
    numbers = {"phone": "+79005550001", "phone_extension": None}
    assert kept == {"name": "Vera Belova", "email": "vera@example.com", **numbers}
    assert contacts.clean({"phone": "", "email": None}) == {"phone": None, "phone_extension": None, "email": None}
    asked = contacts.clean({"phone": "+7 495 123-45-67 доб. 12"})
    assert asked == {"phone": "+74951234567", "phone_extension": "12"}


@pytest.mark.parametrize(
    "raw", [{"phone": "8 900 555-00-77"}, {"email": "v@b.example"}, {"more_phones": ["+79005550078"]}]
)
def test_of_two_who_make_a_contact_of_one_phone_or_address_at_once_one_is_told(
    inside: Flask, clock: Clock, raw: dict[str, Any]
) -> None:
    def make(name: str) -> int:
        with transaction():
            contacts.check_unknown({"name": name, **raw}, None, is_sure=False)
            made = contacts.create({"name": name, **raw}, company.acting("rep1"))
            time.sleep(0.2)
            return made.id

    done = acts.at_the_same_moment(inside, lambda: make("Vera"), lambda: make("V. Belova"), lambda: make("Belova"))
    refused = [each for each in done if isinstance(each, Refused)]
    assert [each.reason for each in refused] == ["known_contact"] * 2


def test_everything_wrong_with_a_contact_is_said_at_once(clock: Clock) -> None:
    with pytest.raises(Refused) as raised:
        contacts.clean({"name": " ", "phone": "12", "email": "nobody", "external_id": "x" * 201})
    assert {key: each["code"] for key, each in raised.value.problems.items()} == {
        "name": "blank",
        "phone": "not_a_phone",
        "email": "not_an_email",
        "external_id": "too_long",
    }
    with pytest.raises(Refused), transaction():
        contacts.create({"phone": acts.PHONE}, company.acting("rep1"))


def test_a_contact_is_found_by_external_id_then_phone_then_email(clock: Clock) -> None:
    with transaction():
        by = company.acting("rep1")
        one = contacts.create({"name": "A", "external_id": "crm-1"}, by).id
        two = contacts.create({"name": "B", "phone": acts.PHONE}, by).id
        three = contacts.create({"name": "C", "email": "c@example.com"}, by).id
    for way, expected in (
        (("crm-1", acts.PHONE, "c@example.com"), one),
        ((None, acts.PHONE, "c@example.com"), two),
        (("unknown", None, "c@example.com"), three),
    ):
        found = identities.find(*way)
        assert found is not None
        assert found.id == expected
    assert identities.find(None, None, None) is None


def test_a_company_is_made_once_by_its_name(clock: Clock) -> None:
    with transaction():
        ids = {contacts.create({"name": n}, company.acting("rep1"), company=" Severmash ").company_id for n in "AB"}
    (company_id,) = ids
    assert session().get_one(Company, company_id).name == "Severmash"


def test_an_edit_of_an_older_version_is_refused_and_says_whose_it_is(clock: Clock) -> None:
    contact_id = acts.contact()
    edit(contact_id, {"name": "Vera Petrova"}, by="north", seen=1)
    with pytest.raises(Refused) as raised:
        edit(contact_id, {"name": "Vera Sidorova"}, seen=1)
    assert (raised.value.reason, raised.value.facts["by"]) == ("stale", "Anna Krylova")


def test_fields_written_at_the_same_moment_are_both_kept(app: Flask, clock: Clock) -> None:
    """One by the contact's page, one with a deal's move: the JSON column is read behind the lock."""
    contact_id = acts.contact()
    deal_id = acts.deal(of=contact_id)
    outcomes = acts.at_the_same_moment(
        app,
        lambda: edit(contact_id, {"phone": "+79005550077"}),
        lambda: acts.move(deal_id, "data_collection", raw={"contact": {"vip": True}}),
    )
    kept = session().get_one(Contact, contact_id, populate_existing=True)
    stood = [not isinstance(each, Exception) for each in outcomes]
    assert [kept.phone == "+79005550077", kept.fields.get("vip") is True] == stood
    assert any(stood)


def test_a_change_is_journalled_and_bumps_the_version_and_nothing_new_does_neither(clock: Clock) -> None:
    contact_id = acts.contact()
    assert edit(contact_id, {"name": "Vera Petrova"}, own={"vip": True}).version == 2
    assert edit(contact_id, {"name": "Vera Petrova"}, own={"vip": True}).version == 2


def test_a_contact_made_in_this_transaction_can_be_given_to_a_deal_with_its_values(clock: Clock) -> None:
    with transaction():
        by = company.acting("rep1")
        made = contacts.create({"name": "New"}, by, own={"vip": True})
        deal_id = deals.create(deals.DealDraft("x", company.stage("new"), by.user_id or 0, contact_id=made.id), by).id
        contacts.edit(made, {"phone": acts.PHONE}, by)
    session().close()
    kept = session().get_one(Contact, acts.deal_of(deal_id).contact_id)
    assert (kept.fields, kept.phone) == ({"vip": True}, acts.PHONE)


def test_an_edit_asks_the_gate_of_a_deal_as_whoever_moved_it_has_left_it(clock: Clock) -> None:
    """Also where the deal was looked at before: one that is on the way to a stage does not slip through unseen."""
    require("contact", "inn")
    contact_id = acts.contact(inn="7707083893")
    deal_id = acts.deal(of=contact_id, fields={"equipment_type": "large"})
    moved = update(Deal).where(Deal.id == deal_id).values(stage_id=company.stage("processing").id)
    with quicker("deal", moved), transaction() as current:
        looked_at = current.get_one(Deal, deal_id)
        held = current.get_one(Contact, contact_id)
        with pytest.raises(Refused, match="required_fields"):
            contacts.edit(held, {}, company.acting("admin"), own={"inn": ""})
    assert looked_at.id == deal_id


@pytest.mark.parametrize("is_edit", [False, True])
def test_of_two_who_write_one_id_down_at_once_the_second_is_refused(clock: Clock, is_edit: bool) -> None:
    mine, by = acts.contact("Anna"), company.acting("rep1")
    theirs = insert(Contact).values(name="Vera", external_id="crm-1", fields={}, created_at=clock.at, version=1)

    def write() -> None:
        if is_edit:
            edit(mine, {"external_id": "crm-1"})
            return
        with transaction():
            contacts.create({"name": "Anna B.", "external_id": "crm-1"}, by)

    with quicker('"client crm-1"', theirs), pytest.raises(Refused) as raised:
        write()
    assert (raised.value.reason, raised.value.facts["name"]) == ("known_contact", "Vera")
