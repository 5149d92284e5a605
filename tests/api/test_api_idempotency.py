"""The same POST sent twice has one effect."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.api.callers import Caller, Clock

pytestmark = pytest.mark.both_databases
Calling = Callable[[str], Caller]
BODY = {"title": "A lathe", "amount": "10.00"}


def test_a_repeated_post_is_answered_as_before_and_does_nothing(calling: Calling) -> None:
    rep1 = calling("rep1")
    first = rep1.call("POST", "/deals", BODY, Idempotency_Key="one")
    again = rep1.call("POST", "/deals", {"amount": "10.00", "title": "A lathe"}, Idempotency_Key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert [each["id"] for each in rep1.items("/deals")] == [first.json["id"]]


def test_the_answer_is_the_one_given_then_also_when_the_record_has_changed(calling: Calling) -> None:
    rep1 = calling("rep1")
    first = rep1.call("POST", "/deals", BODY, Idempotency_Key="one").json
    rep1.patch(f"/deals/{first['id']}", {"title": "Renamed"})
    assert rep1.call("POST", "/deals", BODY, Idempotency_Key="one").json == first


def test_a_key_with_another_body_is_a_conflict(calling: Calling) -> None:
    rep1 = calling("rep1")
    rep1.call("POST", "/deals", BODY, Idempotency_Key="one")
    answer = rep1.call("POST", "/deals", {"title": "Another"}, Idempotency_Key="one")
    assert (answer.status_code, answer.json["error"]) == (409, "idempotency_conflict")
    assert len(rep1.items("/deals")) == 1


def test_a_key_belongs_to_its_token_its_route_and_its_day(calling: Calling, clock: Clock) -> None:
    rep1, rep2 = calling("rep1"), calling("rep2")
    made = [caller.call("POST", "/deals", BODY, Idempotency_Key="one") for caller in (rep1, rep2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].json["id"] != made[1].json["id"]
    me = [caller.call("GET", "/users/me").json["id"] for caller in (rep1, rep2)]
    assert [each.json["responsible_id"] for each in made] == me
    again = [caller.call("POST", "/deals", BODY, Idempotency_Key="one").json["id"] for caller in (rep1, rep2)]
    assert again == [each.json["id"] for each in made], "each is answered with their own"
    contact = rep1.call("POST", "/contacts", {"name": "Elena"}, Idempotency_Key="one")
    assert "Idempotent-Replay" not in contact.headers
    clock.go_on(hours=24)
    assert "Idempotent-Replay" not in rep1.call("POST", "/deals", BODY, Idempotency_Key="one").headers


def test_a_refused_post_may_be_tried_again_with_its_key(calling: Calling) -> None:
    rep1 = calling("rep1")
    deal = rep1.post("/deals", BODY)
    path, body = f"/deals/{deal['id']}/moves", {"stage": "processing"}
    assert rep1.call("POST", path, body, Idempotency_Key="one").status_code == 422
    rep1.patch(f"/deals/{deal['id']}", {"fields": {"equipment_type": "large"}})
    assert rep1.call("POST", path, body, Idempotency_Key="one").status_code == 200


def test_a_payment_sent_twice_is_booked_once(calling: Calling) -> None:
    rep1 = calling("rep1")
    deal = rep1.post("/deals", BODY)
    invoice = rep1.post("/invoices", {"deal_id": deal["id"], "number": "1", "amount": "10.00"})
    for _ in range(2):
        paid = rep1.call("POST", f"/invoices/{invoice['id']}/payments", {"amount": "4.00"}, Idempotency_Key="pay")
        assert paid.json["invoice"]["balance"] == "6.00"
    assert rep1.get(f"/invoices/{invoice['id']}")["paid"] == "4.00"


def test_a_key_without_letters_or_endless_is_refused(calling: Calling) -> None:
    rep1 = calling("rep1")
    for key in ("", "x" * 201):
        answer = rep1.call("POST", "/deals", BODY, Idempotency_Key=key)
        assert (answer.status_code, answer.json["fields"][0]["field"]) == (422, "Idempotency-Key")


def test_two_at_once_with_one_key_have_one_effect(calling: Calling) -> None:
    rep1, together = calling("rep1"), Barrier(6)

    def post(_: int) -> tuple[int, int]:
        together.wait()
        answer = rep1.call("POST", "/deals", BODY, Idempotency_Key="one")
        return answer.status_code, answer.json["id"]

    with ThreadPoolExecutor(6) as pool:
        answers = set(pool.map(post, range(6)))
    (deal,) = rep1.items("/deals")
    assert answers == {(201, deal["id"])}
