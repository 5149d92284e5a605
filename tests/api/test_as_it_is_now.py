"""Whoever came second is shown the record that was compared, as it is now: by its own door, wherever they asked."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.callers import Caller
from webapp.api.errors import RECORDS

Calling = Callable[[str], Caller]
SERVICES = Path(__file__).parents[2] / "webapp"


def moved(who: Caller, deal: int, stage: str, key: str) -> Any:
    return who.call("POST", f"/deals/{deal}/moves", {"stage": stage}, Idempotency_Key=key)


@pytest.mark.both_databases
def test_a_key_that_is_used_again_is_a_conflict_whatever_became_of_the_deal(calling: Calling) -> None:
    rep1, head = calling("rep1"), calling("head")
    there, gone, given = (rep1.post("/deals", {"title": each})["id"] for each in ("There", "Gone", "Given"))
    for deal in (there, gone, given):
        assert moved(rep1, deal, "data_collection", "k").status_code == 200
    assert rep1.call("DELETE", f"/deals/{gone}").status_code == 204
    head.patch(f"/deals/{given}", {"responsible_id": calling("rep3").id})
    assert rep1.call("GET", f"/deals/{given}").status_code == 404
    for deal in (there, gone, given):
        again = moved(rep1, deal, "new", "k")
        assert (again.status_code, again.json["error"], "current" in again.json) == (409, "idempotency_conflict", False)
        assert moved(rep1, deal, "data_collection", "k").headers["Idempotent-Replay"] == "true"


def test_of_two_that_are_merged_the_one_that_has_changed_is_shown(calling: Calling) -> None:
    rep1 = calling("rep1")
    goes, into = (rep1.post("/contacts", {"name": each}) for each in ("Vera B.", "Vera Belova"))
    path = f"/contacts/{goes['id']}/merges"
    for versions, shown in (({"into_version": 99}, into), ({"version": 99}, goes)):
        answer = rep1.call("POST", path, {"into": into["id"], **versions})
        assert (answer.status_code, answer.json["error"], answer.json["current"]) == (409, "stale", shown)


def test_a_company_a_paid_invoice_and_a_settled_item_are_shown_too(calling: Calling) -> None:
    rep1 = calling("rep1")
    company_id = rep1.post("/contacts", {"name": "Vera", "company": "Ost"})["company_id"]
    answer = rep1.call("PATCH", f"/companies/{company_id}", {"fields": {}, "version": 99})
    assert (answer.json["error"], answer.json["current"]) == ("stale", rep1.get(f"/companies/{company_id}"))
    deal = rep1.post("/deals", {"title": "A press"})["id"]
    due_on = "2026-12-24"
    invoice = rep1.post("/invoices", {"deal_id": deal, "number": "1", "amount": "10.00", "due_on": due_on})
    paid = rep1.post(f"/invoices/{invoice['id']}/payments", {"amount": "10.00"})["invoice"]
    answer = rep1.call("POST", f"/invoices/{invoice['id']}/payments", {"amount": "10.00"})
    assert (answer.json["error"], answer.json["current"]) == ("wrong_state", paid)
    answer = rep1.call("POST", f"/deals/{deal}/next_steps/completions", {})
    assert (answer.json["error"], answer.json["current"]) == ("no_next_step", rep1.get(f"/deals/{deal}"))


def test_every_record_that_a_refusal_names_can_be_shown() -> None:
    named = set()
    for path in SERVICES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            value = node.value if isinstance(node, ast.keyword) and node.arg == "record" else None
            if isinstance(value, ast.Tuple) and isinstance(value.elts[0], ast.Constant):
                named.add(value.elts[0].value)
    assert {"deal", "task", "invoice", "contact", "important"} <= named
    assert named <= RECORDS.keys()
    assert {"company"} <= RECORDS.keys()
