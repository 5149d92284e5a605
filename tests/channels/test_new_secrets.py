"""A secret is replaced: the old one counts for as long as was said, or ends at once; by page and by API, journalled."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook as Library

from jobs import sender
from tests.api.callers import Caller
from tests.channels import worlds
from tests.channels.worlds import Calls
from tests.conftest import Browser, Clock
from tests.views.test_trigger_addresses import on
from webapp.db import session, transaction
from webapp.models import Delivery, JournalEntry, OldSecret, Webhook
from webapp.services import old_secrets, webhooks

SignIn = Callable[[str], Browser]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def signed_by(erp: Calls, *secrets: str) -> list[bool]:
    """Whether the newest call bears the signature of each of these."""
    head, body = erp.heads[-1], erp.bodies[-1]
    at = datetime.fromtimestamp(int(head["webhook-timestamp"]), UTC)
    signs = head["webhook-signature"].split()
    return [Library(each).sign(head["webhook-id"], at, body) in signs for each in secrets]


@pytest.fixture
def erp(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    erp = Calls()
    with worlds.http_gateway(erp) as port:
        worlds.allows(app, monkeypatch, "127.0.0.0/8")
        erp.goes_to, erp.answer = "", f"http://127.0.0.1:{port}/hook"
        yield erp


def test_a_webhook_signs_with_both_for_a_while(app: Flask, erp: Calls, clock: Clock, sign_in: SignIn) -> None:
    admin, caller = sign_in("admin"), Caller.of(app, "admin")
    made = caller.post("/webhooks", {"name": "The till", "url": erp.answer})
    here = f"/settings/channels/webhooks/{made['id']}"

    def told() -> None:
        assert admin.post(f"{here}/tests").status_code == 303
        with app.app_context():
            sender.send_due()

    second = str(SECRET.search(admin.post(f"{here}/secrets", data={"overlap": "day"}).text)[0])  # type: ignore[index]
    told()
    assert signed_by(erp, made["secret"], second) == [True, True]
    clock.go_on(hours=25)
    told()
    assert signed_by(erp, made["secret"], second) == [False, True]
    third = caller.post(f"/webhooks/{made['id']}/secrets", {"overlap_hours": 0})["secret"]
    told()
    assert signed_by(erp, second, third) == [False, True]
    assert caller.call("POST", f"/webhooks/{made['id']}/secrets", {"overlap_hours": 73}).status_code == 422
    with app.app_context():
        noted = select(JournalEntry.new).where(JournalEntry.event == "webhook.secret_renewed").order_by(JournalEntry.id)
        assert [each["overlap_hours"] for each in session().scalars(noted)] == [24, 0]
        assert "whsec_" not in str([each.new for each in session().scalars(select(JournalEntry))])


def test_an_address_of_a_trigger_and_of_receipts_counts_for_a_while(app: Flask, clock: Clock, sign_in: SignIn) -> None:
    caller, visitor = Caller.of(app, "admin"), app.test_client()
    with app.app_context():
        row = on("data_collection")
        session().close()

    def answers(address: str) -> int:
        return visitor.post(address.removeprefix("http://localhost"), json={"deal_id": 1}).status_code

    first = caller.post(f"/triggers/{row}/addresses", {})["address"]
    second = caller.post(f"/triggers/{row}/addresses", {"overlap_hours": 2})["address"]
    assert (answers(first), answers(second)) == (202, 202)
    third = caller.post(f"/triggers/{row}/addresses", {"overlap_hours": 2})["address"]
    assert (answers(first), answers(second), answers(third)) == (404, 202, 202), "only the last one is kept"
    clock.go_on(hours=3)
    assert (answers(second), answers(third)) == (404, 202)
    caller.post(f"/triggers/{row}/addresses", {"overlap_hours": 2})
    assert caller.call("DELETE", f"/triggers/{row}/addresses").status_code == 204
    assert answers(third) == 404, "what is ended is ended"
    admin = sign_in("admin")
    with app.app_context():
        worlds.reaches(app, sms="json://127.0.0.1:1/sms")
    page = re.compile(r"/hooks/receipts/[\w-]+")
    old = page.search(admin.post("/settings/channels/receipts").text)[0]  # type: ignore[index]
    new = page.search(admin.post("/settings/channels/receipts", data={"overlap": "day"}).text)[0]  # type: ignore[index]
    said = {"id": "nothing", "state": "eaten"}
    assert [visitor.post(each, json=said).status_code for each in (old, new)] == [422, 422]
    clock.go_on(hours=25)
    assert [visitor.post(each, json=said).status_code for each in (old, new)] == [404, 422]
    with app.app_context():
        with transaction():
            old_secrets.forget_old(clock.at)
        assert session().scalars(select(OldSecret)).all() == []
        session().close()


def test_what_came_to_its_end_holds_no_secret(app: Flask, erp: Calls, clock: Clock) -> None:
    worlds.reaches(app, sms=f"json://{erp.answer.partition('://')[2]}")
    erp.status = 404
    caller = Caller.of(app, "rep1")
    caller.call("PUT", f"/users/{caller.id}/channels", [{"kind": "sms", "address": "+79125550177", "for": []}])
    with app.app_context():
        kept = session().scalars(select(Delivery)).one()
        assert "code" in kept.facts
        sender.send_due()
        kept = session().scalars(select(Delivery)).one()
        assert (kept.state, kept.facts) == ("failed", {})
        session().close()


def test_what_failed_is_sent_again_through_the_api(app: Flask, erp: Calls, clock: Clock) -> None:
    caller = Caller.of(app, "admin")
    made = caller.post("/webhooks", {"name": "The till", "url": erp.answer})
    with app.app_context(), transaction() as current:
        failed = webhooks.send(current.get_one(Webhook, made["id"]), "event-1", "test", {"n": 1})
        failed.state, failed.ended_at = "failed", clock.at
        failed_id = failed.id
    again = caller.post(f"/deliveries/{failed_id}/retries", {})
    assert (again["state"], again["id"] != failed_id) == ("waiting", True)
    refused = caller.call("POST", f"/deliveries/{again['id']}/retries", {})
    assert (refused.status_code, refused.json["error"]) == (422, "not_failed")
    with app.app_context():
        sender.send_due()
        assert erp.heads[-1]["webhook-id"] == "event-1", "by the same name"
        assert session().scalars(select(Delivery.state).order_by(Delivery.id)).all() == ["failed", "sent"]
        assert session().scalars(select(OldSecret)).all() == []
