"""What the journal answers to services: who has removed what somebody else was about to change."""

from __future__ import annotations

from datetime import date

import pytest

from tests import company
from tests.conftest import Clock
from webapp.access.scopes import Actor
from webapp.db import transaction
from webapp.errors import NotFound
from webapp.services import calendars, journal, seasons
from webapp.services.recounts import KEEP
from webapp.services.seasons import SeasonDraft
from webapp.snapshots import setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def removed_calendar(by: str) -> tuple[str, int]:
    with transaction():
        made = calendars.create(None, company.person("rep2"), company.acting("admin"))
        made_id = made.id
        calendars.remove(calendars.locked(made_id), company.acting(by), KEEP)
    return "calendar.removed", made_id


def removed_season(by: str) -> tuple[str, int]:
    with transaction():
        draft = SeasonDraft("Sale", date(2026, 12, 1), date(2026, 12, 31), "firm", (), {"pause": True})
        made_id = seasons.create(draft, company.acting("admin"), KEEP).id
        seasons.remove(seasons.locked(made_id), company.acting(by), KEEP)
    return "season.removed", made_id


def test_whoever_comes_to_what_is_gone_learns_who_removed_it(clock: Clock) -> None:
    for act, who in ((removed_calendar, "admin"), (removed_season, "head")):
        event, record_id = act(who)
        gone = journal.gone(event, record_id)
        name = setups.current().people[company.person(who)].name
        assert (gone.reason, gone.facts, gone.status) == ("removed_meanwhile", {"who": name}, 409), event
        with pytest.raises(NotFound):
            journal.gone(event, record_id + 1)


def test_the_last_hand_is_that_of_the_record_the_field_and_the_thing_that_is_asked_of(clock: Clock) -> None:
    one, other = company.person("rep1"), company.person("rep2")
    lines = (
        ("user.edited", "user", one, "name", "head", None, None),
        ("user.edited", "user", one, "phone", "north", None, None),
        ("user.edited", "user", other, "name", "admin", None, None),
        ("user.edited", "contact", one, "name", "rep3", None, None),
        ("season.edited", "season", 1, None, "head", {"name": "Sale", "change": 1}, {"name": "Sales", "change": 1}),
        ("season.edited", "season", 1, None, "admin", {"name": "Sales", "change": 1}, {"name": "Sales", "change": 2}),
    )
    with transaction():
        for event, entity, record_id, field, name, old, new in lines:
            journal.write(event, entity, record_id, company.acting(name), field=field, old=old, new=new)
        journal.write("user.edited", "user", other, Actor(via="clock"), field="locale")
    for asked, name in (
        (("user.edited", one, "name"), "head"),
        (("user.edited", one, "phone"), "north"),
        (("user.edited", one), "north"),
        (("user.edited", other, "name"), "admin"),
        (("user.edited", other, "locale"), None),
        (("user.edited", other, "phone"), None),
        (("season.edited", 1, None, lambda old, new: old["name"] != new["name"]), "head"),
        (("season.edited", 1, None, lambda old, new: old["change"] != new["change"]), "admin"),
        (("season.edited", 1, None, lambda old, new: False), None),
    ):
        assert journal.last_by(*asked) == (name and company.person(name)), asked
    assert journal.last_by("user.edited", one, "name", entity="contact") == company.person("rep3")
