"""Bad input gives a clear error and changes nothing; what is text stays text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.callers import V1, Caller, Clock

Calling = Callable[[str], Caller]
HTML = "<script>alert(1)</script> & {deal.amount} {{7*7}}"


@pytest.fixture
def rep1(calling: Calling) -> Caller:
    return calling("rep1")


@pytest.fixture
def deal(rep1: Caller) -> dict[str, Any]:
    return dict(rep1.post("/deals", {"title": "A lathe", "amount": "1500.50"}))


AMOUNTS = [
    (1500, "money_as_text"),
    (1500.5, "money_as_text"),
    (True, "money_as_text"),
    (None, "money_as_text"),
    ("", "money_as_text"),
    ("NaN", "money_as_text"),
    ("Infinity", "money_as_text"),
    ("1e9", "money_as_text"),
    ("1,500.00", "money_as_text"),
    ("１５００", "money_as_text"),
    ("1500.005", "too_precise"),
    ("-1", "negative"),
    ("99999999999999999", "too_large"),
    ("9" * 400, "money_as_text"),
]
DEALS: list[tuple[dict[str, Any], str, str]] = [
    *(({"title": "x", "amount": amount}, "amount", code) for amount, code in AMOUNTS),
    ({}, "title", "blank"),
    ({"title": "   "}, "title", "blank"),
    ({"title": 5}, "title", "not_text"),
    ({"title": None}, "title", "not_text"),
    ({"title": "x" * 201}, "title", "too_long"),
    ({"title": "a\x00b"}, "title", "not_text"),
    ({"title": "\ud800"}, "title", "not_text"),
    ({"title": "x", "currency": "USD"}, "currency", "foreign_currency"),
    ({"title": "x", "contact_id": 999}, "contact_id", "no_such_contact"),
    ({"title": "x", "contact_id": "1"}, "contact_id", "not_a_number"),
    ({"title": "x", "contact_id": True}, "contact_id", "not_a_number"),
    ({"title": "x", "contact_id": 10**30}, "contact_id", "too_large"),
    ({"title": "x", "contact_id": -1}, "contact_id", "not_positive"),
    ({"title": "x", "responsible_id": 999}, "responsible_id", "no_such_person"),
    ({"title": "x", "stage": "nowhere"}, "stage", "unknown_stage"),
    ({"title": "x", "pipeline": "nowhere"}, "pipeline", "unknown_pipeline"),
    ({"title": "x", "fields": {"equipment_type": "huge"}}, "equipment_type", "not_an_option"),
    ({"title": "x", "fields": {"equipment_type": ["special"]}}, "equipment_type", "not_an_option"),
    ({"title": "x", "fields": {"vip": True}}, "vip", "unknown_field"),
    ({"title": "x", "fields": {"title": "y"}}, "title", "unknown_field"),
    ({"title": "x", "fields": []}, "fields", "not_an_object"),
]


def refused(answer: Any, field: str, code: str) -> None:
    assert (answer.status_code, answer.json["error"]) == (422, "bad_fields"), answer.text
    found = {each["field"]: each for each in answer.json["fields"]}
    assert found[field]["code"] == code
    assert found[field]["message"]
    assert answer.json["message"]


@pytest.mark.parametrize(("body", "field", "code"), DEALS, ids=lambda each: str(each)[:50])
def test_a_wrong_deal_is_refused_by_field(rep1: Caller, body: dict[str, Any], field: str, code: str) -> None:
    refused(rep1.call("POST", "/deals", body), field, code)
    assert rep1.items("/deals") == []


MASS = [
    "owner",
    "role",
    "state",
    "created_by",
    "created_by_id",
    "department_id",
    "id",
    "position",
    "is_admin",
    "source",
]


@pytest.mark.parametrize("key", MASS)
def test_nobody_sets_by_the_way_what_is_not_theirs_to_set(rep1: Caller, deal: dict[str, Any], key: str) -> None:
    answers = [
        rep1.call("POST", "/deals", {"title": "x", key: 1}),
        rep1.call("PATCH", f"/deals/{deal['id']}", {key: 1}),
        rep1.call("POST", f"/deals/{deal['id']}/moves", {"stage": "new", key: 1}),
        rep1.call("POST", "/contacts", {"name": "x", key: 1}),
        rep1.call("POST", "/tasks", {"title": "x", key: 1}),
        rep1.call("POST", "/invoices", {"deal_id": deal["id"], "number": "1", "amount": "1.00", key: 1}),
    ]
    for answer in answers:
        refused(answer, key, "unknown_field")
    assert rep1.get(f"/deals/{deal['id']}") == deal


def test_a_version_is_compared_and_never_set(rep1: Caller, deal: dict[str, Any]) -> None:
    assert rep1.call("POST", "/deals", {"title": "x", "version": 9}).status_code == 422
    answer = rep1.call("PATCH", f"/deals/{deal['id']}", {"title": "x", "version": 9})
    assert (answer.status_code, answer.json["error"], answer.json["current"]) == (409, "stale", deal)


def test_a_patch_changes_what_is_given_and_nothing_else(rep1: Caller, deal: dict[str, Any]) -> None:
    contact = rep1.post("/contacts", {"name": "Elena"})
    changes = {"title": "Two lathes", "amount": "0.10", "currency": "RUB", "contact_id": contact["id"]}
    after = rep1.patch(f"/deals/{deal['id']}", {**changes, "version": deal["version"]})
    assert after == {**deal, **changes, "version": deal["version"] + 1}
    assert rep1.patch(f"/deals/{deal['id']}", {})["version"] == after["version"]
    assert rep1.patch(f"/deals/{deal['id']}", {"contact_id": None})["contact_id"] is None
    amounts = [each["new"] for each in rep1.items(f"/deals/{deal['id']}/journal") if each["field"] == "amount"]
    assert amounts == ["0.10"]


def test_a_patch_with_a_stage_goes_through_the_gate_with_its_fields(rep1: Caller, deal: dict[str, Any]) -> None:
    path = f"/deals/{deal['id']}"
    assert rep1.call("PATCH", path, {"title": "Kept?", "stage": "processing"}).json["error"] == "required_fields"
    assert rep1.get(path) == deal
    after = rep1.patch(path, {"title": "Kept", "stage": "processing", "fields": {"equipment_type": "large"}})
    assert (after["title"], after["stage"], after["fields"]) == ("Kept", "processing", {"equipment_type": "large"})
    back = rep1.patch(path, {"stage": "new", "fields": {"equipment_type": None}})
    assert (back["stage"], back["fields"]) == ("new", {"equipment_type": None})
    lost = rep1.patch(path, {"stage": "lost", "lost_reason": "Too dear"})
    assert (lost["stage"], lost["lost_reason"]) == ("lost", "Too dear")
    back = rep1.patch(path, {"stage": "new"})
    assert back["lost_reason"] is None
    assert rep1.patch(path, {"title": "Kept on", "lost_reason": back["lost_reason"]})["title"] == "Kept on"


INVOICES: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": "0"}, "amount", "not_positive"),
    ({"amount": 10}, "amount", "money_as_text"),
    ({"currency": "EUR"}, "currency", "foreign_currency"),
    ({"number": ""}, "number", "blank"),
    ({"number": "x" * 61}, "number", "too_long"),
    ({"number": "TAKEN"}, "number", "taken"),
    ({"issued_on": "2026-02-30"}, "issued_on", "not_a_date"),
    ({"issued_on": "24.11.2026"}, "issued_on", "not_a_date"),
    ({"issued_on": 1700000000}, "issued_on", "not_a_date"),
    ({"issued_on": "0001-01-01"}, "issued_on", "date_out_of_range"),
    ({"issued_on": "2026-11-24T10:00:00Z"}, "issued_on", "not_a_date"),
    ({"issued_on": "2026-11-24", "due_on": "2026-11-23"}, "due_on", "before_issued"),
]


@pytest.mark.parametrize(("body", "field", "code"), INVOICES, ids=str)
def test_a_wrong_invoice_is_refused_by_field(
    rep1: Caller, deal: dict[str, Any], body: dict[str, Any], field: str, code: str
) -> None:
    rep1.post("/invoices", {"deal_id": deal["id"], "number": "TAKEN", "amount": "1.00"})
    whole = {"deal_id": deal["id"], "number": "1", "amount": "5.00", **body}
    refused(rep1.call("POST", "/invoices", whole), field, code)
    assert [each["number"] for each in rep1.items(f"/invoices?deal_id={deal['id']}")] == ["TAKEN"]


def test_an_invoice_of_today_is_dated_by_the_firms_clock(rep1: Caller, deal: dict[str, Any], clock: Clock) -> None:
    clock.go_on(hours=15)  # 01:00 on Wednesday in Moscow, still Tuesday in UTC
    invoice = rep1.post("/invoices", {"deal_id": deal["id"], "number": "1", "amount": "5.00"})
    assert invoice["issued_on"] == "2026-11-25"


TASKS: list[tuple[dict[str, Any], str, str]] = [
    ({"title": " "}, "title", "blank"),
    ({"title": "x" * 201}, "title", "too_long"),
    ({"text": "x" * 10_001}, "text", "too_long"),
    ({"due_at": "2026-12-01T10:00:00"}, "due_at", "zone_missing"),
    ({"due_at": "2026-13-01T10:00:00Z"}, "due_at", "not_a_time"),
    ({"due_at": 1764600000}, "due_at", "not_a_time"),
    ({"due_at": "2026-11-20T10:00:00Z"}, "due_at", "in_the_past"),
    ({"accept": "yes"}, "accept", "not_yes_or_no"),
    ({"assignee_id": 999}, "assignee_id", "no_such_person"),
    ({"working_days": 0}, "working_days", "not_positive"),
    ({"working_days": 1_001}, "working_days", "too_large"),
    ({"working_days": 2, "due_at": "2026-12-01T10:00:00Z"}, "working_days", "one_deadline"),
    ({"acceptor_id": 999}, "acceptor_id", "no_such_person"),
    ({"result_required": 1}, "result_required", "not_yes_or_no"),
]


@pytest.mark.parametrize(("body", "field", "code"), TASKS, ids=lambda each: str(each)[:50])
def test_a_wrong_task_is_refused_by_field(rep1: Caller, body: dict[str, Any], field: str, code: str) -> None:
    refused(rep1.call("POST", "/tasks", {"title": "Call", **body}), field, code)
    assert rep1.items("/tasks") == []


CONTACTS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "blank"),
    ({"name": "x" * 300}, "name", "too_long"),
    ({"phone": "call me"}, "phone", "not_a_phone"),
    ({"email": "at home"}, "email", "not_an_email"),
    ({"external_id": "x" * 201}, "external_id", "too_long"),
    ({"company": "x" * 201}, "company", "too_long"),
    ({"fields": {"vip": "perhaps"}}, "vip", "not_yes_or_no"),
    ({"fields": {"equipment_type": "large"}}, "equipment_type", "unknown_field"),
]


@pytest.mark.parametrize(("body", "field", "code"), CONTACTS, ids=lambda each: str(each)[:50])
def test_a_wrong_contact_is_refused_by_field(rep1: Caller, body: dict[str, Any], field: str, code: str) -> None:
    refused(rep1.call("POST", "/contacts", {"name": "Elena", **body}), field, code)
    assert rep1.items("/contacts") == []


def test_a_contact_is_made_found_and_changed(rep1: Caller) -> None:
    typed = {"name": " Elena  Smirnova ", "phone": "8 (912) 345-67-89", "email": "E@x.ru", "company": "Lathe & Co"}
    made = rep1.post("/contacts", typed)
    assert (made["name"], made["phone"], made["email"]) == ("Elena Smirnova", "+79123456789", "e@x.ru")
    assert (made["company"], made["fields"], made["version"]) == ("Lathe & Co", {"vip": False}, 1)
    assert rep1.items("/contacts?q=smirn") == [made] == rep1.items("/contacts?q=%2B7912")
    path = f"/contacts/{made['id']}"
    after = rep1.patch(path, {"company": None, "phone": None, "fields": {"vip": True}, "version": 1})
    assert (after["company"], after["phone"], after["fields"], after["version"]) == (None, None, {"vip": True}, 2)
    stale = rep1.call("PATCH", path, {"name": "Other", "version": 1})
    assert (stale.status_code, stale.json["error"], stale.json["current"]) == (409, "stale", after)


def test_a_move_may_bring_values_of_the_contact_along(rep1: Caller, deal: dict[str, Any]) -> None:
    move = {"stage": "data_collection", "contact_fields": {"vip": True}}
    refused(rep1.call("POST", f"/deals/{deal['id']}/moves", move), "contact_id", "no_such_contact")
    contact = rep1.post("/contacts", {"name": "Elena"})
    rep1.patch(f"/deals/{deal['id']}", {"contact_id": contact["id"]})
    assert rep1.post(f"/deals/{deal['id']}/moves", move, 200)["stage"] == "data_collection"
    assert rep1.get(f"/contacts/{contact['id']}")["fields"] == {"vip": True}


def test_a_card_is_put_before_another(rep1: Caller, deal: dict[str, Any]) -> None:
    other = rep1.post("/deals", {"title": "Another"})
    move = {"stage": "new", "before": other["id"], "version": deal["version"]}
    assert rep1.post(f"/deals/{deal['id']}/moves", move, 200)["version"] == deal["version"] + 1


INQUIRIES: list[tuple[dict[str, Any], str, str]] = [
    ({"channel": "pigeon"}, "channel", "not_an_option"),
    ({"text": " "}, "text", "blank"),
    ({"text": "x" * 10_001}, "text", "too_long"),
    ({"text": ["x"]}, "text", "not_text"),
    ({"contact": {"name": "x", "vip": True}}, "contact.vip", "unknown_field"),
    ({"contact": {}}, "name", "blank"),
    ({"contact": {"name": "x", "email": "y"}}, "email", "not_an_email"),
    ({"pipeline": "nowhere"}, "pipeline", "unknown_pipeline"),
    ({"responsible_id": 1}, "responsible_id", "unknown_field"),
]


@pytest.mark.parametrize(("body", "field", "code"), INQUIRIES, ids=lambda each: str(each)[:50])
def test_a_wrong_inquiry_is_refused_by_field(rep1: Caller, body: dict[str, Any], field: str, code: str) -> None:
    whole = {"channel": "api", "contact": {"name": "Elena"}, "text": "Hello", **body}
    refused(rep1.call("POST", "/inquiries", whole), field, code)
    assert rep1.items("/contacts") == []


def test_the_same_client_writing_twice_makes_one_contact_and_one_deal(rep1: Caller) -> None:
    sent = {"channel": "chat", "contact": {"name": "Elena", "phone": "+7 912 345-67-89"}, "text": "Hello"}
    first = rep1.post("/inquiries", sent)
    again = {**sent, "contact": {"name": "E. Smirnova", "phone": "89123456789"}, "text": "Are you there?"}
    assert rep1.post("/inquiries", again) == first
    said = rep1.get(f"/conversations/{first['conversation_id']}")["messages"]
    assert [each["text"] for each in said] == ["Hello", "Are you there?\n\nE. Smirnova"]


@pytest.mark.parametrize("emoji", ["\U0003abcd", "\U0003abcd\ufe0f"], ids=["alone", "with a look"])
def test_what_a_client_leaves_in_an_emoji_of_tomorrow_is_kept(rep1: Caller, emoji: str) -> None:
    sent = {"channel": "chat", "contact": {"name": emoji, "phone": "+7 912 345-67-89"}, "text": emoji}
    made = rep1.post("/inquiries", sent)
    said = rep1.get(f"/conversations/{made['conversation_id']}")["messages"]
    assert [each["text"] for each in said] == [emoji]
    assert rep1.items("/contacts")[0]["name"] == emoji
    assert rep1.post("/deals", {"title": emoji})["title"] == emoji


RAW = [
    (b'{"title": ', "application/json", 400, "bad_json"),
    (b"[1]", "application/json", 400, "bad_json"),
    (b'"text"', "application/json", 400, "bad_json"),
    (b"null", "application/json", 400, "bad_json"),
    (b'{"title": NaN}', "application/json", 400, "bad_json"),
    (b'{"title": "\xff"}', "application/json", 400, "bad_json"),
    (b'{"title": ' + b"9" * 5000 + b"}", "application/json", 400, "bad_json"),
    (b'{"fields": ' + b"[" * 100_000, "application/json", 422, "bad_fields"),
    (b"title=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    (b'{"title": "x"}', "text/plain", 415, "unsupported_media_type"),
    (b'{"title": "' + b"x" * (3 * 1024 * 1024) + b'"}', "application/json", 413, "too_large"),
]


@pytest.mark.parametrize(("data", "kind", "status", "code"), RAW, ids=lambda each: str(each)[:30])
def test_what_is_no_json_object_is_refused_as_such(
    rep1: Caller, data: bytes, kind: str, status: int, code: str
) -> None:
    client = rep1.app.test_client()
    headers = {"Authorization": f"Bearer {rep1.token}"}
    answer = client.post(f"{V1}/deals", data=data, content_type=kind, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (status, code)
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/deals/99999999999999999999", 404, "not_found"),
        ("GET", "/deals/0", 404, "not_found"),
        ("GET", "/deals/x", 404, "not_found"),
        ("PUT", "/deals", 405, "method_not_allowed"),
        ("DELETE", "/users/me", 405, "method_not_allowed"),
        ("GET", "/deals?limit=0", 422, "bad_fields"),
        ("GET", "/deals?limit=201", 422, "bad_fields"),
        ("GET", "/deals?limit=x", 422, "bad_fields"),
        ("GET", "/deals?cursor=x", 422, "bad_fields"),
        ("GET", "/deals?cursor=YmVmb3JlOjk5OTk5OTk5OTk5OTk5OTk=", 422, "bad_fields"),
        ("GET", "/deals?q=%00", 422, "bad_fields"),
        ("GET", "/deals?stage=nowhere", 422, "bad_fields"),
        ("GET", "/deals?responsible_id=99999999999999", 422, "bad_fields"),
        ("GET", "/deals?colour=red", 422, "bad_fields"),
        ("GET", "/tasks?state=asleep", 422, "bad_fields"),
    ],
)
def test_a_wrong_address_is_answered_in_json(rep1: Caller, method: str, path: str, status: int, code: str) -> None:
    answer = rep1.call(method, path)
    assert (answer.status_code, answer.json["error"]) == (status, code)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_html_is_kept_as_text(calling: Calling, rep1: Caller) -> None:
    north = calling("north")
    contact = rep1.post("/contacts", {"name": HTML, "company": HTML})
    deal = rep1.post("/deals", {"title": HTML, "contact_id": contact["id"]})
    assert (contact["name"], contact["company"], deal["title"]) == (HTML, HTML, HTML)
    task = north.post("/tasks", {"title": "<b>Call</b>", "deal_id": deal["id"], "assignee_id": rep1.id})
    assert task["title"] == "<b>Call</b>"
    assert rep1.get(f"/deals/{deal['id']}")["title"] == HTML


def test_errors_are_said_in_the_callers_language(rep1: Caller) -> None:
    answer = rep1.call("GET", "/nothing")
    assert answer.json == {"error": "not_found", "message": "There is nothing here, or you may not see it."}


def test_a_list_comes_in_pages_that_neither_repeat_nor_skip(rep1: Caller) -> None:
    made = [rep1.post("/deals", {"title": f"Deal {n}"})["id"] for n in range(7)]
    seen: list[int] = []
    path = "/deals?limit=3"
    for size in (3, 3, 1):
        page = rep1.get(path)
        assert len(page["items"]) == size
        seen += [each["id"] for each in page["items"]]
        path = f"/deals?limit=3&cursor={page['next']}"
    assert page["next"] is None
    assert seen == made[::-1]


def test_deals_are_found_by_stage_person_and_words(rep1: Caller) -> None:
    contact = rep1.post("/contacts", {"name": "Elena 100%"})
    one = rep1.post("/deals", {"title": "A lathe", "stage": "data_collection"})["id"]
    two = rep1.post("/deals", {"title": "A press", "contact_id": contact["id"]})["id"]
    found = {
        query: [each["id"] for each in rep1.items(f"/deals?{query}")]
        for query in ("stage=data_collection", "q=LATHE", "q=100%25", "q=%25", f"contact_id={contact['id']}")
    }
    assert list(found.values()) == [[one], [one], [two], [two], [two]]
    assert [each["id"] for each in rep1.items(f"/deals?responsible_id={rep1.id}&pipeline=sales")] == [two, one]
    assert rep1.items("/deals?responsible_id=1") == []


def test_reading_a_notification_twice_is_no_error(rep1: Caller, calling: Calling) -> None:
    calling("north").post("/tasks", {"title": "Call", "assignee_id": rep1.id})
    (notice,) = rep1.items("/notifications?unread=true")
    read = rep1.post(f"/notifications/{notice['id']}/readings", {})
    assert read["read_at"]
    assert rep1.post(f"/notifications/{notice['id']}/readings", {}) == read
    assert rep1.items("/notifications?unread=true") == []
    assert [each["id"] for each in rep1.items("/notifications")] == [notice["id"]]
