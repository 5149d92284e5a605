"""What the journal answers to services: who has removed what somebody else was about to change."""

from __future__ import annotations

from datetime import date

import pytest

from tests import company
from tests.conftest import Clock
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
