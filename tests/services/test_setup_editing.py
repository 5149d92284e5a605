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


def test_a_number_is_free_in_every_language(clock: Clock) -> None:
    """One robot may take two of them, one in each language."""
    first, *others = [each.key for each in setups.current().value.robots]
    acts.robot(first, name={"en": "Control: New", "ru": "Контроль: Новая 2"})
    for number, key in enumerate(others, start=3):
        acts.robot(key, name={"en": f"Control: New {number}", "ru": f"Контроль: Новая {number + len(others)}"})
    with transaction():
        made = setup_editing.add_robot("control", "sales/new", company.acting("admin"))
    taken = 2 * len(others) + 2
    named = next(each for each in drafts.current().document.of("robot") if each.key == made)
    assert dict(named.name) == {"en": f"Control: New {taken + 1}", "ru": f"Контроль: Новая {taken + 1}"}
