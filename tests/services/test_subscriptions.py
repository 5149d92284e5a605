"""Browsers that are told by web push, among a person's other addresses."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company
from tests.channels import worlds
from tests.conftest import Clock, session_of
from webapp.db import session, transaction
from webapp.errors import Refused
from webapp.models import UserSession
from webapp.services import subscriptions
from webapp.snapshots import reach

KEYS = {name: urlsafe_b64encode(bytes(length)).decode() for name, length in subscriptions.LENGTHS.items()}


def turned_on(app: Flask, name: str, endpoint: str, keys: dict[str, str] = KEYS) -> None:
    """In a browser of its own, signed in just now."""
    session_of(app, name)
    with transaction():
        newest = session().scalars(select(UserSession.id).order_by(UserSession.id.desc())).first()
        assert newest is not None
        by = company.acting(name)
        subscriptions.subscribe(company.person(name), newest, endpoint, keys, "", by, allowed=())


def told_in_turn(name: str) -> list[str]:
    return [each.address for each in reach.places([company.person(name)])]


def test_browsers_come_before_other_addresses_and_one_after_the_other(inside: Flask, clock: Clock) -> None:
    worlds.has_address("north", "email", "anna@north.example", "urgent")
    for n in range(3):
        turned_on(inside, "north", f"https://push.example.org/{n}")
        turned_on(inside, "rep1", f"https://push.example.org/of-another/{n}")
    mine = [f"https://push.example.org/{n}" for n in range(3)]
    assert told_in_turn("north") == [*mine, "anna@north.example"]
    assert told_in_turn("rep1") == [f"https://push.example.org/of-another/{n}" for n in range(3)]


def test_a_browsers_keys_are_taken_with_the_signs_that_fill_them_up_and_without(inside: Flask, clock: Clock) -> None:
    bare = {name: key.rstrip("=") for name, key in KEYS.items()}
    assert all(bare[name] != key for name, key in KEYS.items())
    turned_on(inside, "rep1", "https://push.example.org/filled")
    turned_on(inside, "rep2", "https://push.example.org/bare", bare)
    assert (len(told_in_turn("rep1")), len(told_in_turn("rep2"))) == (1, 1)


def test_a_persons_browsers_are_counted_and_ordered_among_their_own_alone(inside: Flask, clock: Clock) -> None:
    worlds.has_address("rep2", "email", "rep2@firm.example", "urgent", position=-5)
    for n in range(subscriptions.MOST):
        turned_on(inside, "rep2", f"https://push.example.org/{n}")
    assert told_in_turn("rep2")[-1] == "rep2@firm.example", "however early it stood"
    with pytest.raises(Refused) as raised:
        turned_on(inside, "rep2", "https://push.example.org/one-too-many")
    assert raised.value.problems == {"address": {"code": "too_many", "limit": subscriptions.MOST}}
    turned_on(inside, "rep1", "https://push.example.org/of-another")
    assert told_in_turn("rep1") == ["https://push.example.org/of-another"]
