"""Who is in charge hears that a client waits: on whichever stage, once a wait, by bell and by their own channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import company
from tests.channels import worlds
from tests.conftest import Clock
from tests.services import acts
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.models import Absence, Delivery
from webapp.services import inquiries
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
WAITS = ("client.wrote", "client.called")


def heard(name: str) -> list[str]:
    return [each.kind for each in acts.told(name) if each.kind in WAITS]


def writes_again(deal_id: int, text: str = "And the price?", **more: str) -> None:
    assert acts.inquiry(text, **more) == deal_id


@pytest.mark.parametrize("stage", ["new", "data_collection", "processing", "payment"])
def test_who_is_in_charge_hears_that_the_client_writes_again(clock: Clock, stage: str) -> None:
    deal_id = acts.deal(stage, of=acts.contact(), waits=False, fields={"equipment_type": "standard"})
    writes_again(deal_id)
    (told,) = [each for each in acts.told("rep1") if each.kind == "client.wrote"]
    assert (told.deal_id, told.facts["contact.name"], told.facts["message.text"]) == (
        deal_id,
        "Vera Belova",
        "And the price?",
    )
    assert heard("rep2") == heard("north") == []


def test_it_is_told_once_a_wait_however_much_is_said_and_on_however_many_channels(clock: Clock) -> None:
    deal_id = acts.deal("processing", of=acts.contact(), waits=False, fields={"equipment_type": "standard"})
    for n in range(10):
        writes_again(deal_id, f"Word {n}", channel="chat" if n % 2 else "form")
    assert heard("rep1") == ["client.wrote"]


def test_after_an_answer_the_next_word_begins_a_wait(clock: Clock) -> None:
    deal_id = acts.inquiry()
    rep = next(each for each in company.PEOPLE if company.person(each) == acts.deal_of(deal_id).responsible_id)
    assert heard(rep) == [], "whoever was given the deal by the first word knows it by that"
    for n in (1, 2):
        acts.reply(deal_id, by=rep)
        writes_again(deal_id, f"And then? {n}")
        assert heard(rep) == ["client.wrote"] * n


def test_a_missed_call_is_told_as_a_call(clock: Clock) -> None:
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)
    with transaction():
        inquiries.receive("call", {"phone": acts.PHONE}, "Missed call", Actor(via="telephony"), kind="call")
    assert heard("rep1") == ["client.called"]
    assert acts.told("rep1")[-1].deal_id == deal_id


def test_who_stands_in_hears_it_too(clock: Clock) -> None:
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)
    acts.away("rep1", date(2026, 1, 1), date(2030, 1, 1))
    with transaction() as current:
        current.execute(update(Absence).values(cover_id=company.person("rep2")))
        setups.changed()
    writes_again(deal_id)
    assert heard("rep1") == heard("rep2") == ["client.wrote"]


def test_a_program_that_works_by_the_token_of_who_is_in_charge_does_not_tell_for_them(clock: Clock) -> None:
    deal_id = acts.deal("data_collection", of=acts.contact(), waits=False)
    with transaction():
        inquiries.receive("form", {"phone": acts.PHONE}, "Hello?", replace(company.acting("rep1"), via="api"))
    assert heard("rep1") == ["client.wrote"]
    acts.reply(deal_id)
    assert all(each.read_at for each in acts.told("rep1") if each.kind == "client.wrote")


def test_it_goes_out_by_the_channels_that_they_have_chosen(inside: Flask, clock: Clock) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("rep1", "email", "anna@firm.example", "normal")
    deal_id = acts.deal("payment", of=acts.contact(), waits=False, fields={"equipment_type": "standard"})
    writes_again(deal_id)
    sent = session().scalars(select(Delivery).where(Delivery.deal_id == deal_id, Delivery.content == "notification"))
    assert [each.channel for each in sent] == ["email"]
