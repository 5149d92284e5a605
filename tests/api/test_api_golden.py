"""The lesson, steps 1 to 6, through the API alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import Caller, Clock

pytestmark = pytest.mark.both_databases
Calling = Callable[[str], Caller]


class Firm:
    """The cast of the lesson, and a client who writes."""

    def __init__(self, calling: Calling) -> None:
        self.admin, self.north, self.rep1 = calling("admin"), calling("north"), calling("rep1")

    def client(self, name: str = "Elena Smirnova", vip: bool = False) -> dict[str, Any]:
        """A contact whose inquiries come to rep1."""
        contact = self.rep1.post("/contacts", {"name": name, "external_id": name, "fields": {"vip": vip}})
        return dict(contact)

    def deal(self, contact: dict[str, Any], **more: Any) -> dict[str, Any]:
        return dict(self.rep1.post("/deals", {"title": "A lathe", "contact_id": contact["id"], **more}))

    def inquiry(self, contact: dict[str, Any], text: str = "How much is a lathe?") -> dict[str, Any]:
        sent = {"name": contact["name"], "external_id": contact["external_id"]}
        return dict(self.admin.post("/inquiries", {"channel": "api", "contact": sent, "text": text}))

    def run(self, deal_id: int, kind: str) -> dict[str, Any]:
        return next(each for each in self.rep1.items(f"/deals/{deal_id}/runs") if each["kind"] == kind)


@pytest.fixture
def firm(calling: Calling) -> Firm:
    return Firm(calling)


def told(caller: Caller, kind: str) -> list[dict[str, Any]]:
    return [each for each in caller.items("/notifications") if each["kind"] == kind]


def test_an_inquiry_that_waits_ten_minutes_is_told_to_the_head_by_name(firm: Firm, clock: Clock) -> None:
    found = firm.inquiry({"name": "New Client", "external_id": None})
    deal = firm.admin.get(f"/deals/{found['deal_id']}")
    assert (deal["stage"], deal["contact_id"], deal["source"]) == ("new", found["contact_id"], "api")
    assert deal["responsible_id"] == firm.rep1.id
    clock.go_on(minutes=9, seconds=59)
    firm.admin.work()
    assert told(firm.north, "robot.control") == []
    clock.go_on(seconds=1)
    firm.admin.work()
    (notice,) = told(firm.north, "robot.control")
    assert "Ivan Petrov" in notice["title"] + notice["body"]
    run = firm.run(deal["id"], "control")
    assert (run["state"], run["reason"]["code"], run["is_late"]) == ("fired", "told", False)
    assert run["fired_at"] == "2026-11-24T07:10:00Z"
    assert run["conditions"] == [
        {
            "entity": "conversation",
            "field": "unanswered",
            "operator": "eq",
            "expected": True,
            "actual": True,
            "holds": True,
        }
    ]
    assert run["path"][-1]["person_id"] == firm.north.id


def test_the_first_reply_takes_the_dialogue_and_calls_the_control_off(firm: Firm, clock: Clock) -> None:
    found = firm.inquiry({"name": "New Client", "external_id": None})
    message = firm.rep1.post(f"/conversations/{found['conversation_id']}/messages", {"text": "Good morning!"})
    assert (message["direction"], message["by_id"]) == ("out", firm.rep1.id)
    assert firm.rep1.get(f"/deals/{found['deal_id']}")["stage"] == "data_collection"
    run = firm.run(found["deal_id"], "control")
    assert (run["state"], run["reason"]["code"], run["fired_at"]) == ("called_off", "left_stage", None)
    clock.go_on(hours=1)
    firm.admin.work()
    assert told(firm.north, "robot.control") == []
    said = firm.rep1.get(f"/conversations/{found['conversation_id']}")["messages"]
    assert [each["direction"] for each in said] == ["in", "out"]
    moved = [each for each in firm.rep1.items(f"/deals/{found['deal_id']}/journal") if each["event"] == "deal.moved"]
    assert [(each["old"], each["new"], each["cause"]["via"]) for each in moved] == [
        ("new", "data_collection", "trigger")
    ]


def test_a_vip_who_writes_while_a_deal_is_open_is_told_of_at_once(firm: Firm, clock: Clock) -> None:
    contact = firm.client(vip=True)
    deal = firm.deal(contact, stage="data_collection")
    assert firm.inquiry(contact)["deal_id"] == deal["id"]
    firm.admin.work()
    (notice,) = told(firm.north, "robot.notify")
    assert "Elena Smirnova" in notice["title"]
    assert "Ivan Petrov" in notice["title"]


def test_no_way_leads_past_a_required_field(firm: Firm) -> None:
    deal = firm.deal(firm.client())
    ways = [
        firm.rep1.call("POST", f"/deals/{deal['id']}/moves", {"stage": "processing"}),
        firm.rep1.call("POST", f"/deals/{deal['id']}/moves", {"stage": "won"}),
        firm.rep1.call("PATCH", f"/deals/{deal['id']}", {"stage": "payment"}),
        firm.rep1.call("POST", "/deals", {"title": "Another", "stage": "processing"}),
    ]
    for answer in ways:
        assert (answer.status_code, answer.json["error"]) == (422, "required_fields")
        (field,) = answer.json["fields"]
        assert (field["entity"], field["key"], field["label"], field["kind"]) == (
            "deal",
            "equipment_type",
            "Equipment type",
            "select",
        )
        assert [each["key"] for each in field["options"]] == ["standard", "large", "special"]
    assert firm.rep1.get(f"/deals/{deal['id']}") == deal
    moved = firm.rep1.post(
        f"/deals/{deal['id']}/moves",
        {"stage": "processing", "version": deal["version"], "fields": {"equipment_type": "large"}},
        200,
    )
    assert (moved["stage"], moved["fields"]) == ("processing", {"equipment_type": "large"})
    blanked = firm.rep1.call("PATCH", f"/deals/{deal['id']}", {"fields": {"equipment_type": None}})
    assert (blanked.status_code, blanked.json["error"]) == (422, "required_fields")


def test_losing_a_deal_asks_only_for_its_reason(firm: Firm) -> None:
    deal = firm.deal(firm.client())
    asked = firm.rep1.call("POST", f"/deals/{deal['id']}/moves", {"stage": "lost"})
    assert [(each["entity"], each["key"]) for each in asked.json["fields"]] == [("deal", "lost_reason")]
    lost = firm.rep1.post(f"/deals/{deal['id']}/moves", {"stage": "lost", "fields": {"lost_reason": "Too dear"}}, 200)
    assert (lost["stage"], lost["lost_reason"]) == ("lost", "Too dear")
    assert lost["closed_at"]
    assert firm.rep1.post(f"/deals/{deal['id']}/moves", {"stage": "new"}, 200)["closed_at"] is None


def test_a_move_on_an_old_version_is_told_what_is_true_now(firm: Firm) -> None:
    deal = firm.deal(firm.client())
    firm.north.post(f"/deals/{deal['id']}/moves", {"stage": "data_collection"}, 200)
    late = firm.rep1.call("POST", f"/deals/{deal['id']}/moves", {"stage": "lost", "version": deal["version"]})
    assert (late.status_code, late.json["error"]) == (409, "stale")
    assert late.json["current"] == firm.rep1.get(f"/deals/{deal['id']}")
    assert "Anna Krylova" in late.json["message"]


def delicate(firm: Firm) -> dict[str, Any]:
    deal = firm.deal(firm.client(vip=True))
    firm.rep1.post(f"/deals/{deal['id']}/moves", {"stage": "processing", "fields": {"equipment_type": "special"}}, 200)
    firm.admin.work()
    (task,) = firm.rep1.items(f"/tasks?deal_id={deal['id']}")
    return dict(task)


def test_a_delicate_deal_becomes_a_task_that_the_head_returns_and_then_accepts(firm: Firm) -> None:
    task = delicate(firm)
    assert task["title"] == "Processing a deal with a VIP client"
    assert (task["assignee_id"], task["creator_id"], task["accept"]) == (firm.rep1.id, firm.north.id, True)
    assert task["due_at"] == "2026-11-27T07:00:00Z"
    waits = firm.rep1.post(f"/tasks/{task['id']}/submissions", {"result": "We agreed on June."})
    assert (waits["state"], waits["acceptor_id"]) == ("awaiting_acceptance", firm.north.id)
    own = firm.rep1.call("POST", f"/tasks/{task['id']}/acceptances", {})
    assert (own.status_code, own.json["error"]) == (403, "own_work")
    blank = firm.north.call("POST", f"/tasks/{task['id']}/returns", {"reason": " "})
    assert (blank.status_code, blank.json["fields"][0]["field"]) == (422, "reason")
    returned = firm.north.post(f"/tasks/{task['id']}/returns", {"reason": "Which day of June?"})
    assert (returned["state"], returned["returns"][0]["reason"]) == ("in_progress", "Which day of June?")
    assert told(firm.rep1, "task.returned")[0]["task_id"] == task["id"]
    firm.rep1.post(f"/tasks/{task['id']}/submissions", {"result": "The 1st."})
    assert firm.north.post(f"/tasks/{task['id']}/acceptances", {})["state"] == "done"
    late = firm.north.call("POST", f"/tasks/{task['id']}/returns", {"reason": "No"})
    assert (late.status_code, late.json["error"], late.json["state"]) == (409, "wrong_state", "done")
    assert late.json["current"]["state"] == "done"
    assert len(told(firm.rep1, "task.accepted")) == 1


def test_the_robot_says_why_an_ordinary_deal_made_no_task(firm: Firm) -> None:
    deal = firm.deal(firm.client(), stage="processing", fields={"equipment_type": "special"})
    firm.admin.work()
    run = firm.run(deal["id"], "task")
    assert run["state"] == "condition_false"
    assert [(each["field"], each["actual"], each["holds"]) for each in run["conditions"]] == [
        ("vip", False, False),
        ("equipment_type", "special", True),
    ]


def unpaid(firm: Firm, vip: bool) -> dict[str, Any]:
    deal = firm.deal(firm.client(vip=vip), amount="1000000.00", fields={"equipment_type": "large"})
    invoice = firm.rep1.post("/invoices", {"deal_id": deal["id"], "number": "A-1", "amount": "1000000.00"})
    firm.rep1.post(f"/deals/{deal['id']}/moves", {"stage": "payment"}, 200)
    return dict(invoice)


def test_an_unpaid_vip_invoice_is_told_to_the_rep_after_two_working_days(firm: Firm, clock: Clock) -> None:
    invoice = unpaid(firm, vip=True)
    clock.go_on(days=2)
    firm.admin.work()
    (notice,) = [each for each in told(firm.rep1, "robot.notify") if each["deal_id"] == invoice["deal_id"]]
    assert "A-1" in notice["title"]
    assert "1,000,000" in notice["title"]
    clock.go_on(days=7)
    firm.admin.work()
    assert told(firm.north, "robot.control") == []


def test_any_other_unpaid_invoice_is_told_to_the_head_after_three_days(firm: Firm, clock: Clock) -> None:
    unpaid(firm, vip=False)
    clock.go_on(days=3)
    firm.admin.work()
    assert len(told(firm.north, "robot.control")) == 1


def test_a_payment_in_full_calls_both_off_and_wins_the_deal(firm: Firm, clock: Clock) -> None:
    invoice = unpaid(firm, vip=False)
    part = firm.rep1.post(f"/invoices/{invoice['id']}/payments", {"amount": "400000.50"})
    assert (part["invoice"]["balance"], part["invoice"]["paid_at"]) == ("599999.50", None)
    over = firm.rep1.call("POST", f"/invoices/{invoice['id']}/payments", {"amount": "600000.00"})
    assert (over.status_code, over.json["fields"][0]["code"]) == (422, "over_balance")
    paid = firm.rep1.post(f"/invoices/{invoice['id']}/payments", {})
    assert (paid["amount"], paid["invoice"]["balance"]) == ("599999.50", "0.00")
    assert firm.rep1.get(f"/deals/{invoice['deal_id']}")["stage"] == "won"
    runs = [each for each in firm.rep1.items(f"/deals/{invoice['deal_id']}/runs") if each["stage"] == "payment"]
    assert {(each["state"], each["reason"]["code"]) for each in runs} == {("called_off", "invoice_paid")}
    clock.go_on(days=9)
    firm.admin.work()
    assert told(firm.north, "robot.control") == []
    again = firm.rep1.call("POST", f"/invoices/{invoice['id']}/payments", {})
    assert (again.status_code, again.json["error"], again.json["state"]) == (409, "wrong_state", "paid")
