"""Where a card is laid when there is no room left between its neighbours."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from rules.ordering import NARROWEST, STEP
from tests import company
from tests.conftest import Clock
from tests.services import acts
from tests.services.test_moves import a_column_of, column
from webapp.db import session, transaction
from webapp.models import Deal
from webapp.services import positions

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def place_of(deal_id: int) -> float:
    return session().execute(select(Deal.position).where(Deal.id == deal_id)).scalar_one()


def narrow(*places: float) -> list[int]:
    """A column whose cards lie there, from its top."""
    cards = a_column_of(*(f"{n}" for n in range(len(places))))
    with transaction() as current:
        for card, place in zip(cards, places, strict=True):
            current.execute(update(Deal).where(Deal.id == card).values(position=place))
    return cards


@pytest.mark.parametrize("below", [True, False])
def test_a_card_for_which_there_is_no_room_gets_a_step_of_it_on_either_side(clock: Clock, below: bool) -> None:
    """What lies below goes down as it lies, and what lies above stays."""
    top, upper, lower, last = narrow(-STEP, 0.0, NARROWEST / 2, STEP)
    neighbour = {"after": upper} if below else {"before": lower}
    with transaction():
        place = positions.position_for(company.stage("new").id, **neighbour)
        assert [place_of(each) for each in (top, upper)] == [-STEP, 0.0]
        assert place == pytest.approx(STEP)
        assert [place_of(each) for each in (lower, last)] == pytest.approx([2 * STEP, 3 * STEP])


@pytest.mark.parametrize("below", [True, False])
def test_it_lies_where_it_was_put_and_nothing_else_changes_its_order(clock: Clock, below: bool) -> None:
    _, upper, lower, _ = narrow(-STEP, 0.0, NARROWEST / 2, STEP)
    other = acts.deal("data_collection", title="put")
    acts.move(other, "new", **({"after": upper} if below else {"before": lower}))
    assert column("new") == ["0", "1", "put", "2", "3"]
