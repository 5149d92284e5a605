"""The last word of a gateway on what it has taken: it stands with the delivery, and whoever must know is told."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from tests.channels import worlds
from tests.channels.test_letters import ANNA, tell
from tests.conftest import Clock
from tests.services import acts
from webapp.db import session, transaction
from webapp.models import Delivery
from webapp.services import deliveries


@pytest.mark.parametrize(
    ("said", "state", "reason", "told"),
    [
        ("delivered", "delivered", {}, 0),
        ("failed", "failed", {"code": "gateway_said", "text": "No such box"}, 1),
        ("queued", "sent", {}, 0),
    ],
)
def test_what_a_gateway_says_of_what_it_took_is_kept_and_a_failure_is_told(
    inside: Flask, clock: Clock, said: str, state: str, reason: dict[str, str], told: int
) -> None:
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    with transaction():
        row = session().scalars(select(Delivery)).one()
        row.state = "sent"
    for _ in range(2):
        with transaction():
            deliveries.receipt(row.key, said, "No such box")
    kept = session().get_one(Delivery, row.id, populate_existing=True)
    assert (kept.state, kept.reason, len(acts.told("admin", "undelivered"))) == (state, reason, told)
