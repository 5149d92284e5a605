"""By which key robots name a webhook: the one that was asked for, or one made of its name."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import company
from webapp.db import transaction
from webapp.errors import Refused
from webapp.services import webhooks

URL = "https://till.firm.example/hook"


def added(name: str, key: str = "") -> str:
    """The key of a new one."""
    with transaction():
        return webhooks.add(name, URL, company.acting("admin"), key=key)[0].key


def test_a_webhook_has_the_key_that_was_asked_for_or_one_of_its_own(inside: Flask) -> None:
    assert [added("The till", "cash_desk"), added("The till"), added("The till")] == [
        "cash_desk", "the_till", "the_till_2",
    ]  # fmt: skip
    found = webhooks.standing("cash_desk")
    assert found is not None
    assert found.name == "The till"
    for key, code in (("cash_desk", "taken_key"), ("Cash desk", "not_a_key")):
        with pytest.raises(Refused) as raised:
            added("Another", key)
        assert raised.value.problems == {"key": {"code": code}}
