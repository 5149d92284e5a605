"""Who may do what through the API. Every route has a case here, or the build fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import update
from werkzeug.routing import Rule

from tests.api.callers import V1, Caller, File
from webapp import clock
from webapp.access import sessions
from webapp.db import transaction
from webapp.models import ApiToken

Calling = Callable[[str], Caller]


@dataclass
class North:
    """A deal of North with all that belongs to it, a deal of the outsider's own, and the outsider, who is of South."""

    outsider: Caller
    owner: Caller
    deal: int
    contact: int
    company: int
    conversation: int
    invoice: int
    task: int
    file: int
    notification: int
    token: int
    robot: int
    own_deal: int
    item: int
    head: Caller


@pytest.fixture
def north(calling: Calling) -> North:
    admin, rep1, rep3 = calling("admin"), calling("rep1"), calling("rep3")
    contact = rep1.post("/contacts", {"name": "Client of North", "external_id": "north", "company": "Ost"})
    deal = rep1.post("/deals", {"title": "Deal of North", "contact_id": contact["id"]})
    sent = {"channel": "api", "contact": {"name": "Client of North", "external_id": "north"}, "text": "Hello"}
    found = admin.post("/inquiries", sent)
    assert found["deal_id"] == deal["id"]
    invoice = rep1.post("/invoices", {"deal_id": deal["id"], "number": "N-1", "amount": "10.00"})
    rep1.post(f"/invoices/{invoice['id']}/payments", {"amount": "1.00"})
    head = calling("north")
    task = head.post("/tasks", {"title": "Call", "deal_id": deal["id"], "assignee_id": rep1.id, "accept": True})
    attached = rep1.post(f"/tasks/{task['id']}/files", File("terms.txt", b"Terms of North"))
    rep1.post(f"/tasks/{task['id']}/submissions", {"result": "Called"})
    return North(
        outsider=rep3,
        owner=rep1,
        deal=deal["id"],
        contact=contact["id"],
        company=contact["company_id"],
        conversation=found["conversation_id"],
        invoice=invoice["id"],
        task=task["id"],
        file=attached["files"][0]["id"],
        notification=rep1.items("/notifications")[0]["id"],
        token=rep1.items("/users/me/tokens")[0]["id"],
        robot=admin.items("/robots")[0]["id"],
        own_deal=rep3.post("/deals", {"title": "Deal of South"})["id"],
        item=next(each["id"] for each in head.items("/important") if each["task_id"] == task["id"]),
        head=head,
    )


