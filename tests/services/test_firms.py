"""The facts of a firm: changed by an admin, journalled, refused by name; money keeps its currency once there is any."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from rules import important
from rules import tasks as rules_of_tasks
from tests import company
from webapp.db import open_transaction, session, transaction
from webapp.errors import Refused
from webapp.models import JournalEntry
from webapp.services import deals, firms
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def change(**wanted: str | None) -> None:
    with transaction():
        firms.change(wanted, company.acting("admin"))


def test_what_is_changed_stands_and_is_journalled_once(clock: Any) -> None:
    for _ in range(2):
        change(firm=" Arsenal  Plus ", time_zone="Asia/Omsk", rep_sees="own", country=None)
    firm = setups.current().firm
    assert (firm.name, firm.time_zone, firm.rep_sees, firm.country) == ("Arsenal Plus", "Asia/Omsk", "own", None)
    assert company.acting("rep1").scope.reads == frozenset()
    fields = select(JournalEntry.field).where(JournalEntry.event == "firm.edited").order_by(JournalEntry.id)
    assert session().scalars(fields).all() == ["name", "time_zone", "rep_sees", "country"]


ANOTHER = {
    "firm": "Arsenal Plus",
    "locale": "ru",
    "time_zone": "Asia/Omsk",
    "currency": "EUR",
    "country": "DE",
    "rep_sees": "own",
    "marks_next_step": "off",
    "take_within": str(important.FIRMS_TIMES[-1]),
    "accept_within": str(rules_of_tasks.FIRMS_TIMES[-1]),
}


@pytest.mark.parametrize("fact", ANOTHER)
def test_open_boards_ask_again_when_what_they_may_show_is_another_and_only_then(clock: Any, fact: str) -> None:
    said = []
    for _ in range(2):
        with transaction():
            firms.change({fact: ANOTHER[fact]}, company.acting("admin"))
            said.append(open_transaction().changes.rights)
    assert said == [[None] if fact in ("rep_sees", "marks_next_step") else [], []], "of everybody, and once"


def test_the_calendar_goes_with_the_firm(clock: Any) -> None:
    change(time_zone="Europe/Berlin", country="DE")
    calendar = setups.current().firm_calendar
    assert (str(calendar.zone), calendar.country) == ("Europe/Berlin", "DE")


def test_the_currency_changes_only_while_there_is_no_money(clock: Any) -> None:
    change(currency="EUR")
    stage, rep = company.stage("new"), company.person("rep1")
    with transaction():
        deals.create(
            deals.DealDraft(title="A press", stage=stage, responsible_id=rep, amount_minor=1), company.acting("admin")
        )
    change(currency="EUR", firm="Arsenal")
    with pytest.raises(Refused) as raised:
        change(currency="USD")
    assert raised.value.problems == {"currency": {"code": "money_exists"}}


@pytest.mark.parametrize(
    "wanted",
    [
        {"firm": " "},
        {"locale": "xx"},
        {"time_zone": "Mars"},
        {"currency": "XXX"},
        {"country": "XX"},
        {"rep_sees": "?"},
        {"take_within": "7"},
        {"take_within": None},
        {"accept_within": "7"},
    ],
)
def test_what_cannot_be_is_refused_by_its_name(clock: Any, wanted: dict[str, str | None]) -> None:
    with pytest.raises(Refused) as raised:
        change(**wanted)
    assert raised.value.problems.keys() == wanted.keys()
