"""Every field of every body of the API acts or is refused: nothing is answered 200 and dropped. And every text has one
form, whichever door it comes by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest
from flask import Flask
from pydantic import BaseModel

from rules.texts import TEXT_LIMIT
from tests import company
from tests.api.callers import Caller
from tests.channels import worlds
from tests.rules.test_texts import GHOSTS
from tests.services import acts
from tests.views.scenes import late
from webapp import api
from webapp.api.types import Body, Paging
from webapp.db import transaction
from webapp.snapshots import setups

assert api


def bodies() -> Iterator[type[Body]]:
    """Every body of the API, by its own declaration."""
    waiting: list[type[Body]] = [Body]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from (each for each in found if not issubclass(each, Paging))


def names(body: type[Body]) -> list[str]:
    """As they are sent."""
    return [field.alias or name for name, field in body.model_fields.items()]


FIELDS = sorted({(each.__name__, name) for each in bodies() for name in names(each)})


@pytest.fixture
def rep1(calling: Callable[[str], Caller]) -> Caller:
    return calling("rep1")


SETUP = tuple(f"{each}Changes" for each in ("Robot", "Pipeline", "Stage", "Trigger"))
WORKTIME = ("NewCalendar", "CalendarChanges", "CalendarRemoval")
WORKTIME += ("NewSeason", "SeasonChanges", "SeasonRemoval", "ScopeBody", "FirmChanges")
OUTWARD = ("NewAddress", "NewGateway", "NewSecret", "Trial")
CHART = ("NewDepartment", "DepartmentChanges")
SETUP += ("NewField", "FieldChanges", "OptionBody", "NewRobot", "NewPipeline", "NewStage", "NewTrigger")


HOOK = "https://erp.example.com/hooks"
SEASON = {"name": "Action", "from_on": "2027-01-02", "until_on": "2027-01-05", "factor": 3, "waiting": "keep"}


class Scene:
    """A firm with one of everything."""

    def __init__(self, app: Flask, calling: Callable[[str], Caller]) -> None:
        self.rep, self.head, self.admin = (calling(each) for each in ("rep1", "north", "admin"))
        with app.app_context():
            self.contact = acts.contact()
            self.other = acts.contact("Anna", "+79005550099")
            self.deal, self.company = acts.deal(of=self.contact), acts.company_of(self.other)
            self.neighbour, self.second = acts.deal(title="Below", waits=False), acts.deal(title="Above", waits=False)
            self.lost = acts.deal("lost", lost_reason="Too dear", waits=False)
            self.invoice = acts.invoice(self.deal)
            self.robot = next(each.id for each in setups.current().value.robots if each.kind == "notify")
            self.trigger = setups.current().value.triggers[0].id
            self.stage = company.stage("processing").id
            self.pipeline = setups.current().value.pipelines[0].id
        self.type = next(each["id"] for each in self.admin.items("/fields") if each["key"] == "equipment_type")
        self.task = self.head.post("/tasks", {"title": "Call", "assignee_id": self.rep.id, "accept": True})["id"]
        handed_in = self.head.post("/tasks", {"title": "Write", "assignee_id": self.rep.id, "accept": True})["id"]
        self.rep.post(f"/tasks/{handed_in}/submissions", {"result": "Written"})
        with app.app_context(), transaction():
            self.item = late(acts.locked(self.deal), "north").id
        self.head.post(f"/important/{self.item}/questions", {"text": "How is it?"})
        self.talk = self.rep.items("/conversations")[0]["id"]
        away = {"user_id": self.rep.id, "from_on": "2026-12-02", "until_on": "2026-12-05"}
        self.absence = self.rep.post("/absences", away)["id"]
        self.season = self.admin.post("/seasons", SEASON)["id"]
        worlds.reaches(app, email="smtp://127.0.0.1:1")
        self.mail = {"kind": "email", "address": "rep1@firm.example", "for": ["urgent"]}
        self.rep.call("PUT", f"/users/{self.rep.id}/channels", [self.mail])
        self.live = self.admin.call("GET", "/setup").json["setup"]
        self.plan = self.admin.post("/setup/plans", {"setup": self.live})["id"]

    def who(self, body: str) -> Caller:
        """Who may send such a body."""
        bodies = (
            "NewPerson",
            "PersonChanges",
            "PlanBody",
            "ApplicationBody",
            "RehearsalBody",
            "RobotBody",
            *SETUP,
            *CHART,
        )
        admins = dict.fromkeys((*bodies, *WORKTIME, "DepartmentMove", "NewWebhook", *OUTWARD), self.admin)
        heads = dict.fromkeys(("Acceptance", "Return", "Snoozing", "Handover", "Question", "Settlement"), self.head)
        return {**admins, **heads}.get(body, self.rep)

    def send(self, method: str, path: str, body: dict[str, Any], who: Caller | None = None) -> tuple[int, Any]:
        answer = (who or self.rep).call(method, path.format(**vars(self)), body)
        return answer.status_code, answer.json


def cases(scene: Scene) -> dict[tuple[str, str], tuple[str, str, dict[str, Any], Any, Any]]:
    """(body, field) → method, path, the rest of the body, the value, and what the answer says then; a str that begins
    with "!" is the code of a refusal."""
    deal, patch = {"title": "A press"}, ("PATCH", "/deals/{deal}", {})
    lost = {"title": "A press", "stage": "lost"}
    move = ("POST", "/deals/{deal}/moves")
    special = {"equipment_type": "special"}
    contact, ost = {"name": "Vera"}, ("PATCH", "/companies/{company}", {})
    asks = {"channel": "chat", "contact": {"name": "Boris", "phone": "+79005550042"}, "text": "Hello"}
    task, remind = {"title": "Call"}, ("POST", "/tasks/{task}/reminders", {})
    bill = {"deal_id": scene.deal, "number": "7", "amount": "10.00"}
    rehearsed = {"kind": "notify", "settings": {"to": "head", "text": {"en": "Look"}}, "timing": {"at_once": True}}
    rehearse, begun = ("POST", "/rehearsals", {"robot": {**rehearsed, "stage": "new"}}), {"id": 1}
    robot, person = ("PATCH", "/robots/{robot}", {}), ("PATCH", "/users/{rep.id}", {})
    calendar, firm = ("PATCH", "/calendars/1", {"waiting": "keep"}), ("PATCH", "/firm", {"waiting": "keep"})
    gateway = ("PUT", "/gateways/email", {"url": "smtp://127.0.0.1:1", "sender": "firm@firm.example"})
    one, new_season = ("PATCH", "/seasons/{season}", {"waiting": "keep"}), ("POST", "/seasons", SEASON)
    hour, of_sales = {"amount": 1, "unit": "hours"}, {"kind": "pipeline", "ids": [scene.pipeline]}
    transfer = ("POST", "/users/{rep.id}/moves", {"leaves": 2, "department": 3})
    rested = {**SEASON, "factor": None}
    away = {"user_id": scene.rep.id, "from_on": "2026-12-01", "until_on": "2026-12-05"}
    absent = ("PATCH", "/absences/{absence}", {})
    week = [[["09:00", "13:00"], ["22:00", "06:00"]], *[[]] * 6]
    new_person = ("POST", "/users", {"name": "Vera", "email": "new@x.org"})
    without = [f"Trigger “{name}” is archived" for name in ("Dialogue taken", "Invoice paid in full")]
    elsewhere = "/conversations/{talk}/answers_elsewhere"
    words, named = {"to": "head", "text": {"en": "Look"}}, {"name": {"en": "Another"}}
    new_robot = ("POST", "/robots", {"kind": "notify", "settings": words})
    stage, trigger = ("POST", "/stages", {"pipeline": "sales", **named}), ("PATCH", "/triggers/{trigger}", {})
    new_trigger = ("POST", "/triggers", {"event": "client_wrote", "stage": "won"})
    step, agree = {"title": "Visit", "due_at": "2026-11-25T10:00:00Z"}, ("POST", "/deals/{deal}/next_steps")
    chart, south = ("POST", "/departments", {"name": "Service"}), ("PATCH", "/departments/3", {})
    listed, proof = ("PUT", "/users/{rep.id}/channels", {}), ("POST", "/users/{rep.id}/channels/confirmations", {})
    telling = ("PUT", "/users/{rep.id}/telling", {"has_quiet_hours": True, "an_hour": 6, "shows_clients": False})
    boss, other = [scene.head.id], [scene.rep.id]
    known = "+79005550099"  # of scene.other
    own, lamp = {"entity": "deal", "kind": "select", "label": {"en": "Own"}}, {"key": "lamp", "label": {"en": "Lamp"}}
    field = ("PATCH", "/fields/{type}", {})
    return {
        ("Channels", "items"): (*listed, [{**scene.mail, "kind": "pigeon"}], "!not_an_option"),
        ("Telling", "has_quiet_hours"): (*telling, False, {"has_quiet_hours": False}),
        ("Telling", "an_hour"): (*telling, 3, {"an_hour": 3}),
        ("Telling", "shows_clients"): (*telling, True, {"shows_clients": True}),
        ("Channel", "kind"): (*listed, "pigeon", "!not_an_option"),
        ("Channel", "address"): (*listed, "nobody", "!not_an_email"),
        ("Channel", "for"): (*listed, ["lunch"], "!not_an_option"),
        ("Proof", "code"): (*proof, "nothing", "!not_the_code"),
        ("Proof", "vouched"): (*proof, True, "!only_admins"),
        ("Proof", "address"): (*proof[:2], {"code": "nothing"}, "nobody", "!not_found"),
        ("NewWebhook", "name"): ("POST", "/webhooks", {"url": HOOK}, "ERP", {"name": "ERP", "key": "erp"}),
        ("NewWebhook", "url"): ("POST", "/webhooks", {"name": "ERP"}, HOOK, {"host": "erp.example.com"}),
        ("NewWebhook", "key"): ("POST", "/webhooks", {"name": "ERP", "url": HOOK}, "own", {"key": "own"}),
        ("NewDepartment", "name"): ("POST", "/departments", {}, "Spare parts", {"key": "spare_parts"}),
        ("NewDepartment", "parent_id"): (*chart, 1, {"parent_id": 1}),
        ("NewDepartment", "heads"): (*chart, boss, {"head_ids": boss}),
        ("NewDepartment", "deputies"): (*chart, other, {"deputy_ids": other}),
        ("DepartmentChanges", "name"): (*south, {"en": "South"}, {"key": "sales_south"}),
        ("DepartmentChanges", "parent_id"): (*south, 2, {"parent_id": 2}),
        ("DepartmentChanges", "heads"): (*south, boss, {"head_ids": boss}),
        ("DepartmentChanges", "deputies"): (*south, other, {"deputy_ids": other}),
        ("NewDeal", "next_step"): ("POST", "/deals", deal, step, {"next_step": step}),
        ("DealChanges", "next_step"): (*patch, step, {"next_step": step}),
        ("NewStep", "title"): (*agree, step, "Call", {"next_step": {"title": "Call"}}),
        ("NewStep", "due_at"): (*agree, step, "2026-11-01T10:00:00Z", "!in_the_past"),
        ("NewStep", "assignee_id"): (*agree, step, 999, "!no_such_person"),
        ("NewStep", "task_id"): (*agree, step, 999, "!stale"),
        ("NewStep", "version"): (*agree, step, 77, "!stale"),
        ("Completion", "task_id"): ("POST", "/deals/{deal}/next_steps/completions", {}, 999, "!stale"),
        ("Completion", "version"): ("POST", "/deals/{deal}/next_steps/completions", {}, 77, "!stale"),
        ("NewDeal", "title"): ("POST", "/deals", {}, "Another", {"title": "Another"}),
        ("NewDeal", "amount"): ("POST", "/deals", deal, "12.50", {"amount": "12.50"}),
        ("NewDeal", "currency"): ("POST", "/deals", deal, "USD", "!foreign_currency"),
        ("NewDeal", "contact_id"): ("POST", "/deals", deal, scene.other, {"contact_id": scene.other}),
        ("NewDeal", "responsible_id"): ("POST", "/deals", deal, 999, "!no_such_person"),
        ("NewDeal", "pipeline"): ("POST", "/deals", deal, "nowhere", "!unknown_pipeline"),
        ("NewDeal", "stage"): ("POST", "/deals", deal, "data_collection", {"stage": "data_collection"}),
        ("NewDeal", "fields"): ("POST", "/deals", deal, special, {"fields": special}),
        ("NewDeal", "lost_reason"): ("POST", "/deals", lost, "Too dear", {"lost_reason": "Too dear"}),
        ("DealChanges", "title"): (*patch, "Another", {"title": "Another"}),
        ("DealChanges", "amount"): (*patch, "12.50", {"amount": "12.50"}),
        ("DealChanges", "currency"): (*patch, "USD", "!foreign_currency"),
        ("DealChanges", "contact_id"): (*patch, scene.other, {"contact_id": scene.other}),
        ("DealChanges", "responsible_id"): (*patch, 999, "!no_such_person"),
        ("DealChanges", "stage"): (*patch, "data_collection", {"stage": "data_collection"}),
        ("DealChanges", "fields"): (*patch, special, {"fields": special}),
        ("DealChanges", "lost_reason"): ("PATCH", "/deals/{lost}", {}, "Elsewhere", {"lost_reason": "Elsewhere"}),
        ("DealChanges", "version"): (*patch, 77, "!stale"),
        ("Move", "stage"): (*move, {}, "data_collection", {"stage": "data_collection"}),
        ("Move", "version"): (*move, {"stage": "data_collection"}, 77, "!stale"),
        ("Move", "before"): ("POST", "/deals/{second}/moves", {"stage": "new"}, scene.deal, {"title": "Above"}),
        ("Move", "after"): (*move, {"stage": "new"}, scene.second, {"title": "A press"}),
        ("Move", "fields"): (*move, {"stage": "new"}, special, {"fields": special}),
        ("Move", "contact_fields"): (*move, {"stage": "new"}, {"vip": "perhaps"}, "!not_yes_or_no"),
        ("Move", "company_fields"): (*move, {"stage": "new"}, {"branch": "x"}, "!no_company"),
        ("Move", "lost_reason"): (*move, {"stage": "lost"}, "Too dear", {"lost_reason": "Too dear"}),
        ("NewContact", "name"): ("POST", "/contacts", {}, "Vera", {"name": "Vera"}),
        ("NewContact", "phone"): ("POST", "/contacts", contact, "8 900 555-00-44", {"phone": "+79005550044"}),
        ("NewContact", "phone_extension"): (
            *("POST", "/contacts", {**contact, "phone": "+74951234567"}, "12", {"phone_extension": "12"}),
        ),
        ("NewContact", "email"): ("POST", "/contacts", contact, "V@x.org", {"email": "v@x.org"}),
        ("NewContact", "more_phones"): ("POST", "/contacts", contact, ["8 900 555-00-44"], {"phone": "+79005550044"}),
        ("NewContact", "more_emails"): ("POST", "/contacts", contact, ["V@x.org"], {"email": "v@x.org"}),
        ("NewContact", "external_id"): ("POST", "/contacts", contact, "7", {"external_id": "7"}),
        ("NewContact", "company"): ("POST", "/contacts", contact, "Ost", {"company": "Ost"}),
        ("NewContact", "fields"): ("POST", "/contacts", contact, {"vip": True}, {"fields": {"vip": True}}),
        ("NewContact", "company_fields"): ("POST", "/contacts", contact, {"branch": "x"}, "!no_company"),
        ("NewContact", "anyway"): ("POST", "/contacts", {**contact, "phone": known}, True, {"phone": known}),
        ("ContactChanges", "anyway"): ("PATCH", "/contacts/{contact}", {"phone": known}, True, {"phone": known}),
        ("CompanyChanges", "fields"): (*ost, {"branch": "x"}, "!unknown_field"),
        ("CompanyChanges", "version"): (*ost, 77, "!stale"),
        ("ContactChanges", "name"): ("PATCH", "/contacts/{contact}", {}, "Vera B.", {"name": "Vera B."}),
        ("ContactChanges", "phone"): ("PATCH", "/contacts/{contact}", {}, None, {"phone": None}),
        ("ContactChanges", "phone_extension"): ("PATCH", "/contacts/{contact}", {}, "12", {"phone_extension": "12"}),
        ("ContactChanges", "email"): ("PATCH", "/contacts/{contact}", {}, "v@x.org", {"email": "v@x.org"}),
        ("ContactChanges", "more_phones"): ("PATCH", "/contacts/{contact}", {}, ["12"], "!not_a_phone"),
        ("ContactChanges", "more_emails"): ("PATCH", "/contacts/{contact}", {}, ["V@x.org"], {"email": "v@x.org"}),
        ("ContactChanges", "external_id"): ("PATCH", "/contacts/{contact}", {}, "7", {"external_id": "7"}),
        ("ContactChanges", "company"): ("PATCH", "/contacts/{contact}", {}, "Ost", {"company": "Ost"}),
        ("ContactChanges", "fields"): ("PATCH", "/contacts/{contact}", {}, {"vip": True}, {"fields": {"vip": True}}),
        ("ContactChanges", "company_fields"): ("PATCH", "/contacts/{contact}", {}, {"branch": "x"}, "!no_company"),
        ("ContactChanges", "version"): ("PATCH", "/contacts/{contact}", {}, 77, "!stale"),
        ("NewInquiry", "channel"): ("POST", "/inquiries", asks, "pigeon", "!not_an_option"),
        ("Merge", "into"): ("POST", "/contacts/{contact}/merges", {}, scene.other, {"id": scene.other}),
        ("Merge", "take"): (
            "POST", "/contacts/{contact}/merges", {"into": scene.other}, ["phone"], {"more_phones": ["+79005550099"]},
        ),
        ("Merge", "version"): ("POST", "/contacts/{contact}/merges", {"into": scene.other}, 77, "!stale"),
        ("Merge", "into_version"): ("POST", "/contacts/{contact}/merges", {"into": scene.other}, 77, "!stale"),
        ("NewInquiry", "contact"): ("POST", "/inquiries", asks, {"name": "\u200b"}, "!blank"),
        ("NewInquiry", "text"): ("POST", "/inquiries", asks, " \u200b", "!blank"),
        ("NewInquiry", "pipeline"): ("POST", "/inquiries", asks, "nowhere", "!unknown_pipeline"),
        ("InquiryContact", "name"): ("POST", "/inquiries", asks, {"name": "x" * 1001}, "!too_long"),
        ("InquiryContact", "phone"): (
            "POST", "/inquiries", asks, {"name": "V.", "phone": "+7 900 555-00-01"}, {"contact_id": scene.contact},
        ),
        ("InquiryContact", "phone_extension"): (
            "POST", "/inquiries", asks, {"name": "V.", "phone": "+7 900 555-00-01", "phone_extension": "12"},
            {"contact_id": scene.contact},
        ),
        ("InquiryContact", "email"): ("POST", "/inquiries", asks, {"name": "V.", "email": "a@b..org"}, "!not_an_email"),
        ("InquiryContact", "external_id"): (
            "POST", "/inquiries", asks, {"name": "V.", "external_id": "x" * 201}, "!too_long",
        ),
        ("NewMessage", "text"): ("POST", "/conversations/{talk}/messages", {}, "Hello", {"text": "Hello"}),
        ("NewMessage", "seen"): ("POST", "/conversations/{talk}/messages", {"text": "Hello"}, 1, {"text": "Hello"}),
        ("FirstMessage", "text"): ("POST", "/deals/{deal}/messages", {}, "Hello", {"text": "Hello"}),
        ("FirstMessage", "contact_id"): (
            "POST", "/deals/{deal}/messages", {"text": "Hello"}, scene.other, "!client_changed",
        ),
        ("FirstMessage", "seen"): ("POST", "/deals/{deal}/messages", {"text": "Hello"}, 0, {"text": "Hello"}),
        ("AnswerElsewhere", "how"): ("POST", elsewhere, {}, "call", {"claimed": "call"}),
        ("AnswerElsewhere", "text"): ("POST", elsewhere, {"how": "call"}, "Agreed", {"text": "Agreed"}),
        ("NewTask", "title"): ("POST", "/tasks", {}, "Write", {"title": "Write"}),
        ("NewTask", "text"): ("POST", "/tasks", task, "Soon", {"text": "Soon"}),
        ("NewTask", "deal_id"): ("POST", "/tasks", task, scene.deal, {"deal_id": scene.deal}),
        ("NewTask", "assignee_id"): ("POST", "/tasks", task, 999, "!no_such_person"),
        ("NewTask", "due_at"): ("POST", "/tasks", task, "2026-11-25T10:00:00Z", {"due_at": "2026-11-25T10:00:00Z"}),
        ("NewTask", "working_days"): ("POST", "/tasks", task, 2, {"due_at": "2026-11-26T07:00:00Z"}),
        ("NewTask", "acceptor_id"): (
            "POST", "/tasks", task, scene.head.id, {"accept": True, "acceptor_id": scene.head.id}
        ),
        ("NewTask", "accept"): ("POST", "/tasks", task, True, {"accept": True}),
        ("NewTask", "result_required"): ("POST", "/tasks", task, True, {"result_required": True}),
        ("NewTask", "remind"): (
            "POST", "/tasks", {**task, "due_at": "2026-11-25T10:00:00Z"}, {"amount": 2, "unit": "hours"},
            {"reminds_at": "2026-11-25T08:00:00Z"},
        ),
        ("Reminder", "remind"): (*remind, {"amount": 2, "unit": "hours"}, "!no_deadline"),
        ("Ahead", "amount"): (*remind, {"amount": 0, "unit": "hours"}, "!amount"),
        ("Ahead", "unit"): (*remind, {"amount": 1, "unit": "moons"}, "!unit"),
        ("Submission", "result"): ("POST", "/tasks/{task}/submissions", {}, "Done it", {"result": "Done it"}),
        ("Submission", "returns"): ("POST", "/tasks/{task}/submissions", {}, 3, "!returned_anew"),
        ("Snoozing", "until"): (
            "POST",
            "/important/{item}/snoozings",
            {},
            "2026-11-25T10:00:00Z",
            {"snoozed_until": "2026-11-25T10:00:00Z"},
        ),
        ("Handover", "to"): ("POST", "/important/{item}/handovers", {}, 999, "!no_such_person"),
        ("Question", "text"): ("POST", "/important/{item}/questions", {}, "Why?", {"question": "Why?"}),
        ("Explanation", "text"): ("POST", "/important/{item}/explanations", {}, "So", {"explanation": "So"}),
        ("NewAddress", "overlap_hours"): ("POST", "/triggers/{trigger}/addresses", {}, 99, "!"),
        ("NewSecret", "overlap_hours"): ("POST", "/webhooks/1/secrets", {}, 99, "!"),
        ("NewGateway", "url"): (*gateway, "smtp://127.0.0.1:1", {"kind": "email"}),
        ("NewGateway", "sender"): (*gateway, "sales@firm.example", {"sender": "sales@firm.example"}),
        ("NewGateway", "to_clients"): (*gateway, True, {"to_clients": True}),
        ("Trial", "address"): ("POST", "/gateways/ntfy/tests", {}, "mine", "!"),
        ("CallSettlement", "how"): ("POST", "/calls/1/settlements", {}, "soon", "!not_an_option"),
        ("Caller", "contact_id"): ("POST", "/calls/1/contacts", {}, 999, "!not_found"),
        ("Settlement", "text"): ("POST", "/important/{item}/settlements", {}, "Seen", {"word": "Seen"}),
        ("Delegation", "to"): ("POST", "/tasks/{task}/handovers", {}, scene.head.id, {"assignee_id": scene.head.id}),
        ("Delegation", "assignee_id"): (
            "POST", "/tasks/{task}/handovers", {"to": scene.head.id}, scene.head.id, "!stale"
        ),
        ("NewComment", "text"): ("POST", "/tasks/{task}/comments", {}, "I called", {"text": "I called"}),
        ("Acceptance", "submission"): (
            "POST", "/tasks/{task}/acceptances", {}, "1", "!handed_in_anew"
        ),
        ("Return", "submission"): ("POST", "/tasks/{task}/returns", {"reason": "Ring again"}, "1", "!handed_in_anew"),
        ("Return", "reason"): ("POST", "/tasks/{task}/returns", {}, "\u3164", "!blank"),
        ("NewInvoice", "deal_id"): ("POST", "/invoices", bill, scene.neighbour, {"deal_id": scene.neighbour}),
        ("NewInvoice", "number"): ("POST", "/invoices", bill, "8", {"number": "8"}),
        ("NewInvoice", "amount"): ("POST", "/invoices", bill, "11.00", {"amount": "11.00"}),
        ("NewInvoice", "currency"): ("POST", "/invoices", bill, "USD", "!foreign_currency"),
        ("NewInvoice", "latest_id"): ("POST", "/invoices", bill, 0, "!stale"),
        ("NewInvoice", "issued_on"): ("POST", "/invoices", bill, "2026-11-20", {"issued_on": "2026-11-20"}),
        ("NewInvoice", "due_on"): ("POST", "/invoices", bill, "2026-12-20", {"due_on": "2026-12-20"}),
        ("NewPayment", "amount"): ("POST", "/invoices/{invoice}/payments", {}, "1.00", {"amount": "1.00"}),
        ("NewPayment", "currency"): ("POST", "/invoices/{invoice}/payments", {}, "USD", "!foreign_currency"),
        ("NewPayment", "paid"): ("POST", "/invoices/{invoice}/payments", {}, "1.00", "!stale"),
        ("RobotChanges", "name"): (*robot, {"en": "Told"}, {"name": {"en": "Told"}}),
        ("RobotChanges", "timing"): (*robot, {"at_once": False}, "!timing"),
        ("RobotChanges", "when"): (*robot, "never", "!not_an_option"),
        ("RobotChanges", "condition"): (*robot, None, {"condition": None}),
        ("RobotChanges", "settings"): (*robot, {"urgency": "urgent"}, {"settings": {"urgency": "urgent"}}),
        ("RobotChanges", "is_on"): (*robot, False, {"is_on": False}),
        ("RobotChanges", "once_per_deal"): (*robot, True, {"once_per_deal": True}),
        ("RobotChanges", "also_later"): (*robot, True, {"also_later": True}),
        ("RobotChanges", "channels"): (*robot, ["sms"], {"channels": ["sms"]}),
        ("RobotChanges", "mode"): (*robot, "forget", "!not_an_option"),
        ("RobotChanges", "stage"): (*robot, "payment", {"stage": "payment"}),
        ("RobotChanges", "starts"): (*robot, ["client_wrote"], {"starts": ["client_wrote"]}),
        ("RobotChanges", "already_there"): (*robot, "forget", "!not_an_option"),
        ("NewRobot", "kind"): ("POST", "/robots", {"settings": words}, "notify", {"kind": "notify"}),
        ("NewRobot", "stage"): (*new_robot, "payment", {"stage": "payment"}),
        ("NewRobot", "name"): (*new_robot, {"en": "Told"}, {"name": {"en": "Told"}}),
        ("NewRobot", "key"): (*new_robot, "mine", {"key": "mine"}),
        ("NewRobot", "starts"): (*new_robot, ["client_wrote"], {"starts": ["client_wrote"]}),
        ("NewRobot", "timing"): (*new_robot, {"at_once": False}, "!timing"),
        ("NewRobot", "when"): (*new_robot, "working_hours", {"when": "working_hours"}),
        ("NewRobot", "condition"): (*new_robot, {"all": [{}]}, "!condition"),
        ("NewRobot", "settings"): ("POST", "/robots", {"kind": "notify"}, words, {"settings": words}),
        ("NewRobot", "is_on"): (*new_robot, False, {"is_on": False}),
        ("NewRobot", "once_per_deal"): (*new_robot, True, {"once_per_deal": True}),
        ("NewRobot", "also_later"): (*new_robot, True, {"also_later": True}),
        ("NewRobot", "channels"): (*new_robot, ["sms"], {"channels": ["sms"]}),
        ("NewRobot", "already_there"): (*new_robot, "forget", "!not_an_option"),
        ("NewPipeline", "name"): ("POST", "/pipelines", {}, {"en": "Service"}, {"key": "service"}),
        ("NewPipeline", "key"): ("POST", "/pipelines", named, "service", {"key": "service"}),
        ("NewPipeline", "department_id"): ("POST", "/pipelines", named, 999, "!no_such_department"),
        ("PipelineChanges", "name"): ("PATCH", "/pipelines/{pipeline}", {}, {"en": "Trade"}, {"name": {"en": "Trade"}}),
        ("PipelineChanges", "department_id"): ("PATCH", "/pipelines/{pipeline}", {}, 999, "!no_such_department"),
        ("PipelineChanges", "lost_reasons"): (
            "PATCH", "/pipelines/{pipeline}", {}, [lamp], {"lost_reasons": [{**lamp, "is_archived": False}]}
        ),
        ("PipelineChanges", "is_archived"): ("PATCH", "/pipelines/{pipeline}", {}, True, "!no_pipeline"),
        ("NewStage", "pipeline"): ("POST", "/stages", named, "nowhere", "!unknown_pipeline"),
        ("NewStage", "name"): ("POST", "/stages", {"pipeline": "sales"}, {"en": "Visit"}, {"key": "visit"}),
        ("NewStage", "key"): (*stage, "visit", {"key": "visit"}),
        ("NewStage", "kind"): (*stage, "lost", {"kind": "lost"}),
        ("NewStage", "hue"): (*stage, 5, {"hue": 5}),
        ("NewStage", "after"): (*stage, "new", "!has_consequences"),
        ("StageChanges", "name"): ("PATCH", "/stages/{stage}", {}, {"en": "Work"}, {"name": {"en": "Work"}}),
        ("StageChanges", "hue"): ("PATCH", "/stages/{stage}", {}, 9, {"hue": 9}),
        ("StageChanges", "after"): ("PATCH", "/stages/{stage}", {}, "payment", {"position": 3}),
        ("StageChanges", "is_archived"): ("PATCH", "/stages/{stage}", {}, True, "!has_consequences"),
        ("NewTrigger", "event"): ("POST", "/triggers", {"stage": "won"}, "client_wrote", {"event": "client_wrote"}),
        ("NewTrigger", "stage"): ("POST", "/triggers", {"event": "client_wrote"}, "won", {"stage": "won"}),
        ("NewTrigger", "name"): (*new_trigger, {"en": "Told"}, {"name": {"en": "Told"}}),
        ("NewTrigger", "key"): (*new_trigger, "mine", {"key": "mine"}),
        ("NewTrigger", "condition"): (*new_trigger, {"all": [{}]}, "!condition"),
        ("NewTrigger", "is_on"): (*new_trigger, False, {"is_on": False}),
        ("NewTrigger", "may_go_back"): (*new_trigger, True, {"may_go_back": True}),
        ("TriggerChanges", "event"): (*trigger, "client_wrote", {"event": "client_wrote"}),
        ("TriggerChanges", "stage"): (*trigger, "payment", {"stage": "payment"}),
        ("TriggerChanges", "name"): (*trigger, {"en": "Told"}, {"name": {"en": "Told"}}),
        ("TriggerChanges", "condition"): (*trigger, {"all": [{}]}, "!condition"),
        ("TriggerChanges", "is_on"): (*trigger, False, {"is_on": False}),
        ("TriggerChanges", "may_go_back"): (*trigger, True, {"may_go_back": True}),
        ("NewAbsence", "user_id"): ("POST", "/absences", away, 999, "!not_found"),
        ("NewAbsence", "from_on"): ("POST", "/absences", away, "2026-12-02", {"from_on": "2026-12-02"}),
        ("NewAbsence", "until_on"): ("POST", "/absences", away, "2026-11-02", "!bad_range"),
        ("NewAbsence", "cover_id"): ("POST", "/absences", away, scene.rep.id, "!not_a_cover"),
        ("AbsenceChanges", "from_on"): (*absent, "2026-12-03", {"from_on": "2026-12-03"}),
        ("AbsenceChanges", "until_on"): (*absent, "2026-11-03", "!bad_range"),
        ("AbsenceChanges", "cover_id"): (*absent, scene.head.id, {"cover_id": scene.head.id}),
        ("NewCalendar", "department_id"): ("POST", "/calendars", {}, 1, {"department_id": 1, "user_id": None}),
        ("NewCalendar", "user_id"): ("POST", "/calendars", {}, scene.rep.id, {"user_id": scene.rep.id}),
        ("CalendarChanges", "zone"): (*calendar, "Asia/Omsk", {"zone": "Asia/Omsk"}),
        ("CalendarChanges", "country"): (*calendar, "DE", {"country": "DE"}),
        ("CalendarChanges", "weekly"): (*calendar, week, {"weekly": week}),
        ("CalendarChanges", "closed"): (*calendar, ["2026-12-31"], {"closed": ["2026-12-31"]}),
        ("CalendarChanges", "hours"): (*calendar, {"2026-12-30": []}, {"hours": {"2026-12-30": []}}),
        ("CalendarChanges", "waiting"): (*calendar, "forget", "!not_an_option"),
        ("CalendarRemoval", "waiting"): ("DELETE", "/calendars/1?waiting=forget", {}, "", "!not_an_option"),
        ("FirmChanges", "name"): (*firm, "Arsenal", {"name": "Arsenal"}),
        ("FirmChanges", "locale"): (*firm, "ru", {"locale": "ru"}),
        ("FirmChanges", "time_zone"): (*firm, "Asia/Omsk", {"time_zone": "Asia/Omsk"}),
        ("FirmChanges", "country"): (*firm, "DE", {"country": "DE"}),
        ("FirmChanges", "currency"): (*firm, "EUR", "!money_exists"),
        ("FirmChanges", "rep_sees"): (*firm, "own", {"rep_sees": "own"}),
        ("FirmChanges", "marks_next_step"): (*firm, "off", {"marks_next_step": "off"}),
        ("FirmChanges", "take_within"): (*firm, 30, {"take_within": 30}),
        ("FirmChanges", "accept_within"): (*firm, 120, {"accept_within": 120}),
        ("FirmChanges", "waiting"): (*firm, "forget", "!not_an_option"),
        ("NewSeason", "name"): (*new_season, "Sale", {"name": "Sale"}),
        ("NewSeason", "from_on"): (*new_season, "2027-01-03", {"from_on": "2027-01-03"}),
        ("NewSeason", "until_on"): (*new_season, "2026-01-03", "!bad_range"),
        ("NewSeason", "scope"): (*new_season, of_sales, {"scope": of_sales}),
        ("NewSeason", "factor"): (*new_season, 1.5, {"factor": 1.5}),
        ("NewSeason", "replace"): ("POST", "/seasons", rested, hour, {"replace": hour, "factor": None}),
        ("NewSeason", "pause"): ("POST", "/seasons", rested, True, {"pause": True}),
        ("NewSeason", "waiting"): (*new_season, "forget", "!not_an_option"),
        ("SeasonChanges", "name"): (*one, "Sale", {"name": "Sale"}),
        ("SeasonChanges", "from_on"): (*one, "2027-01-03", {"from_on": "2027-01-03"}),
        ("SeasonChanges", "until_on"): (*one, "2026-01-03", "!bad_range"),
        ("SeasonChanges", "scope"): (*one, of_sales, {"scope": of_sales}),
        ("SeasonChanges", "factor"): (*one, 0.001, "!bad_factor"),
        ("SeasonChanges", "replace"): (*one, hour, {"replace": hour, "factor": None}),
        ("SeasonChanges", "pause"): (*one, True, {"pause": True, "factor": None}),
        ("SeasonChanges", "waiting"): (*one, "forget", "!not_an_option"),
        ("SeasonRemoval", "waiting"): ("DELETE", "/seasons/{season}?waiting=forget", {}, "", "!not_an_option"),
        ("DepartmentMove", "leaves"): (*transfer, 777, "!no_such_department"),
        ("DepartmentMove", "department"): (*transfer, 777, "!no_such_department"),
        ("DepartmentMove", "deals"): (*transfer, "over", "!blank"),
        ("DepartmentMove", "taker"): ("POST", transfer[1], {**transfer[2], "deals": "over"}, 777, "!no_such_person"),
        ("ScopeBody", "kind"): (*one, {"scope": {"kind": "galaxy"}}, "!not_an_option"),
        ("ScopeBody", "ids"): (*one, {"scope": {"kind": "robots", "ids": [777]}}, "!not_an_option"),
        ("NewField", "entity"): ("POST", "/fields", own, "invoice", "!not_an_option"),
        ("NewField", "kind"): ("POST", "/fields", {**own, "kind": ""}, "multi_select", {"kind": "multi_select"}),
        ("NewField", "label"): ("POST", "/fields", own, {"en": "Extras"}, {"key": "extras"}),
        ("NewField", "key"): ("POST", "/fields", own, "mine", {"key": "mine"}),
        ("NewField", "help"): ("POST", "/fields", own, {"en": "Why"}, {"help": {"en": "Why"}}),
        ("NewField", "options"): ("POST", "/fields", own, [lamp], {"options": [{**lamp, "is_archived": False}]}),
        ("NewField", "required_from"): ("POST", "/fields", own, "payment", {"required_from": "payment"}),
        ("NewField", "required_if"): ("POST", "/fields", own, {"all": [{}]}, "!unknown_entity"),
        ("NewField", "shown_as"): ("POST", "/fields", own, "tag", {"shown_as": "tag"}),
        ("FieldChanges", "label"): (*field, {"en": "Sort"}, {"label": {"en": "Sort"}}),
        ("FieldChanges", "help"): (*field, {"en": "Why"}, {"help": {"en": "Why"}}),
        ("FieldChanges", "options"): (*field, [{"label": {"en": " "}}], "!blank"),
        ("FieldChanges", "required_from"): (*field, "payment", {"required_from": "payment"}),
        ("FieldChanges", "required_if"): (*field, {"all": [{}]}, "!unknown_entity"),
        ("FieldChanges", "shown_as"): (*field, "none", {"shown_as": "none"}),
        ("FieldChanges", "after"): (*field, "vip", "!unknown_field"),
        ("FieldChanges", "is_archived"): (*field, True, "!has_consequences"),
        ("OptionBody", "key"): ("POST", "/fields", own, lamp, {"options": [{**lamp, "is_archived": False}]}),
        ("OptionBody", "label"): ("POST", "/fields", own, {"label": {"en": ""}}, "!blank"),
        ("OptionBody", "is_archived"): (
            "POST", "/fields", own, {**lamp, "is_archived": True}, {"options": [{**lamp, "is_archived": True}]}
        ),
        ("RehearsalBody", "robot"): ("POST", "/rehearsals", {}, rehearsed, begun),
        ("RehearsalBody", "robot_id"): ("POST", "/rehearsals", {}, scene.robot, begun),
        ("RehearsalBody", "days"): (*rehearse, 0, "!days"),
        ("RobotBody", "kind"): (*rehearse, "nowhere", "!not_an_option"),
        ("RobotBody", "stage"): (*rehearse, "nowhere", "!stage"),
        ("RobotBody", "name"): (*rehearse, {"en": 7}, "!name"),
        ("RobotBody", "starts"): (*rehearse, ["never"], "!starts"),
        ("RobotBody", "timing"): (*rehearse, {"at_once": False}, "!timing"),
        ("RobotBody", "when"): (*rehearse, "never", "!not_an_option"),
        ("RobotBody", "condition"): (*rehearse, {"all": [{}]}, "!condition"),
        ("RobotBody", "settings"): (*rehearse, {"to": "nobody"}, "!settings"),
        ("RobotBody", "once_per_deal"): (*rehearse, "perhaps", "!once_per_deal"),
        ("RobotBody", "also_later"): (*rehearse, "perhaps", "!also_later"),
        ("PlanBody", "setup"): ("POST", "/setup/plans", {}, {**scene.live, "triggers": []}, {"changes": without}),
        ("PlanBody", "note"): ("POST", "/setup/plans", {"setup": scene.live}, "Because", {"note": "Because"}),
        ("ApplicationBody", "remedies"): ("POST", "/setup/plans/{plan}/application", {}, {"x": "y"}, "!not_an_option"),
        ("NewNote", "text"): ("POST", "/deals/{deal}/notes", {}, "Hello", {"text": "Hello"}),
        ("NewPerson", "name"): ("POST", "/users", {"email": "new@x.org"}, "Vera", {"name": "Vera"}),
        ("NewPerson", "email"): ("POST", "/users", {"name": "Vera"}, "New@x.org", {"email": "new@x.org"}),
        ("NewPerson", "phone"): (*new_person, "+79005550044", {"phone": "+79005550044"}),
        ("NewPerson", "departments"): (*new_person, ["nowhere"], "!no_such_department"),
        ("NewPerson", "is_admin"): (*new_person, True, {"is_admin": True}),
        ("PersonChanges", "name"): (*person, "Ivan", {"name": "Ivan"}),
        ("PersonChanges", "email"): (*person, "Ivan@x.org", {"email": "ivan@x.org"}),
        ("PersonChanges", "locale"): (*person, "ru", {"locale": "ru"}),
        ("PersonChanges", "time_zone"): (*person, "Mars/Base", "!unknown_zone"),
        ("PersonChanges", "phone"): (*person, "+79005550044", {"phone": "+79005550044"}),
        ("PersonChanges", "departments"): (*person, ["nowhere"], "!no_such_department"),
        ("PersonChanges", "is_admin"): (*person, True, {"is_admin": True}),
        ("PersonChanges", "is_active"): (*person, False, "!no_taker"),
        ("PersonChanges", "deals_to"): ("PATCH", "/users/{rep.id}", {"is_active": False}, 999, "!no_such_person"),
    }  # fmt: skip


UNNAMED = {("ApplicationBody", "remedies"), ("ScopeBody", "ids")}  # this plan asks nothing; ids tell nobody anything


def shows(answer: Any, wanted: dict[str, Any]) -> bool:
    """Whether the answer says all that is wanted, however deep."""
    return all(
        shows(answer[key], each) if isinstance(each, dict) else answer[key] == each for key, each in wanted.items()
    )


@pytest.mark.parametrize(("body", "field"), FIELDS)
def test_a_field_acts_or_is_refused(app: Flask, calling: Callable[[str], Caller], body: str, field: str) -> None:
    scene = Scene(app, calling)
    method, path, rest, value, wanted = cases(scene)[body, field]
    nested = {"InquiryContact": {"contact": value}, "OptionBody": {"options": [value]}}
    if body == "Channel":
        nested[body] = {"items": [{**scene.mail, field: value}]}
    if body == "ScopeBody":
        nested[body] = value
    if body == "Ahead":
        nested[body] = {"remind": value}
    if body == "RobotBody":
        nested[body] = {"robot": {**rest["robot"], field: value}}
    sent = {**rest, **nested.get(body, {field: value})}
    who = scene.who(body)
    if body in ("Acceptance", "Return"):
        scene.send("POST", "/tasks/{task}/submissions", {"result": "Done"})
    status, answer = scene.send(method, path, sent, who)
    if isinstance(wanted, str):
        assert status in (404, 409, 422), answer
        assert wanted[1:] in str(answer)
        if wanted == "!not_an_option" and (body, field) not in UNNAMED:
            assert "Choose one of these: " in str(answer)
    else:
        assert status in (200, 201, 202), answer
        assert shows(answer, wanted), answer
    if (body, field) in (("Move", "before"), ("Move", "after")):
        column = [each["id"] for each in scene.rep.items("/deals?stage=new")]
        assert column, "the place itself is tried in tests/services/test_moves.py"


NO_TEXT = ("amount", "currency", "pipeline", "stage", "phone", "email", "due_at", "channel", "when", "mode")
NO_TEXT += ("address", "code", "how", "kind", "key", "event", "after", "zone", "country", "entity", "shown_as")
NO_TEXT += ("locale", "time_zone", "url", "sender", "submission", "paid", "phone_extension")


def _is_text(body: type[Body], field: str) -> bool:
    kind = body.model_fields[field].annotation
    return field not in NO_TEXT and (kind is str or set(get_args(kind)) == {str, type(None)})


TEXTS = sorted({(each.__name__, name) for each in bodies() for name in each.model_fields if _is_text(each, name)})


@pytest.mark.parametrize(("body", "field"), TEXTS)
def test_a_text_has_one_form_by_every_door(app: Flask, calling: Callable[[str], Caller], body: str, field: str) -> None:
    """What nobody sees is dropped; where nothing else is, nothing was said. Nothing is taken that is longer than the
    longest text."""
    scene = Scene(app, calling)
    method, path, rest, *_ = cases(scene)[body, field]
    if body == "DealChanges" and field == "lost_reason":
        path = "/deals/{lost}"
    who = scene.who(body)
    if body in ("Acceptance", "Return"):
        scene.send("POST", "/tasks/{task}/submissions", {"result": "Done"})

    def sent(words: str) -> tuple[int, Any]:
        value = (
            {"contact": {"name": "V.", **rest.get("contact", {}), field: words}}
            if body == "InquiryContact"
            else {field: words}
        )
        return scene.send(method, path, {**rest, **value}, who)

    status, answer = sent("я" * (TEXT_LIMIT + 1))
    assert status == 422, answer
    for ghost in GHOSTS:
        status, answer = sent(ghost * 2)
        is_taken = status in (200, 201) and answer.get(field) in ("", None, "A press", "Call")
        assert is_taken or status == 422, (ascii(ghost), answer)
        if status in (200, 201) and body in ("Submission", "Return", "Settlement"):
            return
    status, answer = sent(f"Ost{''.join(GHOSTS)}\u00a0Wes\u0327t")
    assert status in (200, 201), answer
    told = answer["next_step"] if body == "NewStep" else answer
    if field in told:
        assert told[field] == "Ost We\u015ft"


def test_a_robots_texts_have_one_form(app: Flask, calling: Callable[[str], Caller]) -> None:
    scene = Scene(app, calling)
    for ghost in GHOSTS:
        for blank in ({"name": {"en": ghost, "ru": ghost}}, {"settings": {"text": {"en": ghost, "ru": ghost}}}):
            assert scene.send("PATCH", "/robots/{robot}", blank, scene.admin)[0] == 422, ascii(ghost)
        words = {"name": {"en": f"To{ghost}ld"}, "settings": {"text": {"en": f"A{ghost}B", "ru": "\u0435\u0308"}}}
        status, answer = scene.send("PATCH", "/robots/{robot}", words, scene.admin)
        assert (status, answer["name"]["en"]) == (200, "Told")
        assert answer["settings"]["text"] == {"en": "AB", "ru": "\u0451"}


def test_models_are_walked() -> None:
    assert ("Move", "after") in FIELDS
    assert ("NewContact", "name") in TEXTS
    assert issubclass(Body, BaseModel)