# (method, rule) → what an outsider sends with ids of North (path, body), and the only answer to it.
REFUSED: dict[tuple[str, str], tuple[str, Any, int]] = {
    ("DELETE", "/users/me/tokens/<token_id>"): ("/users/me/tokens/{token}", None, 404),
    ("PATCH", "/contacts/<contact_id>"): ("/contacts/{contact}", {"name": "Mine"}, 403),
    ("POST", "/contacts/<contact_id>/merges"): ("/contacts/{contact}/merges", {"into": 1}, 404),
    ("PATCH", "/companies/<company_id>"): ("/companies/{company}", {"fields": {"inn": "1"}}, 403),
    ("GET", "/calls"): ("/calls", None, 200),  # of those that one may see: tests/views/test_loose_calls.py
    ("POST", "/calls/<call_id>/deals"): ("/calls/1/deals", {}, 404),
    ("POST", "/calls/<call_id>/contacts"): ("/calls/1/contacts", {"contact_id": 1}, 404),
    ("POST", "/calls/<call_id>/settlements"): ("/calls/1/settlements", {"how": "no_client"}, 404),
    ("GET", "/deliveries"): ("/deliveries", None, 404),  # an admin's
    ("POST", "/deliveries/<delivery_id>/retries"): ("/deliveries/1/retries", {}, 404),
    ("GET", "/gateways"): ("/gateways", None, 404),
    ("PUT", "/gateways/<kind>"): ("/gateways/ntfy", {"url": "ntfys://ntfy.example"}, 404),
    ("DELETE", "/gateways/<kind>"): ("/gateways/ntfy", None, 404),
    ("POST", "/gateways/<kind>/tests"): ("/gateways/ntfy/tests", {"address": "mine"}, 404),
    ("GET", "/deals/<deal_id>"): ("/deals/{deal}", None, 404),
    ("PATCH", "/deals/<deal_id>"): ("/deals/{deal}", {"title": "Mine"}, 404),
    ("DELETE", "/deals/<deal_id>"): ("/deals/{deal}", None, 404),
    ("POST", "/deals/<deal_id>/moves"): ("/deals/{deal}/moves", {"stage": "lost", "lost_reason": "x"}, 404),
    ("POST", "/deals/<deal_id>/next_steps"): (
        "/deals/{deal}/next_steps",
        {"title": "Call", "due_at": "2026-12-01T10:00:00+03:00"},
        404,
    ),
    ("POST", "/deals/<deal_id>/next_steps/completions"): ("/deals/{deal}/next_steps/completions", {}, 404),
    ("GET", "/deals/<deal_id>/runs"): ("/deals/{deal}/runs", None, 404),
    ("GET", "/deals/<deal_id>/robots"): ("/deals/{deal}/robots", None, 404),
    ("GET", "/deals/<deal_id>/journal"): ("/deals/{deal}/journal", None, 404),
    ("GET", "/deals/<deal_id>/notes"): ("/deals/{deal}/notes", None, 404),
    ("POST", "/deals/<deal_id>/notes"): ("/deals/{deal}/notes", {"text": "Mine"}, 404),
    ("POST", "/deals/<deal_id>/messages"): ("/deals/{deal}/messages", {"text": "Hello"}, 404),
    ("GET", "/conversations/<conversation_id>"): ("/conversations/{conversation}", None, 404),
    ("GET", "/conversations/<conversation_id>/messages"): ("/conversations/{conversation}/messages", None, 404),
    ("POST", "/conversations/<conversation_id>/messages"): (
        "/conversations/{conversation}/messages",
        {"text": "Hello"},
        404,
    ),
    ("POST", "/conversations/<conversation_id>/answers_elsewhere"): (
        "/conversations/{conversation}/answers_elsewhere",
        {"how": "call"},
        404,
    ),
    ("POST", "/invoices"): ("/invoices", {"deal_id": "deal", "number": "X", "amount": "1.00"}, 404),
    ("GET", "/invoices/<invoice_id>"): ("/invoices/{invoice}", None, 404),
    ("POST", "/invoices/<invoice_id>/payments"): ("/invoices/{invoice}/payments", {}, 404),
    ("POST", "/tasks"): ("/tasks", {"title": "Mine", "deal_id": "deal"}, 404),
    ("GET", "/tasks/<task_id>"): ("/tasks/{task}", None, 404),
    ("POST", "/tasks/<task_id>/submissions"): ("/tasks/{task}/submissions", {"result": "Done"}, 404),
    ("POST", "/tasks/<task_id>/handovers"): ("/tasks/{task}/handovers", {"to": 1}, 404),
    ("POST", "/tasks/<task_id>/reminders"): (
        "/tasks/{task}/reminders",
        {"remind": {"amount": 1, "unit": "hours"}},
        404,
    ),
    ("GET", "/tasks/<task_id>/comments"): ("/tasks/{task}/comments", None, 404),
    ("POST", "/tasks/<task_id>/comments"): ("/tasks/{task}/comments", {"text": "Mine"}, 404),
    ("POST", "/tasks/<task_id>/files"): ("/tasks/{task}/files", File("mine.txt", b"Mine"), 404),
    ("GET", "/tasks/<task_id>/files/<file_id>"): ("/tasks/{task}/files/{file}", None, 404),
    ("DELETE", "/tasks/<task_id>/files/<file_id>"): ("/tasks/{task}/files/{file}", None, 404),
    ("POST", "/tasks/<task_id>/acceptances"): ("/tasks/{task}/acceptances", {}, 404),
    ("POST", "/tasks/<task_id>/returns"): ("/tasks/{task}/returns", {"reason": "No"}, 404),
    **{
        ("POST", f"/important/<item_id>/{verb}"): (f"/important/{{item}}/{verb}", sends, 404)
        for verb, sends in (
            ("takings", {}),
            ("snoozings", {"until": "client_answers"}),
            ("handovers", {"to": 1}),
            ("questions", {"text": "Why?"}),
            ("explanations", {"text": "So"}),
            ("settlements", {}),
        )
    },
    ("POST", "/notifications/<notification_id>/readings"): ("/notifications/{notification}/readings", {}, 404),
    ("GET", "/robots/<robot_id>"): ("/robots/{robot}", None, 404),
    ("PATCH", "/robots/<robot_id>"): ("/robots/{robot}", {"is_on": False}, 404),
    ("POST", "/users"): ("/users", {"name": "Mine", "email": "mine@firm.example"}, 404),
    ("GET", "/users/<user_id>"): ("/users/{owner}", None, 404),
    ("PATCH", "/users/<user_id>"): ("/users/{owner}", {"is_admin": True}, 404),
    ("POST", "/users/<user_id>/moves"): ("/users/{owner}/moves", {"leaves": 2, "department": 3}, 404),
    ("POST", "/users/<user_id>/links"): ("/users/{owner}/links", {}, 404),
    ("GET", "/users/<user_id>/channels"): ("/users/{owner}/channels", None, 404),
    ("PUT", "/users/<user_id>/channels"): ("/users/{owner}/channels", {"items": []}, 404),
    ("POST", "/users/<user_id>/channels/confirmations"): ("/users/{owner}/channels/confirmations", {"code": "1"}, 404),
    ("GET", "/users/<user_id>/telling"): ("/users/{owner}/telling", None, 404),
    ("PUT", "/users/<user_id>/telling"): (
        "/users/{owner}/telling",
        {"has_quiet_hours": True, "an_hour": 6, "shows_clients": False},
        404,
    ),
    ("POST", "/robots"): ("/robots", {"kind": "notify", "stage": "new"}, 404),
    ("DELETE", "/robots/<robot_id>"): ("/robots/{robot}", None, 404),
    ("POST", "/pipelines"): ("/pipelines", {"name": {"en": "Mine"}}, 404),
    ("PATCH", "/pipelines/<pipeline_id>"): ("/pipelines/1", {"name": {"en": "Mine"}}, 404),
    ("DELETE", "/pipelines/<pipeline_id>"): ("/pipelines/1", None, 404),
    ("POST", "/stages"): ("/stages", {"pipeline": "sales", "name": {"en": "Mine"}}, 404),
    ("PATCH", "/stages/<stage_id>"): ("/stages/1", {"name": {"en": "Mine"}}, 404),
    ("DELETE", "/stages/<stage_id>"): ("/stages/1", None, 404),
    ("POST", "/fields"): ("/fields", {"entity": "deal", "kind": "text", "label": {"en": "Own"}}, 404),
    ("GET", "/fields/<field_id>"): ("/fields/1", None, 404),
    ("PATCH", "/fields/<field_id>"): ("/fields/1", {"shown_as": "none"}, 404),
    ("DELETE", "/fields/<field_id>"): ("/fields/1", None, 404),
    ("POST", "/triggers"): ("/triggers", {"event": "dialogue_taken", "stage": "won"}, 404),
    ("GET", "/triggers/<trigger_id>"): ("/triggers/1", None, 404),
    ("PATCH", "/triggers/<trigger_id>"): ("/triggers/1", {"is_on": False}, 404),
    ("DELETE", "/triggers/<trigger_id>"): ("/triggers/1", None, 404),
    ("POST", "/triggers/<trigger_id>/addresses"): ("/triggers/1/addresses", {}, 404),
    ("DELETE", "/triggers/<trigger_id>/addresses"): ("/triggers/1/addresses", None, 404),
    ("GET", "/triggers/<trigger_id>/calls"): ("/triggers/1/calls", None, 404),
    ("GET", "/robots"): ("/robots", None, 404),
    ("POST", "/absences"): ("/absences", {"user_id": "owner", "from_on": "2026-12-01", "until_on": "2026-12-02"}, 403),
    ("PATCH", "/absences/<absence_id>"): ("/absences/77777", {}, 404),
    ("DELETE", "/absences/<absence_id>"): ("/absences/77777", None, 404),
    ("GET", "/seasons"): ("/seasons", None, 404),
    ("POST", "/seasons"): ("/seasons", {"name": "A", "from_on": "2026-12-01", "until_on": "2026-12-02"}, 404),
    ("PATCH", "/seasons/<season_id>"): ("/seasons/1", {"name": "Mine"}, 404),
    ("DELETE", "/seasons/<season_id>"): ("/seasons/1", {}, 404),
    ("GET", "/calendars"): ("/calendars", None, 404),
    ("POST", "/calendars"): ("/calendars", {"department_id": 1}, 404),
    ("GET", "/calendars/<calendar_id>"): ("/calendars/1", None, 404),
    ("PATCH", "/calendars/<calendar_id>"): ("/calendars/1", {"zone": "Asia/Omsk"}, 404),
    ("DELETE", "/calendars/<calendar_id>"): ("/calendars/1", {}, 404),
    ("GET", "/firm"): ("/firm", None, 404),
    ("PATCH", "/firm"): ("/firm", {"name": "Mine"}, 404),
    ("GET", "/setup"): ("/setup", None, 404),
    ("POST", "/rehearsals"): ("/rehearsals", {"robot_id": 1, "days": 7}, 404),
    ("GET", "/rehearsals/<rehearsal_id>"): ("/rehearsals/1", None, 404),
    ("DELETE", "/rehearsals/<rehearsal_id>"): ("/rehearsals/1", None, 404),
    ("POST", "/setup/plans"): ("/setup/plans", {"setup": {}}, 404),
    ("POST", "/setup/plans/<plan_id>/application"): ("/setup/plans/1/application", {}, 404),
    ("GET", "/setup/versions"): ("/setup/versions", None, 404),
    ("GET", "/setup/versions/<version_id>"): ("/setup/versions/1", None, 404),
    ("POST", "/setup/versions/<version_id>/restorations"): ("/setup/versions/1/restorations", {}, 404),
    ("POST", "/setup/versions/<version_id>/takebacks"): ("/setup/versions/1/takebacks", {}, 404),
    ("GET", "/pipelines"): ("/pipelines", None, 404),
    ("GET", "/stages"): ("/stages", None, 404),
    ("GET", "/fields"): ("/fields", None, 404),
    ("GET", "/triggers"): ("/triggers", None, 404),
    ("GET", "/departments"): ("/departments", None, 404),
    ("POST", "/departments"): ("/departments", {"name": "Mine"}, 404),
    ("PATCH", "/departments/<department_id>"): ("/departments/1", {"name": "Mine"}, 404),
    ("DELETE", "/departments/<department_id>"): ("/departments/1", None, 404),
    ("GET", "/departments/<department_id>/told"): ("/departments/1/told?about={owner}", None, 404),
    ("GET", "/webhooks"): ("/webhooks", None, 404),
    ("POST", "/webhooks"): ("/webhooks", {"name": "Mine", "url": "https://erp.example/hooks"}, 404),
    ("POST", "/webhooks/<webhook_id>/secrets"): ("/webhooks/1/secrets", {"overlap_hours": 24}, 404),
    ("DELETE", "/webhooks/<webhook_id>"): ("/webhooks/1", None, 404),
    ("POST", "/deals"): ("/deals", {"title": "For another", "responsible_id": "owner"}, 422),
}
# Lists that an outsider reads, and the key by which they would show something of North.
EMPTY = {
    "/deals": "id",
    "/conversations": "deal_id",
    "/important": "deal_id",
    "/invoices": "deal_id",
    "/payments": "deal_id",
    "/tasks": "deal_id",
    "/notifications": "deal_id",
}
# Every employee reads contacts, their companies and people, makes contacts, and passes on what a client wrote.
FOR_ALL = {
    ("GET", "/absences"),
    ("GET", "/companies"),
    ("GET", "/companies/<company_id>"),
    ("GET", "/contacts"),
    ("GET", "/contacts/<contact_id>"),
    ("POST", "/contacts"),
    ("POST", "/inquiries"),
    ("GET", "/ages"),  # over what one reads: tests/services/test_ages.py
    ("GET", "/figures"),  # of oneself and of one's departments: tests/services/test_reaction_times.py
    ("GET", "/runs"),  # of deals that one reads: tests/views/test_run_journal.py
    ("GET", "/users"),
    ("GET", "/users/me"),
    ("GET", "/users/me/tokens"),
}


