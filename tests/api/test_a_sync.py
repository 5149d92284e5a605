"""A program that keeps Dozor and an accounting system alike: it finds its own records again, reads all money that came
in, and nothing of what it sends is dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import V1, Caller

Calling = Callable[[str], Caller]


def test_a_record_is_found_by_the_name_that_the_other_system_has_for_it(calling: Calling) -> None:
    rep1 = calling("rep1")
    vera = rep1.post("/contacts", {"name": "Vera", "external_id": "erp-1"})
    rep1.post("/contacts", {"name": "Anna", "external_id": "erp-10"})
    assert rep1.items("/contacts?external_id=erp-1") == [vera]
    assert rep1.items("/contacts?external_id=erp-2") == []
    assert rep1.items("/contacts?external_id=erp-1&q=anna") == []
    deal = rep1.post("/deals", {"title": "A press"})["id"]
    bill = rep1.post("/invoices", {"deal_id": deal, "number": "A-1", "amount": "100.00"})
    rep1.post("/invoices", {"deal_id": deal, "number": "A-10", "amount": "100.00"})
    assert rep1.items("/invoices?number=A-1") == [bill]
    assert calling("rep3").items("/invoices?number=A-1") == []


@pytest.mark.both_databases
def test_all_money_that_came_in_is_read_page_by_page(calling: Calling) -> None:
    rep1, rep3 = calling("rep1"), calling("rep3")
    deals = [rep1.post("/deals", {"title": each})["id"] for each in ("A press", "A lathe")]
    bills = [
        rep1.post("/invoices", {"deal_id": each, "number": f"A-{each}", "amount": "100.00"})["id"] for each in deals
    ]
    made = [
        rep1.post(f"/invoices/{bill}/payments", {"amount": f"{n}.50"})["id"]
        for n, bill in enumerate([*bills, *bills], 1)
    ]
    read, path = list[Any](), "/payments?limit=3"
    while path:
        page = rep1.get(path)
        read += page["items"]
        path = f"/payments?limit=3&cursor={page['next']}" if page["next"] else ""
    mine = [each for each in read if each["id"] in made]
    assert [each["id"] for each in mine] == made[::-1]
    assert [each["amount"] for each in mine] == ["4.50", "3.50", "2.50", "1.50"]
    assert {each["deal_id"] for each in mine} == set(deals)
    assert all(each["invoice"] == rep1.get(f"/invoices/{each['invoice_id']}") for each in mine)
    assert [each["id"] for each in rep1.items(f"/payments?invoice_id={bills[0]}")] == [made[2], made[0]]
    assert [each["id"] for each in rep1.items(f"/payments?deal_id={deals[1]}")] == [made[3], made[1]]
    assert not {each["id"] for each in rep3.items("/payments")} & set(made)
    for asked in (f"invoice_id={bills[0]}", f"deal_id={deals[0]}"):
        assert rep3.call("GET", f"/payments?{asked}").status_code == 404


TWICE = {
    "in a body": b'{"title": "One", "amount": "1.00", "title": "Two"}',
    "in an object of it": b'{"title": "One", "fields": {"equipment_type": "large", "equipment_type": "special"}}',
}


@pytest.mark.parametrize("what", [*TWICE, "in the address"])
def test_what_is_given_twice_is_refused_and_not_taken_in_half(calling: Calling, what: str) -> None:
    rep1 = calling("rep1")
    before = rep1.get("/deals")
    headers = {"Authorization": f"Bearer {rep1.token}"}
    client = rep1.app.test_client(use_cookies=False)
    if what == "in the address":
        answer = client.get(f"{V1}/deals?stage=new&stage=won", headers=headers)
    else:
        answer = client.post(f"{V1}/deals", data=TWICE[what], headers=headers, content_type="application/json")
    assert answer.status_code == 422, answer.text
    (told,) = answer.json["fields"]
    assert (told["code"], told["message"]) == ("given_twice", "This is given twice. Give it once.")
    assert rep1.get("/deals") == before
