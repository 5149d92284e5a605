"""What an admin adds on the screen of automation: robots are told apart by what they are called, however many there
are."""

from __future__ import annotations

import pytest

from tests import company
from tests.conftest import Clock
from tests.services import acts
from webapp.db import transaction
from webapp.services import setup_editing
from webapp.snapshots import drafts, setups

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("inside")]


def test_a_new_robot_is_told_apart_also_where_every_other_has_such_a_name(clock: Clock) -> None:
    """Each in one of the firm's languages."""
    keys = [each.key for each in setups.current().value.robots]
    for number, key in enumerate(keys, start=1):
        place = f" {number}" if number > 1 else ""
        acts.robot(key, name={"en": f"Control: New{place}"} if number % 2 else {"ru": f"Контроль: Новая{place}"})
    with transaction():
        made = [setup_editing.add_robot("control", "sales/new", company.acting("admin")) for _ in range(3)]
    robots = drafts.current().document.of("robot")
    names = [dict(each.name) for each in robots if each.key in made]
    assert names == [
        {"en": f"Control: New {number}", "ru": f"Контроль: Новая {number}"}
        for number in range(len(keys) + 1, len(keys) + 4)
    ]
