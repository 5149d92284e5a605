"""What the firm sends by, set by one address, taken away, and the secret of its receipts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from tests import company
from tests.conftest import Clock
from webapp.db import transaction
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
