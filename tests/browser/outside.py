"""What a firm with a world outside has to show: servers that it sends by, one of them ill, words that went out or did
not, a webhook, and calls that no deal came of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests import company
from tests.channels import worlds
from tests.stack import Stack
from tests.views import provider
from tests.views.provider import NORTH_LINE, PHONES, Provider
from webapp import clock
from webapp.db import session, transaction
from webapp.models import CallLeg, Delivery, Gateway, PhoneCall
from webapp.services import webhooks

HIDDEN = "anonymous"
REFUSED = {"code": "gateway_said", "text": "422 no such number"}


def is_spoken_to(stack: Stack) -> None:
    """Once in a firm."""
    with stack.app.app_context():
        if session().scalar(select(PhoneCall.id).limit(1)) is not None:
            return
    worlds.reaches(stack.app, email="smtp://crm:pw@mail.firm.example:587", sms="jsons://sms.firm.example/send")
    path = provider.set_up(stack.app, without=("rep2",))
    for n, caller in enumerate(("+79161112233", HIDDEN)):
        _talk(Provider(stack.app, path, f"CA{n}", site=stack.url), caller)
    with stack.app.app_context():
        with transaction() as current:
            for leg in current.scalars(select(CallLeg)):  # a while ago: no card of it lies over the screens
                leg.ended_at = clock.now() - timedelta(hours=1)
            webhooks.add("Till / Касса", "https://till.firm.example/hooks/dozor", company.acting("admin"))
            _went_out(current)
            ill = current.scalars(select(Gateway).where(Gateway.kind == "sms")).one()
            ill.failing_since, ill.trouble = clock.now() - timedelta(minutes=4), REFUSED
        worlds.has_address("rep1", "email", company.email("rep1"), "urgent", "normal")
        worlds.has_address("rep1", "sms", PHONES["rep1"], "urgent", position=2)


def _talk(call: Provider, caller: str) -> None:
    """Whoever is rung at this hour talks with somebody, and no deal comes of it."""
    leg = next(iter(call.come_in(caller, NORTH_LINE).legs.values()))
    call.leg(leg, "in-progress")
    call.leg(leg, "completed")
    call.end()


def _went_out(current: Any) -> None:
    ends: tuple[tuple[str, str, str, dict[str, str]], ...] = (
        ("email", company.email("north"), "delivered", {}),
        ("sms", PHONES["north"], "failed", REFUSED),
        ("push", "https://push.services.example/a-long-address-that-is-not-shown", "cancelled", {"code": "read"}),
    )
    for n, (channel, address, state, reason) in enumerate(ends):
        at = clock.now() - timedelta(minutes=9 - n)
        row = Delivery(key=f"shown-{n}", channel=channel, address=address, content="notification", state=state)
        row.user_id, row.reason, row.due_at, row.visible_at, row.created_at = (
            company.person("north"),
            reason,
            at,
            at,
            at,
        )
        current.add(row)
