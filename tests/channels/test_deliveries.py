"""A delivery that cannot go where it was meant to go."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete

from jobs import sender
from tests.channels import worlds
from tests.channels.test_letters import ANNA, deliveries, tell
from tests.channels.worlds import Post
from tests.conftest import Clock
from webapp.db import transaction
from webapp.models import Address

pytestmark = pytest.mark.usefixtures("inside")


def test_a_digest_for_an_address_that_was_taken_away_goes_to_the_next_one_whole(
    app: Flask, post: Post, clock: Clock
) -> None:
    worlds.reaches(app, sms="json://127.0.0.1:1/sms")
    gone = worlds.has_address("north", "sms", "+79125550177", "digest", position=1)
    worlds.has_address("north", "email", ANNA, "digest", position=2)
    tell("north", "normal", key="one")
    tell("north", "normal", key="two")
    with transaction() as current:
        current.execute(delete(Address).where(Address.id == gone))
    clock.go_on(days=1)
    sender.send_due()
    assert deliveries() == [("sms", "cancelled", "address_gone"), ("email", "sent", "")]
    assert [(each["To"], each["Subject"]) for each in post.letters] == [(ANNA, "Your morning digest: 2 items")]
