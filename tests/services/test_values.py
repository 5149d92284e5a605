"""What a form has shown of fields, as it came back with what was typed."""

from __future__ import annotations

import pytest

from rules.facts import Raw
from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.services import deals, values
from webapp.snapshots import setups

pytestmark = [pytest.mark.usefixtures("inside", "clock")]


def of_the_product(entity: str) -> dict[str, str]:
    """Each of the product's own fields of it, as if a form had shown it among the firm's."""
    return {each.key: "1" for each in setups.current().catalogue.of(entity) if each.is_built_in}


@pytest.mark.parametrize(
    ("entity", "own", "kept"),
    [
        ("deal", {"equipment_type": "large"}, {"equipment_type": "large"}),
        ("deal", {"equipment_type": "no such option"}, {}),
        ("contact", {"vip": True}, {"vip": True}),
    ],
)
def test_of_what_was_shown_only_the_firms_own_fields_are_read(
    clock: Clock, entity: str, own: Raw, kept: dict[str, object]
) -> None:
    others = {**of_the_product(entity), "no_such": "1"}
    assert len(others) > 1
    assert values.shown(entity, {**others, **own}, company.acting("rep1")) == kept


def test_a_form_that_shows_what_the_firm_has_not_is_saved_all_the_same(clock: Clock) -> None:
    """Somebody has taken the field away, or the form is not ours: what was typed in the others is not lost."""
    deal_id = acts.deal(amount=5_000)
    saw = {"equipment_type": "", "no_such": "1", **of_the_product("deal")}
    with transaction():
        changes: deals.DealEdit = {"fields": {"equipment_type": "large"}}
        deals.edit(acts.locked(deal_id), changes, by=company.acting("rep1"), shown={"fields": saw})
    assert acts.deal_of(deal_id).fields["equipment_type"] == "large"
