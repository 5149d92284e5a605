"""How a person wants to be told: what is kept of it, and what the journal says."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from flask import Flask
from sqlalchemy import select

from rules.reach import MOST_AN_HOUR, Wishes
from tests import company
from tests.conftest import Clock
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import JournalEntry
from webapp.services import tellings
from webapp.snapshots import reach


def choose(wishes: Wishes) -> None:
    with transaction():
        tellings.choose(company.person("rep1"), wishes, company.acting("rep1"))


def test_each_choice_is_kept_and_journalled_with_what_was_before_it(inside: Flask, clock: Clock) -> None:
    me, usual = company.person("rep1"), Wishes()
    chosen = [Wishes(has_quiet_hours=False), Wishes(an_hour=0), Wishes(an_hour=MOST_AN_HOUR, shows_clients=True)]
    for each in chosen:
        choose(each)
        choose(each)  # as it is: nothing to say
        assert reach.wishes([me]) == {me: each}
    noted = select(JournalEntry).where(JournalEntry.event == "user.telling_chosen").order_by(JournalEntry.id)
    lines = [(each.entity_id, each.by_id, each.old, each.new) for each in session().scalars(noted)]
    before = [usual, *chosen]
    assert lines == [(me, me, asdict(old), asdict(new)) for old, new in zip(before, chosen, strict=False)]


@pytest.mark.parametrize("many", [-1, MOST_AN_HOUR + 1])
def test_less_than_none_and_more_than_the_most_in_an_hour_are_refused(inside: Flask, many: int) -> None:
    with pytest.raises(Refused) as raised:
        choose(Wishes(an_hour=many))
    problem = {"code": "out_of_range", "least": 0, "most": MOST_AN_HOUR}
    assert raised.value.problems == {"an_hour": problem}
