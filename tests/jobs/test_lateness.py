"""Late is what Dozor owes: what the other side has put off is counted apart, and named where an admin can mend it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from rules.reach import Answer
from tests import company
from tests.channels import worlds
from tests.channels.test_letters import ANNA, tell
from tests.conftest import Browser, Clock
from webapp.background import held, lateness, outbox
from webapp.background.outbox import Claim
from webapp.box import doctor
from webapp.db import session, transaction
from webapp.models import Delivery, Gateway, Webhook
from webapp.queries.health import health_page
from webapp.services import deliveries, webhooks

pytestmark = [pytest.mark.both_databases]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def row(inside: Flask, clock: Clock) -> int:
    """A word that was due two hours ago."""
    worlds.reaches(inside, email="smtp://127.0.0.1:1")
    worlds.has_address("north", "email", ANNA, "urgent")
    tell("north")
    clock.go_on(hours=2)
    return session().query(Delivery).one().id


def claimed(row: int) -> Claim:
    mine = outbox.claim("delivery", row)
    assert mine is not None
    return mine


def answered(row: int, answer: Answer) -> None:
    """The other side has said so."""
    mine = claimed(row)
    with transaction():
        deliveries.finish(mine, answer)


def counts() -> tuple[int, int, int]:
    """Of what goes out: waiting, late, put off."""
    session().close()
    (found,) = (each for each in health_page().work if each.kind == "delivery")
    return found.waiting, found.late, found.put_off


def late_lines(app: Flask) -> list[str]:
    return [each.what for each in doctor.examine(app) if "of delivery late" in each.what]


def test_what_nobody_does_is_late_since_it_was_due(row: int, inside: Flask, clock: Clock) -> None:
    assert lateness.lag(clock.at) == 2 * 3600
    assert counts() == (1, 1, 0)
    assert "the oldest by 2 h" in late_lines(inside)[0]


@pytest.mark.parametrize("code", ["too_often", "gateway_said", "timed_out", "sign_in"])
def test_what_the_other_side_puts_off_is_not_late_and_late_by_us_alone_once_it_may_go(
    row: int, inside: Flask, clock: Clock, code: str
) -> None:
    answered(row, Answer("later", {"code": code}))
    assert lateness.lag(clock.at) == 0
    assert counts() == (1, 0, 1)
    assert late_lines(inside) == []
    with transaction() as current:
        again = current.get_one(Delivery, row).visible_at
        current.execute(update(Gateway).values(rest_until=again))
    assert again is not None
    clock.at = again + MINUTE
    assert lateness.lag(clock.at) == 60
    assert counts() == (1, 1, 0)
    claimed(row)
    assert lateness.lag(clock.at) == 0, "it is being sent at this moment"


def test_what_failed_here_is_late_since_it_was_due_however_often_it_is_tried(row: int, clock: Clock) -> None:
    assert outbox.retry_later(claimed(row), "ValueError", {"reason": deliveries.BROKEN})
    clock.go_on(minutes=1)
    assert lateness.lag(clock.at) == 2 * 3600 + 60
    assert counts() == (1, 1, 0)


def test_what_waits_behind_a_gateway_that_rests_is_put_off_too(row: int, clock: Clock) -> None:
    with transaction() as current:
        current.execute(update(Gateway).values(rest_until=clock.at + MINUTE))
    assert counts() == (1, 0, 1)
    assert lateness.lag(clock.at) == 0


def test_what_is_held_neither_waits_for_its_time_nor_is_late(row: int, clock: Clock) -> None:
    assert held.hold_due() >= 1
    assert counts() == (0, 0, 0)
    assert lateness.lag(clock.at) == 0


def test_a_webhook_that_takes_nothing_is_named_to_admins_and_its_kind_to_monitors(
    app: Flask, clock: Clock, sign_in: Callable[[str], Browser]
) -> None:
    def health() -> Any:
        return app.test_client().get("/health").json

    admin = sign_in("admin")
    with app.app_context(), transaction():
        row, _ = webhooks.add("Warehouse", "https://hooks.example.org/in", company.acting("admin"))
        number = row.id
    assert "Warehouse” takes" not in admin.get("/settings/health").text
    assert health()["failing"] == []
    with app.app_context(), transaction() as current:
        webhooks.answered(current.get_one(Webhook, number), Answer("later", {"code": "nobody_listens"}), failures=1)
    page = admin.get("/settings/health").text
    assert page.count('data-channel="webhook"') == 1
    assert "Warehouse" in page
    assert "Nothing answers at the server" in page
    assert health()["failing"] == ["webhook"]
    with app.app_context():
        assert 'webhook "Warehouse"' in "\n".join(each.what for each in doctor.examine(app))
    with app.app_context(), transaction():
        webhooks.end(number, company.acting("admin"))
    assert health()["failing"] == []