def methods(rule: Rule) -> set[str]:
    """By which it is asked. What Flask itself answers beside another method, HEAD and OPTIONS, needs no case; a route
    that has nothing else does."""
    known = rule.methods or set()
    return known - {"HEAD", "OPTIONS"} or known


def routes(app: Flask) -> set[tuple[str, str]]:
    rules = [each for each in app.url_map.iter_rules() if each.rule.startswith(V1)]
    found = set()
    for each in rules:
        path = re.sub(r"<\w+:", "<", each.rule.removeprefix(V1))
        found |= {(method, path) for method in methods(each)}
    return {each for each in found if each[1] not in ("/<rest>", "/openapi.json")}


def sent(north: North, path: str, body: Any) -> tuple[str, Any]:
    ids = {**vars(north), "owner": north.owner.id}
    named = {"deal_id", "responsible_id", "user_id"}
    filled = (
        {key: ids[value] if key in named else value for key, value in body.items()} if isinstance(body, dict) else body
    )
    return path.replace("{owner}", str(north.owner.id)).format(**ids), filled


def test_every_route_has_a_rights_case(app: Flask) -> None:
    assert routes(app) == set(REFUSED) | {("GET", path) for path in EMPTY} | FOR_ALL


@pytest.mark.parametrize("route", REFUSED, ids=" ".join)
def test_an_outsider_is_turned_away(north: North, route: tuple[str, str]) -> None:
    path, body, status = REFUSED[route]
    path, body = sent(north, path, body)
    before = north.owner.get(f"/deals/{north.deal}")
    answer = north.outsider.call(route[0], path, body)
    assert answer.status_code == status, answer.text
    assert "North" not in answer.text
    assert north.owner.get(f"/deals/{north.deal}") == before


