"""The options of a list in the draft, press by press: what is archived comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from tests import company
from tests.conftest import Clock
from webapp.db import transaction
from webapp.services import field_editing
from webapp.snapshots import drafts

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]
FIELD = "deal/equipment_type"


def press(act: str) -> None:
    with transaction():
        field_editing.set_options(*FIELD.split("/"), {}, act, company.acting("admin"))


def options() -> list[dict[str, Any]]:
    found = drafts.current().document.get("field", FIELD)
    assert found is not None
    kept = found.parts["options"]
    assert isinstance(kept, list)
    return kept


@pytest.mark.parametrize("key", ["standard", "large", "special"])
def test_an_option_that_is_archived_and_returned_is_as_it_was_and_nothing_is_in_the_draft(
    clock: Clock, key: str
) -> None:
    before = options()
    press(f"archive:{key}")
    assert options() == [{**each, "is_archived": True} if each["key"] == key else each for each in before]
    press(f"return:{key}")
    assert options() == before
    assert drafts.current().changes == ()


@pytest.mark.parametrize("act", ["archive:huge", "return:huge", "up:huge", "return:large", "up:standard", ""])
def test_a_press_on_what_is_not_there_or_has_nothing_to_do_changes_nothing(clock: Clock, act: str) -> None:
    press(act)
    assert drafts.current().is_empty
