"""Notes on a deal: kept, journalled, and told to whoever is named and may see the deal."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import Note
from webapp.services import notes

pytestmark = [pytest.mark.usefixtures("inside", "clock"), pytest.mark.both_databases]


def written(deal_id: int, text: str, by: str = "rep1") -> Note:
    with transaction():
        note_id = notes.write(acts.locked(deal_id), text, company.acting(by)).id
    return session().get_one(Note, note_id)


def test_who_is_named_is_told_once_and_the_journal_knows(clock: Clock) -> None:
    deal_id = acts.deal()
    note = written(deal_id, "They called, @anna krylova: may I give 5 %?")
    assert note.told == [company.person("north")]
    (told,) = acts.told("north", "note.mentioned")
    assert (told.deal_id, told.sender_id) == (deal_id, company.person("rep1"))
    assert "may I give 5 %?" in str(told.facts["note.text"])
    (entry,) = acts.journal(deal_id, "note.written")
    assert entry.new == {"told": note.told, "untold": []}
    assert acts.told("head", "note.mentioned") == []


def test_who_may_not_see_the_deal_is_not_told_and_the_note_says_so(clock: Clock) -> None:
    note = written(acts.deal(), "@Oleg Voronin and @Ivan Petrov")
    assert (note.told, note.untold) == ([], [company.person("rep3")])  # and one does not tell oneself
    assert acts.told("rep3", "note.mentioned") == []
    assert acts.told("rep1", "note.mentioned") == []


def test_a_note_takes_no_dialogue_and_is_no_reply(clock: Clock) -> None:
    deal_id = acts.inquiry()
    written(deal_id, "Called, nobody answers")
    assert acts.stage_of(deal_id) == "new"
    assert acts.run_of(deal_id, "reaction_control").state == "waiting"


def test_a_blank_note_is_refused(clock: Clock) -> None:
    deal_id = acts.deal()
    with pytest.raises(Refused):
        written(deal_id, " \u200b ")
    assert session().scalars(select(Note)).all() == []
