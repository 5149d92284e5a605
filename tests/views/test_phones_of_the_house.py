"""A colleague's own phone is no client's: its missed call stands in the list of calls with their name, and makes no
contact and no deal; an inquiry of a machine by that number is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import company
from tests.api.callers import Caller
from tests.conftest import Browser, Clock
from tests.services import acts
from tests.views import provider
from tests.views.provider import NORTH_LINE, Provider
from webapp.access.scopes import Actor
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Contact, Deal, User
from webapp.services import inquiries
from webapp.snapshots import setups

OWN = "+79165550042"
pytestmark = pytest.mark.both_databases


@pytest.fixture
def path(app: Flask, clock: Clock) -> str:
    """Oleg Voronin's phone stands in the list of staff, as he has typed it."""
    found = provider.set_up(app)
    with app.app_context(), transaction() as current:
        current.get_one(User, company.person("rep3")).phone = "8 (916) 555-00-42"
        setups.changed()
    return found


def made() -> tuple[int, int]:
    counts = tuple(session().scalar(select(func.count()).select_from(model)) or 0 for model in (Contact, Deal))
    return counts[0], counts[1]


def test_a_missed_call_of_a_colleague_is_no_client_and_is_said(
    app: Flask, path: str, sign_in: Callable[[str], Browser]
) -> None:
    with app.app_context():
        before = made()
    call = Provider(app, path, "CA1")
    call.come_in(OWN, NORTH_LINE)
    call.end("no-answer")
    with app.app_context():
        assert made() == before
    text = sign_in("north").get("/calls").text
    assert "Oleg Voronin, a colleague" in text
    told = Caller.of(app, "north").items("/calls")[0]
    assert (told["caller"], told["state"], told["colleague_id"]) == (OWN, "missed", company_id(app, "rep3"))


def company_id(app: Flask, name: str) -> int:
    with app.app_context():
        return company.person(name)


@pytest.mark.parametrize("channel", ["api", "call"])
def test_a_machines_inquiry_by_a_colleagues_number_is_refused_and_says_whose_it_is(
    app: Flask, path: str, channel: str
) -> None:
    with app.app_context():
        before = made()
        with pytest.raises(Refused) as raised, transaction():
            inquiries.receive(channel, {"name": "SMS", "phone": OWN}, "On my way", Actor(via="api"))
        assert raised.value.problems["phone"] == {"code": "of_the_house", "name": "Oleg Voronin"}
        assert made() == before
        with transaction():
            inquiries.receive("form", {"name": "Oleg", "phone": OWN}, "A test", acts.FORM)
        assert made() == (before[0] + 1, before[1] + 1), "what somebody types themselves is their own affair"
