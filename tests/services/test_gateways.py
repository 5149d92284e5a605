"""What the firm sends by, set by one address, taken away, and the secret of its receipts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from rules import messengers
from rules.reach import Answer
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Gateway
from webapp.services import gateways
from webapp.snapshots import reach


def set_by(kind: str, url: str, *, to_clients: bool = False) -> None:
    with transaction():
        by = company.acting("admin")
        gateways.set_by_address(kind, url, sender="dozor@firm.example", to_clients=to_clients, by=by)


def test_a_mail_server_set_by_its_address_is_signed_in_to_as_the_address_says(inside: Flask) -> None:
    for url, kept in (
        (
            "smtp://anna%40firm.example:p%2Fw@mail.firm.example",
            "smtp://anna%40firm.example:p%2Fw@mail.firm.example:587",
        ),
        ("smtps://anna:secret@mail.firm.example", "smtps://anna:secret@mail.firm.example:465"),
        ("smtp://anna@inner.firm.example:2525", "smtp://anna:@inner.firm.example:2525"),
        ("smtp://other.firm.example", "smtp://other.firm.example:587"),
    ):
        set_by("email", url)
        assert reach.gateways()["email"].url == kept


def test_what_was_taken_away_no_longer_allows_anything_to_clients(
    inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine's own provider stands there afterwards: nobody has said that it may write to clients."""
    set_by("sms", "jsons://sms.firm.example/send", to_clients=True)
    assert reach.gateways()["sms"].to_clients
    with transaction():
        gateways.remove("sms", company.acting("admin"))
    assert reach.gateways() == {}
    settings = replace(inside.config["SETTINGS"], sms_url="jsons://machine.firm.example/send")
    monkeypatch.setitem(inside.config, "SETTINGS", settings)
    found = reach.gateways()["sms"]
    assert (found.host, found.to_clients, found.sender) == ("machine.firm.example", False, "")


def test_an_old_secret_of_receipts_counts_only_for_as_long_as_was_said(inside: Flask, clock: Clock) -> None:
    with transaction():
        first = gateways.new_receipt_secret(company.acting("admin"))
        second = gateways.new_receipt_secret(company.acting("admin"))
    assert [gateways.is_receipt_secret(each) for each in (first, second)] == [False, True]
    with transaction():
        third = gateways.new_receipt_secret(company.acting("admin"), 1)
    assert [gateways.is_receipt_secret(each) for each in (first, second, third)] == [False, True, True]
    clock.go_on(hours=1)
    assert [gateways.is_receipt_secret(each) for each in (first, second, third)] == [False, False, True]


def test_an_address_that_is_left_blank_stays_and_the_first_one_is_asked_for(inside: Flask) -> None:
    """Nobody is shown the key that stands there, so that nobody can type it once more."""
    given = {kind: each.example for kind, each in messengers.MESSENGERS.items()}
    for kind, url in {"sms": "jsons://sms.firm.example/send", **given}.items():
        with pytest.raises(Refused) as refused:
            set_by(kind, "")
        assert refused.value.problems["url"]["code"] == "blank", kind
        session().rollback()
        for typed in (url, "", "  "):
            set_by(kind, typed)
            assert reach.gateways()[kind].url == url, (kind, typed)


def test_a_gateway_that_takes_something_again_is_well_and_its_next_failing_is_told_anew(
    inside: Flask, clock: Clock
) -> None:
    def trouble(answer: Answer) -> tuple[object, ...]:
        """Since when it fails, until when it is left alone, and how often the admin was told."""
        with transaction():
            gateways.answered("sms", answer, 1)
        row = session().scalars(select(Gateway).where(Gateway.kind == "sms")).one()
        rests = None if row.rest_until is None else row.rest_until > clock.at
        return row.failing_since, rests, row.trouble.get("code"), len(acts.told("admin", "gateway.failing"))

    set_by("sms", "jsons://sms.firm.example/send")
    refused, fails, sent = Answer("refused"), Answer("later", {"code": "sign_in"}), Answer("sent")
    assert trouble(sent) == (None, None, None, 0)
    for times in (1, 2):
        clock.go_on(hours=1)
        since = clock.at
        assert trouble(fails) == (since, True, "sign_in", times)
        clock.go_on(minutes=1)
        assert trouble(fails) == (since, True, "sign_in", times), "of one failing the admins are told once"
        assert trouble(refused)[0] == since, "an address that it does not take says nothing of it"
        assert trouble(sent) == (None, None, None, times)
