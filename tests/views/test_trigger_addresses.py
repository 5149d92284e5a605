"""Another system pulls a trigger by its secret address: on which deals, how often; and what it never learns."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import company
from tests.api.callers import Caller
from tests.conftest import TUESDAY, Clock
from tests.services import acts
from tests.views.scenes import HTMX, browser
from webapp import clock as time_source
from webapp.db import db, execute_core, session, transaction
from webapp.models import Contact, Trigger, TriggerCall
from webapp.services import deals, housekeeping, trigger_addresses
from webapp.snapshots import setup_documents, setups
from webapp.views import hooks
from webapp.views.hooks import BODY_LIMIT

pytestmark = pytest.mark.usefixtures("inside")


def on(stage: str, **columns: object) -> int:
    """A trigger that another system pulls."""
    with transaction() as current:
        row = Trigger(stage_id=company.stage(stage).id, event="webhook", name={"en": "Till"}, key=f"till_{stage}")
        for column, value in columns.items():
            setattr(row, column, value)
        current.add(row)
        current.flush()
        setups.changed()
        return row.id


def address_of(trigger_id: int) -> str:
    with transaction():
        return f"/hooks/triggers/{trigger_addresses.make(trigger_id, company.acting('admin'))}"


def logged() -> list[tuple[str, str, int | None]]:
    session().expire_all()
    rows = session().scalars(select(TriggerCall).order_by(TriggerCall.id))
    return [(each.outcome, each.named, each.deal_id) for each in rows]


@pytest.mark.both_databases
def test_a_call_pulls_the_trigger_on_the_deal_that_it_names(client: FlaskClient, clock: Clock) -> None:
    address = address_of(on("data_collection"))
    deal_id, other = acts.deal(), acts.deal()
    assert client.post(address, json={"deal_id": deal_id, "text": "Paid <b>cash</b>"}).status_code == 202
    assert (acts.stage_of(deal_id), acts.stage_of(other)) == ("data_collection", "new")
    (moved,) = acts.journal(deal_id, "deal.moved")
    assert (moved.by_id, moved.cause["via"], moved.cause["name"]["en"]) == (None, "trigger", "Till")
    (said,) = acts.journal(deal_id, "trigger.called")
    assert said.new["text"] == "Paid <b>cash</b>"
    assert logged() == [("taken", f"deal_id {deal_id}", deal_id)]


def test_a_client_s_open_deal_is_found_by_the_external_id(client: FlaskClient, clock: Clock) -> None:
    address = address_of(on("data_collection"))
    contact_id = acts.contact("Olga")
    with transaction():
        session().get_one(Contact, contact_id).external_id = "client-7"
    deal_id = acts.deal(of=contact_id)
    assert client.post(address, json={"external_id": " client-7 "}).status_code == 202
    assert acts.stage_of(deal_id) == "data_collection"


def test_two_triggers_have_each_its_own_address(client: FlaskClient, clock: Clock) -> None:
    first, second = address_of(on("data_collection")), address_of(on("processing"))
    deal_id = acts.deal(fields={"equipment_type": "large"})
    client.post(second, json={"deal_id": deal_id})
    assert acts.stage_of(deal_id) == "processing"
    client.post(first, json={"deal_id": deal_id})
    assert acts.stage_of(deal_id) == "processing", "forward only"


def deleted() -> int:
    deal_id = acts.deal()
    with transaction():
        deals.delete(acts.locked(deal_id), company.acting("admin"))
    return deal_id


@pytest.mark.parametrize("made", [lambda: 999_999, deleted], ids=["none", "deleted"])
def test_whether_there_is_such_a_deal_is_not_said(client: FlaskClient, clock: Clock, made: Callable[[], int]) -> None:
    address, deal_id = address_of(on("data_collection")), made()
    answer = client.post(address, json={"deal_id": deal_id})
    assert (answer.status_code, answer.data) == (202, b"")
    assert logged() == [("unknown", f"deal_id {deal_id}", None)]
    assert client.post(address, json={"external_id": "nobody"}).status_code == 202


def test_a_call_with_a_key_counts_once(client: FlaskClient, clock: Clock) -> None:
    trigger_id = on("data_collection", may_go_back=True)
    address, deal_id = address_of(trigger_id), acts.deal()
    again = {"Idempotency-Key": "receipt 12"}
    client.post(address, json={"deal_id": deal_id}, headers=again)
    acts.move(deal_id, "new")
    assert client.post(address, json={"deal_id": deal_id}, headers=again).status_code == 202
    assert (acts.stage_of(deal_id), len(logged())) == ("new", 1)
    client.post(address, json={"deal_id": deal_id}, headers={"Idempotency-Key": "receipt 13"})
    assert (acts.stage_of(deal_id), len(logged())) == ("data_collection", 2)


def test_a_key_that_comes_with_another_body_is_a_conflict_as_in_the_api(client: FlaskClient, clock: Clock) -> None:
    address, one, other = address_of(on("data_collection")), acts.deal(), acts.deal()
    key = {"Idempotency-Key": "receipt 12"}
    assert client.post(address, json={"deal_id": one, "text": "Paid"}, headers=key).status_code == 202
    for body in ({"deal_id": other, "text": "Paid"}, {"deal_id": one, "text": "Not paid"}):
        assert client.post(address, json=body, headers=key).status_code == 409
    assert client.post(address, json={"text": "Paid", "deal_id": one}, headers=key).status_code == 202
    assert ([acts.stage_of(each) for each in (one, other)], len(logged())) == (["data_collection", "new"], 1)


def test_a_trigger_that_is_off_is_logged_and_moves_nothing(client: FlaskClient, clock: Clock) -> None:
    address, deal_id = address_of(on("data_collection", is_on=False)), acts.deal()
    assert client.post(address, json={"deal_id": deal_id}).status_code == 202
    assert (acts.stage_of(deal_id), logged()) == ("new", [("off", f"deal_id {deal_id}", None)])


def test_an_address_ends_when_it_is_ended_replaced_or_its_trigger_goes(client: FlaskClient, clock: Clock) -> None:
    trigger_id, deal_id = on("data_collection"), acts.deal()
    first = address_of(trigger_id)
    second = address_of(trigger_id)
    assert client.post(first, json={"deal_id": deal_id}).status_code == 404
    with transaction():
        session().get_one(Trigger, trigger_id).event = "client_wrote"
    assert client.post(second, json={"deal_id": deal_id}).status_code == 404
    with transaction():
        session().get_one(Trigger, trigger_id).event = "webhook"
        trigger_addresses.end(trigger_id, company.acting("admin"))
    assert client.post(second, json={"deal_id": deal_id}).status_code == 404
    third = address_of(trigger_id)
    with transaction():
        session().get_one(Trigger, trigger_id).archived_at = time_source.now()
    assert client.post(third, json={"deal_id": deal_id}).status_code == 404
    assert (acts.stage_of(deal_id), logged()) == ("new", [])


DEEP = "[" * 200 + "]" * 200
HOSTILE = {
    "nothing": b"",
    "no json": b"deal_id=1",
    "a list": b"[1]",
    "neither": b"{}",
    "both": b'{"deal_id": 1, "external_id": "x"}',
    "a text for a number": b'{"deal_id": "1"}',
    "yes": b'{"deal_id": true}',
    "below zero": b'{"deal_id": -1}',
    "beyond all": b'{"deal_id": 99999999999999999999}',
    "an object": b'{"external_id": {"a": 1}}',
    "a zero byte": b'{"external_id": "a\\u0000b"}',
    "half a letter": b'{"external_id": "\\ud800"}',
    "a long name": b'{"external_id": "%s"}' % (b"x" * 300),
    "a long word": b'{"deal_id": 1, "text": "%s"}' % (b"x" * 3000),
    "deep": b'{"deal_id": 1, "more": %s}' % DEEP.encode(),
    "deeper": b'{"deal_id": 1, "more": %s}' % (b"[" * 7000),
    "no utf-8": b'{"external_id": "\xff"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_refused(client: FlaskClient, clock: Clock, body: bytes) -> None:
    address = address_of(on("data_collection"))
    answer = client.post(address, data=body, content_type="application/json")
    assert (answer.status_code, logged()) == (422, [])


def test_more_than_a_call_has_to_say_is_not_read(client: FlaskClient, clock: Clock) -> None:
    address = address_of(on("data_collection"))
    body = b'{"deal_id": 1, "more": "' + b"x" * BODY_LIMIT + b'"}'
    assert client.post(address, data=body, content_type="application/json").status_code == 413


def test_guesses_and_floods_are_stopped(client: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "TRIES", "3 per minute")
    monkeypatch.setattr(hooks, "PER_SECRET", "4 per minute")
    address = address_of(on("data_collection"))
    guessed = [client.post(f"/hooks/triggers/guess-{n}", json={"deal_id": 1}).status_code for n in range(4)]
    assert guessed == [404, 404, 404, 429]
    sent = [client.post(address, json={"deal_id": 1}).status_code for _ in range(5)]
    assert sent == [202, 202, 202, 202, 429]


def test_the_secret_stands_in_no_file_and_in_no_row(inside: Flask, clock: Clock) -> None:
    secret = address_of(on("data_collection")).rpartition("/")[2]
    told = [setup_documents.live(), *(list(execute_core(select(each))) for each in db.metadata.sorted_tables)]
    assert "till_data_collection" in repr(told)
    assert secret not in repr(told)


def test_an_admin_makes_the_address_sees_it_once_and_reads_what_called(app: Flask, clock: Clock) -> None:
    on("data_collection")
    admin, here = browser(app, "admin"), "/automation/sales/triggers/till_data_collection"
    made = admin.post(f"{here}/addresses", headers=HTMX).text
    (path,) = re.findall(r"http://localhost(/hooks/triggers/[\w-]+)", made)
    assert path not in admin.get(here).text
    assert app.test_client().post(path, json={"deal_id": 999_999, "text": "<b>x</b>"}).status_code == 202
    page = admin.get(here).text
    assert "no such deal here" in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page
    admin.post(f"{here}/addresses/endings")
    assert app.test_client().post(path, json={"deal_id": 1}).status_code == 404
    assert admin.post("/automation/sales/triggers/dialogue_taken/addresses").status_code == 404, "of no other kind"


def test_the_same_through_the_api(app: Flask, clock: Clock) -> None:
    caller, row = Caller.of(app, "admin"), on("data_collection")
    made = caller.post(f"/triggers/{row}/addresses", {})["address"]
    app.test_client().post(made.removeprefix("http://localhost"), json={"deal_id": 999_999})
    assert caller.get(f"/triggers/{row}")["has_address"]
    (call,) = caller.items(f"/triggers/{row}/calls")
    assert (call["outcome"], call["named"]) == ("unknown", "deal_id 999999")
    assert caller.call("DELETE", f"/triggers/{row}/addresses").status_code == 204
    assert not caller.get(f"/triggers/{row}")["has_address"]


def test_calls_are_let_go_after_ninety_days(client: FlaskClient, clock: Clock) -> None:
    client.post(address_of(on("data_collection")), json={"deal_id": 5})
    at_four = clock.at.replace(hour=1, minute=30)  # in Moscow
    housekeeping.tidy(at_four + timedelta(days=90))
    assert len(logged()) == 1
    housekeeping.tidy(at_four + timedelta(days=91))
    assert logged() == []


def test_a_call_is_kept_to_the_last_moment_of_its_ninety_days(client: FlaskClient, clock: Clock) -> None:
    address = address_of(on("data_collection"))
    client.post(address, json={"deal_id": 5})
    clock.go_on(seconds=1)
    client.post(address, json={"deal_id": 6})
    for later, left in ((timedelta(), [5, 6]), (timedelta(seconds=1), [6]), (timedelta(seconds=2), [])):
        with transaction():
            trigger_addresses.forget_old(TUESDAY + timedelta(days=90) + later)
        assert [named for _, named, _ in logged()] == [f"deal_id {each}" for each in left]
