"""A body that asks for two acts does both: what is answered, and read back, is each part of what was sent."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest

from tests.api.callers import Caller

Calling = Callable[[str], Caller]
STEP = {"title": "Ask again in spring", "due_at": "2027-03-01T10:00:00+03:00"}
STAGES = ("data_collection", "won", "lost")
LOST = {"stage": "lost", "lost_reason": "No budget"}


def parts(admin: Caller) -> dict[str, dict[str, Any]]:
    """What a deal can be told at once, each with what it cannot be without."""
    contact = admin.post("/contacts", {"name": "Vera", "company": "Ost"})["id"]
    responsible = next(each["id"] for each in admin.items("/users") if each["email"].startswith("rep2@"))
    return {
        "title": {"title": "Two presses"},
        "amount": {"amount": "1500.50"},
        "contact": {"contact_id": contact},
        "responsible": {"responsible_id": responsible},
        "fields": {"fields": {"equipment_type": "special"}},
        "next_step": {"next_step": STEP},
        **{f"to {stage}": LOST if stage == "lost" else {"stage": stage} for stage in STAGES},
    }


def bodies(admin: Caller) -> list[dict[str, Any]]:
    found = parts(admin)
    return [
        {**found[one], **found[other]}
        for one, other in combinations(found, 2)
        if not (one.startswith("to ") and other.startswith("to "))
    ]


def kept(sent: dict[str, Any], deal: dict[str, Any]) -> dict[str, Any]:
    """Of what was sent, as it stands now."""
    now = {key: deal[key] for key in sent}
    if "fields" in sent:
        now["fields"] = {key: deal["fields"][key] for key in sent["fields"]}
    if deal["next_step"] is not None and "next_step" in sent:
        now["next_step"] = {"title": deal["next_step"]["title"], "due_at": STEP["due_at"]}
        assert deal["next_step"]["due_at"].startswith("2027-03-01T07:00:00")
    return now


@pytest.mark.both_databases
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_each_of_two_parts_of_a_deal_is_kept(calling: Calling, method: str) -> None:
    admin = calling("admin")
    for sent in bodies(admin):
        given = {"title": "A press", "fields": {"equipment_type": "special"}} if sent.get("stage") == "won" else {}
        made = admin.post("/deals", {"title": "A press", **given, **(sent if method == "POST" else {})})
        path = f"/deals/{made['id']}"
        answer = made if method == "POST" else admin.patch(path, sent)
        assert kept(sent, answer) == sent, sent
        assert admin.get(path) == answer


def test_a_step_that_was_open_ends_with_the_loss_and_the_new_one_stands(calling: Calling) -> None:
    rep1 = calling("rep1")
    deal = rep1.post("/deals", {"title": "A press", "next_step": {**STEP, "title": "Send the offer"}})
    old = deal["next_step"]["task_id"]
    lost = rep1.patch(f"/deals/{deal['id']}", {**LOST, "next_step": STEP})
    assert (lost["stage"], lost["next_step"]["title"]) == ("lost", STEP["title"])
    assert rep1.get(f"/tasks/{old}")["state"] == "cancelled"
    assert rep1.get(f"/tasks/{lost['next_step']['task_id']}")["state"] == "new"
    told = [each["event"] for each in rep1.items(f"/deals/{deal['id']}/journal")]
    assert told.count("next_step.agreed") == 2
    assert "next_step.changed" not in told
    another = rep1.post("/deals", {"title": "A press", "next_step": STEP})
    assert rep1.patch(f"/deals/{another['id']}", LOST)["next_step"] is None
    assert rep1.patch(f"/deals/{another['id']}", {"next_step": STEP})["next_step"]["title"] == STEP["title"]
    assert rep1.patch(f"/deals/{another['id']}", {"next_step": None})["next_step"] is None


def test_each_of_two_parts_of_a_contact_is_kept(calling: Calling) -> None:
    rep1 = calling("rep1")
    calling("admin").post("/fields", {"entity": "company", "kind": "number", "label": {"en": "Size"}})
    found: dict[str, Any] = {
        "name": "Vera Belova",
        "phone": "+79125550177",
        "email": "vera@example.com",
        "more_phones": ["+79125550178"],
        "more_emails": ["vera@home.example"],
        "external_id": "crm-1",
        "company": "West",
        "fields": {"vip": True},
        "company_fields": {"size": 7},
    }
    for number, (one, other) in enumerate(combinations(found, 2)):
        had = {"phone": f"+7912556{number:04}", "email": f"vera{number}@example.com"}
        contact = rep1.post("/contacts", {"name": f"Vera {number}", "company": f"Ost {number}", **had})
        sent = {one: found[one], other: found[other]}
        answer = rep1.patch(f"/contacts/{contact['id']}", sent)
        works_at = rep1.get(f"/companies/{answer['company_id']}")
        now = {**answer, "company": works_at["name"], "company_fields": works_at["fields"]}
        now["fields"] = {"vip": answer["fields"]["vip"]}
        assert {key: now[key] for key in sent} == sent, sent
        free = {"more_phones": [], "more_emails": [], "external_id": None, **had}
        assert rep1.patch(f"/contacts/{contact['id']}", free)["external_id"] is None, "the next one has these"
