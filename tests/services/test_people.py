"""What people change of themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import JournalEntry, User
from webapp.services import people
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
AS_IS = {"name": "Ivan Petrov", "locale": "en", "time_zone": "Europe/Moscow", "theme": "auto"}


def change(**values: str) -> None:
    with transaction():
        people.change_profile(company.person("rep1"), **{**AS_IS, **values}, by=company.acting("rep1"))


def test_a_person_changes_name_language_zone_and_theme(clock: Clock) -> None:
    change(name="  Ivan   Sidorov ", locale="ru", time_zone="Asia/Vladivostok", theme="dark")
    card = setups.current().people[company.person("rep1")]
    assert (card.name, card.locale, card.time_zone) == ("Ivan Sidorov", "ru", "Asia/Vladivostok")
    assert session().get_one(User, card.id).theme == "dark"
    written = session().scalars(select(JournalEntry).where(JournalEntry.event == "user.edited"))
    assert {each.field: (each.old, each.new) for each in written} == {
        "name": ("Ivan Petrov", "Ivan Sidorov"),
        "locale": ("en", "ru"),
        "time_zone": ("Europe/Moscow", "Asia/Vladivostok"),
        "theme": ("auto", "dark"),
    }


def test_what_stays_the_same_is_not_journalled(clock: Clock) -> None:
    change()
    assert session().scalars(select(JournalEntry).where(JournalEntry.event == "user.edited")).all() == []


def test_everything_wrong_with_a_profile_is_said_at_once(clock: Clock) -> None:
    with pytest.raises(Refused) as raised:
        change(name=" ", locale="de", time_zone="Mars/Olympus", theme="pink")
    assert set(raised.value.problems) == {"name", "locale", "time_zone", "theme"}
    with pytest.raises(Refused) as raised:
        change(name="x" * 101)
    assert raised.value.problems["name"]["code"] == "too_long"
    assert setups.current().people[company.person("rep1")].name == "Ivan Petrov"
