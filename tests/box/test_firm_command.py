"""The firm's country is named by its owner, where nothing says it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update

from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Contact, Firm, JournalEntry
from webapp.snapshots import setups

Type = Callable[..., Result]


@pytest.fixture
def typed(app: Flask) -> Type:
    with app.app_context(), transaction() as current:
        current.execute(update(Firm).values(country=None))
        setups.changed()
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def test_the_doctor_asks_for_the_country_and_is_content_when_it_is_named(app: Flask, typed: Type) -> None:
    assert "the firm's country is not known" in typed("doctor").output
    done = typed("firm", "country", "de")
    assert (done.exit_code, "is in DE" in done.output) == (0, True)
    assert "country" not in typed("doctor").output
    with app.app_context():
        made = acts.contact(phone="030 1234567")
        assert session().get_one(Contact, made).phone == "+49301234567"
        told = session().scalars(select(JournalEntry).where(JournalEntry.event == "firm.edited")).one()
        assert (told.field, told.old, told.new) == ("country", None, "DE")


def test_what_is_no_country_is_refused(app: Flask, typed: Type) -> None:
    refused = typed("firm", "country", "Germany")
    assert (refused.exit_code, "Write its two-letter code" in refused.output) == (1, True)
    with app.app_context():
        assert setups.current().firm.country is None
