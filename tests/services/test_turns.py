"""Whose turn it is to be given what somebody else is to lose."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.services import turns

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def given(deal_id: int) -> int | None:
    with transaction():
        return turns.next_but(acts.locked(deal_id), company.acting("admin"))


def test_a_deal_is_handed_to_one_after_the_other_and_never_to_whoever_has_it(clock: Clock) -> None:
    rep1, rep2, rep3 = (company.person(name) for name in ("rep1", "rep2", "rep3"))
    of_rep1, of_rep3 = acts.deal(rep="rep1"), acts.deal(rep="rep3")
    assert [given(of_rep1) for _ in range(3)] == [rep2, rep3, rep2]
    assert [given(of_rep3) for _ in range(3)] == [rep1, rep2, rep1]
    assert given(of_rep1) == rep2