def test_tokens_are_ones_own_and_are_ended_by_their_person(north: North) -> None:
    (mine,) = north.owner.items("/users/me/tokens")
    assert set(mine) == {"id", "name", "created_at", "used_at"}
    assert mine["used_at"]
    assert mine["id"] not in {each["id"] for each in north.outsider.items("/users/me/tokens")}
    assert north.owner.call("DELETE", f"/users/me/tokens/{mine['id']}").status_code == 204
    assert north.owner.call("GET", "/users/me").status_code == 401
    assert north.outsider.call("GET", "/users/me").status_code == 200


@pytest.mark.parametrize("path", EMPTY)
def test_a_list_shows_an_outsider_nothing_of_north(north: North, path: str) -> None:
    whose = north.head if path == "/important" else north.owner
    assert north.deal in {each[EMPTY[path]] for each in whose.items(path)}
    assert north.deal not in {each[EMPTY[path]] for each in north.outsider.items(path)}
    answer = north.outsider.call("GET", f"{path}?deal_id={north.deal}")
    assert answer.status_code in (404, 422) or answer.json["items"] == []


@pytest.mark.parametrize(("method", "path"), sorted({*REFUSED, *FOR_ALL, *(("GET", path) for path in EMPTY)}))
def test_without_a_token_nothing_opens(north: North, app: Flask, method: str, path: str) -> None:
    asked, body = sent(north, *REFUSED[method, path][:2]) if (method, path) in REFUSED else (path, {})
    asked = asked.replace("<contact_id>", str(north.contact)).replace("<company_id>", str(north.company))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {north.owner.token}"}):
        sends = {"data": body.form()} if isinstance(body, File) else {"json": body}
        answer = app.test_client().open(V1 + asked, method=method, headers=headers, **sends)
        assert (answer.status_code, answer.json["error"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_neighbour_of_another_department_is_not_to_be_seen_in_a_move(north: North) -> None:
    body = {"stage": "data_collection", "before": north.deal}
    assert north.outsider.call("POST", f"/deals/{north.own_deal}/moves", body).status_code == 404
    assert north.outsider.get(f"/deals/{north.own_deal}")["stage"] == "new"


def test_a_deal_cannot_be_handed_over_to_another_department(north: North) -> None:
    answer = north.outsider.call("PATCH", f"/deals/{north.own_deal}", {"responsible_id": north.owner.id})
    assert (answer.status_code, answer.json["fields"][0]["code"]) == (422, "not_in_department")


def test_a_colleague_reads_a_deal_and_does_not_change_it(calling: Calling, north: North) -> None:
    colleague = calling("rep2")
    assert colleague.get(f"/deals/{north.deal}")["id"] == north.deal
    for method, path, body in (
        ("PATCH", f"/deals/{north.deal}", {"title": "Mine"}),
        ("DELETE", f"/deals/{north.deal}", None),
        ("POST", f"/deals/{north.deal}/moves", {"stage": "data_collection"}),
        ("POST", f"/conversations/{north.conversation}/messages", {"text": "Hi"}),
        ("POST", f"/invoices/{north.invoice}/payments", {}),
        ("POST", f"/tasks/{north.task}/submissions", {"result": "Done"}),
        ("POST", f"/tasks/{north.task}/acceptances", {}),
    ):
        answer = colleague.call(method, path, body)
        assert (answer.status_code, answer.json["error"]) == (403, "not_yours") or answer.status_code == 409, path


def test_a_browsers_cookie_does_not_open_the_api(app: Flask, north: North) -> None:
    with app.test_request_context():
        sessions.sign_in("rep1@dozor.example", "lesson", None, None)
        secret = g.session_token
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=secret, _fresh=True)
    assert client.get(f"{V1}/users/me").status_code == 401
    mine = client.get(f"{V1}/users/me", headers={"Authorization": f"Bearer {north.outsider.token}"})
    assert mine.json["id"] == north.outsider.id


def test_an_ended_token_opens_nothing(app: Flask, north: North) -> None:
    with app.app_context(), transaction() as current:
        mine = ApiToken.token_hash == sessions.hash_token(north.outsider.token)
        current.execute(update(ApiToken).where(mine).values(ended_at=clock.now()))
    assert north.outsider.call("GET", "/users/me").status_code == 401


def test_a_deleted_deal_is_gone_for_everybody(north: North) -> None:
    assert north.owner.call("DELETE", f"/deals/{north.deal}").status_code == 204
    for path in (f"/deals/{north.deal}", f"/conversations/{north.conversation}", f"/invoices/{north.invoice}"):
        assert north.owner.call("GET", path).status_code == 404
    assert north.deal not in {each["id"] for each in north.owner.items("/deals")}


def test_an_inquiry_tells_no_more_than_its_sender_may_see(north: North, calling: Calling) -> None:
    """It is taken from everybody; where it went is told to those who may look there."""
    sent = {"channel": "api", "contact": {"name": "Client of North", "external_id": "north"}, "text": "Again"}
    answer = north.outsider.call("POST", "/inquiries", sent)
    assert (answer.status_code, answer.json) == (201, {"accepted": True})
    known = {"deal_id": north.deal, "contact_id": north.contact, "conversation_id": north.conversation}
    for who in (north.owner, calling("admin")):
        assert who.post("/inquiries", sent) == known
    said = north.owner.get(f"/conversations/{north.conversation}")["messages"]
    assert [each["text"] for each in said] == ["Hello", "Again", "Again", "Again"]
