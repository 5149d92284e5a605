"""The same questions to every form: does it work plain and by htmx, does it keep and explain what it refuses, is a
write without the page's token refused, does a GET write nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from rules.seasons import SCOPES
from tests import servers
from tests.views.scenes import HTMX, Browser, Scene, browser, rows, said, scene, standing_firm
from webapp.config import LOCALES
from webapp.errors import Refused, invalid, not_an_option
from webapp.services import conversations
from webapp.services.firms import REP_SEES
from webapp.services.gate import LOST_REASON
from webapp.services.people import THEMES
from webapp.services.places import PLACES
from webapp.web.calendar_forms import KINDS

PEOPLE = ("rep1", "rep2", "north", "admin")
TOO_LONG = "word " * 2100
HUGE = not_an_option("equipment_type", ("standard", "large", "special"))
EQUIPMENT = "deal.equipment_type"
SEASON = {"name": "Action", "from_on": "2027-02-01", "until_on": "2027-02-05", "scope": "firm"}
SEASON |= {"change": "factor", "factor": "3"}
ME = {"name": "Ivan", "locale": "en", "theme": "dark", "time_zone": "Asia/Omsk"}


@dataclass(frozen=True)
class Form:
    """`goes_to` after the plain form; by htmx the same by header when `htmx` is 204, else a part comes."""

    who: str
    path: str
    sends: dict[str, str]
    goes_to: str
    htmx: int = 200
    part: str = ""
    is_same_twice: bool = False  # saved again it changes nothing more
    is_page: bool = False  # its page never hands it to htmx: a refusal is a whole page
    refused: list[tuple[dict[str, str], list[Refused]]] = field(default_factory=list)


FORMS = {
    "a new deal": Form(
        "rep1",
        "/deals",
        {"title": "A press", "amount": "1 000,50", "contact": "Anna of it", "phone": "+7 912 000-00-01"},
        r"/deals/\d+",
        204,
        refused=[
            ({"title": "  ", "contact": "Anna <b>"}, [invalid("title", "blank")]),
            ({"title": "A press & co", "amount": "many"}, [invalid("amount", "not_a_number")]),
            ({"title": "A press", "phone": "+7912-3"}, [invalid("phone", "not_a_phone")]),
            ({"title": "A press", "phone": "+7 912 000-00-09"}, [invalid("name", "blank")]),
            (
                {"title": "A press", EQUIPMENT: "huge"},
                [HUGE],
            ),
        ],
        is_page=True,
    ),
    "a deal's title": Form(
        "rep1",
        "/deals/{deal}",
        {"title": "Another title", "version": "{version}"},
        "/deals/{deal}",
        part='id="deal-sheet"',
        refused=[
            ({"title": "  "}, [invalid("title", "blank")]),
            ({"title": TOO_LONG}, [invalid("title", "too_long", limit=200)]),
            ({"amount": "-5"}, [invalid("amount", "negative")]),
            ({"amount": "0.001"}, [invalid("amount", "too_precise", digits=2)]),
            ({"amount": "15.000"}, [invalid("amount", "ambiguous_number", either="15000", other="15.000")]),
            ({EQUIPMENT: "huge"}, [HUGE]),
            ({"responsible": "77777"}, [invalid("responsible_id", "no_such_person")]),
        ],
    ),
    "a deal's contact": Form(
        "rep1",
        "/deals/{deal}",
        {"client": "new", "contact": "Anna"},
        "/deals/{deal}",
        part='id="deal-sheet"',
        refused=[
            ({"contact": "Client"}, [invalid("contact", "choose_contact")]),
            ({"contact": " ", "client": "new"}, [invalid("name", "blank")]),
            ({"client": "77777"}, [invalid("contact", "no_such_contact")]),
        ],
    ),
    "a note": Form(
        "rep1",
        "/deals/{deal}/notes",
        {"text": "They called: @Anna Krylova, the price?"},
        "/deals/{deal}",
        part="the price?",
        refused=[
            ({"text": " \n "}, [invalid("text", "blank")]),
            ({"text": TOO_LONG + "end"}, [invalid("text", "too_long", limit=10_000)]),
        ],
    ),
    "a first word": Form(
        "rep1",
        "/deals/{deal}/messages",
        {"text": "Good day"},
        "/deals/{deal}",
        part="Good day",
        refused=[({"text": " \n "}, [invalid("text", "blank")])],
    ),
    "a move": Form(
        "rep1",
        "/deals/{deal}/moves",
        {"stage": "data_collection", "version": "{version}"},
        "/",
        part='data-at="data_collection"',
        refused=[
            (
                {"stage": "processing", EQUIPMENT: "huge"},
                [HUGE],
            ),
            ({"stage": "lost", "deal.lost_reason": "   "}, [Refused("required_fields", missing=(LOST_REASON,))]),
            ({"stage": "lost", "deal.lost_reason": TOO_LONG}, [invalid("lost_reason", "too_long", limit=1000)]),
        ],
    ),
    "a move from the deal's page": Form(
        "rep1", "/deals/{deal}/moves", {"stage": "data_collection", "from": "deal"}, "/deals/{deal}"
    ),
    "a next step": Form(
        "rep1",
        "/deals/{deal}/next_steps",
        {"step": "Call on Friday", "due": "2026-11-27T10:00", "from": "deal"},
        "/deals/{deal}",
        part="Call on Friday",
        refused=[
            ({"step": " ", "due": "2026-11-27T10:00", "from": "deal"}, [invalid("step", "blank")]),
            ({"step": "Call & ask", "due": "", "from": "deal"}, [invalid("due", "blank")]),
            ({"step": "Call & ask", "due": "soon", "from": "deal"}, [invalid("due", "not_a_time")]),
            ({"step": "Call & ask", "due": "2026-11-24T09:00", "from": "deal"}, [invalid("due", "in_the_past")]),
            (
                {"step": "Call", "due": "2026-11-27T10:00", "assignee": "77777", "from": "deal"},
                [invalid("assignee", "no_such_person")],
            ),
        ],
    ),
    "a next step from the card's menu": Form(
        "rep1",
        "/deals/{deal}/next_steps",
        {"step": "Send the offer", "due": "2026-11-27T10:00", "from": "board"},
        "/",
        part='data-next="agreed"',
        refused=[({"step": " ", "due": "2026-11-27T10:00", "from": "board"}, [invalid("step", "blank")])],
    ),
    "a deletion": Form("rep1", "/deals/{deal}/deletions", {}, "/", 204),
    "an invoice": Form(
        "rep1",
        "/deals/{deal}/invoices",
        {"number": "77-{deal}", "amount": "1500", "due_on": "2026-12-31"},
        "/deals/{deal}",
        part="77-",
        refused=[
            ({"number": "N 1", "amount": "0"}, [invalid("amount", "not_positive")]),
            ({"number": "N 1", "amount": "1.2.3"}, [invalid("amount", "not_a_number")]),
            ({"number": " ", "amount": "15"}, [invalid("number", "blank")]),
            ({"number": "N-{deal}", "amount": "15"}, [invalid("number", "taken")]),
            ({"number": "N 1", "amount": "15", "due_on": "soon"}, [invalid("due_on", "not_a_date")]),
            ({"number": "N 1", "amount": "15", "due_on": "2026-01-01"}, [invalid("due_on", "before_issued")]),
        ],
    ),
    "a payment": Form(
        "rep1",
        "/invoices/{invoice}/payments",
        {},
        "/deals/{deal}",
        part='id="deal-sheet"',
        refused=[
            ({"amount": "1000.01"}, [invalid("amount", "over_balance", balance=100_000, currency="RUB")]),
            ({"amount": "0"}, [invalid("amount", "not_positive")]),
        ],
    ),
    "a reply": Form(
        "rep1",
        "/conversations/{conversation}/messages",
        {"text": "Good day"},
        "/deals/{deal}",
        part="Good day",
        refused=[
            ({"text": " \n "}, [invalid("text", "blank")]),
            ({"text": TOO_LONG + "end"}, [invalid("text", "too_long", limit=10_000)]),
        ],
    ),
    "an answer elsewhere": Form(
        "rep1",
        "/conversations/{conversation}/answers_elsewhere",
        {"how": "call", "text": "Agreed by phone"},
        "/deals/{deal}",
        part="Agreed by phone",
        refused=[
            ({"how": "pigeon", "text": "Coo"}, [not_an_option("how", conversations.HOWS)]),
            ({"how": "call", "text": TOO_LONG + "end"}, [invalid("text", "too_long", limit=10_000)]),
        ],
    ),
    "what matters, taken": Form("north", "/important/{item}/takings", {}, "/important", part='data-state="taken"'),
    "what matters, several taken": Form(
        "north", "/important/takings", {"item": "{item}"}, "/important", part='data-state="taken"'
    ),
    "what matters, work accepted": Form(
        "north", "/important/{handed_in_item}/acceptances", {}, "/important", part='data-state="settled"'
    ),
    "what matters, work returned": Form(
        "north",
        "/important/{handed_in_item}/returns",
        {"reason": "The day is missing"},
        "/important",
        part='data-state="settled"',
        refused=[({"reason": " \n "}, [invalid("reason", "blank")])],
    ),
    "what matters, put aside": Form(
        "north",
        "/important/{item}/snoozings",
        {"until": "client_answers"},
        "/important",
        part='id="important"',
        refused=[
            ({"until": ""}, [invalid("until", "blank")]),
            ({"until": "2026-11-23T10:00"}, [invalid("until", "in_the_past")]),
        ],
    ),
    "what matters, handed on": Form(
        "north",
        "/important/{item}/handovers",
        {"to": "{owner}"},
        "/important",
        part='id="important"',
        refused=[({"to": "77777"}, [invalid("to", "no_such_person")])],
    ),
    "what matters, asked about": Form(
        "north",
        "/important/{item}/questions",
        {"text": "Why so late?"},
        "/important",
        part="Why so late?",
        refused=[({"text": " \n "}, [invalid("text", "blank")])],
    ),
    "what matters, explained": Form(
        "rep1",
        "/important/{item}/explanations",
        {"text": "The client asked to wait"},
        "/important",
        part='id="important"',
        refused=[({"text": " \n "}, [invalid("text", "blank")])],
    ),
    "what matters, done": Form(
        "north",
        "/important/{item}/settlements",
        {"text": "Looked at it"},
        "/important",
        part='id="important"',
        refused=[({"text": TOO_LONG}, [invalid("text", "too_long", limit=2000)])],
    ),
    "a new contact": Form(
        "rep2",
        "/contacts",
        {"name": "Anna", "email": "anna@example.com", "company": "Anna & Co", "contact.vip": "on", "anyway": "on"},
        r"/contacts/\d+",
        204,
        refused=[
            ({"name": "", "company": "Big & Co"}, [invalid("name", "blank")]),
            (
                {"name": "Anna", "phone": "call me", "email": "at home"},
                [Refused("bad_fields"), invalid("phone", "not_a_phone"), invalid("email", "not_an_email")],
            ),
            ({"name": "Anna", "contact.vip": "maybe"}, [invalid("vip", "not_yes_or_no")]),
            ({"name": "Anna", "company": TOO_LONG}, [invalid("company", "too_long", limit=200)]),
        ],
        is_page=True,
    ),
    "a contact": Form(
        "rep1",
        "/contacts/{contact}",
        {"name": "Anna", "phone": "8 912 000-00-02", "version": "1", "anyway": "on"},
        "/contacts/{contact}",
        204,
        refused=[
            ({"name": "  "}, [invalid("name", "blank")]),
            ({"name": "Anna", "email": "anna@"}, [invalid("email", "not_an_email")]),
        ],
        is_page=True,
    ),
    "two contacts made one": Form(
        "rep1",
        "/contacts/{contact}/merges",
        {"into": "{double}", "version": "1", "into_version": "1", "name": "goes"},
        "/contacts/{double}",
        204,
        is_page=True,
    ),
    "a profile": Form(
        "rep2",
        "/profile",
        ME,
        "/profile",
        204,
        refused=[
            ({**ME, "name": " "}, [invalid("name", "blank")]),
            ({**ME, "time_zone": "Mars/Base"}, [invalid("time_zone", "unknown_zone")]),
            ({**ME, "locale": "xx", "theme": "neon"}, [Refused("bad_fields"), not_an_option("theme", THEMES)]),
            ({**ME, "current": "lesson", "password": "short"}, [invalid("password", "too_short", limit=8)]),
            ({**ME, "current": "wrong", "password": "long enough"}, [invalid("current", "wrong_password")]),
        ],
        is_page=True,
        is_same_twice=True,
    ),
    "a browser signed out": Form(
        "rep1", "/profile/sessions/{session}/endings", {}, "/profile#ways-in", 204, is_page=True
    ),
    "a key ended": Form("rep1", "/profile/tokens/{token}/endings", {}, "/profile#ways-in", 204, is_page=True),
    "a person's account": Form(
        "admin",
        "/settings/people/{owner}",
        {"name": "Ivan {deal}", "email": "rep1@dozor.example", "phone": "8 912 000-00-02", "is_admin": "on"}
        | {"sure": "on"},
        "/settings/people/{owner}",
        204,
        refused=[
            (
                {"name": " ", "email": "at home", "phone": "call me"},
                [Refused("bad_fields"), invalid("email", "not_an_email"), invalid("phone", "not_a_phone")],
            ),
            ({"name": "Ivan", "email": "admin@dozor.example"}, [invalid("email", "email_taken")]),
            ({"name": "Ivan", "place.1": "owner"}, [not_an_option("place.1", PLACES)]),
            ({"name": "Ivan", "locale": "xx"}, [not_an_option("locale", LOCALES)]),
            ({"name": "Ivan", "time_zone": "Mars/Base"}, [invalid("time_zone", "unknown_zone")]),
            ({"name": "Ivan", "is_admin": "maybe"}, [invalid("is_admin", "not_yes_or_no")]),
        ],
        is_page=True,
    ),
    "the firm": Form(
        "admin",
        "/settings/firm",
        {"firm": "Arsenal {deal}", "rep_sees": "own", "country": "DE", "locale": "ru", "time_zone": "Europe/Berlin"}
        | {"waiting": "keep", "sure": "on"},
        "/settings/firm",
        204,
        refused=[
            ({"firm": " "}, [invalid("firm", "blank")]),
            ({"firm": "A & Co", "country": "owner"}, [invalid("country", "no_such_country")]),
            ({"firm": "A & Co", "currency": "owner"}, [invalid("currency", "no_such_currency")]),
            ({"firm": "A & Co", "rep_sees": "owner"}, [not_an_option("rep_sees", REP_SEES)]),
        ],
        is_page=True,
    ),
    "the hours of a calendar": Form(
        "admin",
        "/settings/calendars/1",
        {"hours.4": "9-13, 14-17", "zone": "Europe/Moscow", "waiting": "keep"},
        r"/settings/calendars/1\?year=2026",
        204,
        refused=[
            ({"hours.0": "from nine to six", "hours.1": "9-13"}, [invalid("hours.0", "not_hours")]),
            ({"hours.2": "14-18, 9-13"}, [invalid("hours.2", "not_in_order")]),
            ({"zone": "Mars/Base"}, [invalid("zone", "unknown_zone")]),
            ({"country": "XX"}, [invalid("country", "unknown_country")]),
        ],
        is_page=True,
        is_same_twice=True,
    ),
    "an absence": Form(
        "rep1",
        "/people/{owner}/absences",
        {"from_on": "2026-12-01", "until_on": "2026-12-14", "cover_id": ""},
        "/people/{owner}",
        204,
        refused=[
            ({"from_on": "", "until_on": "2026-12-01"}, [invalid("from_on", "blank")]),
            ({"from_on": "2026-12-02", "until_on": "2026-12-01"}, [invalid("until_on", "bad_range", limit=366)]),
            (
                {"from_on": "2026-12-02", "until_on": "2026-12-03", "cover_id": "{owner}"},
                [invalid("cover_id", "not_a_cover")],
            ),
        ],
        is_page=True,
    ),
    "a season": Form(
        "admin",
        "/settings/seasons",
        {"name": "Action", "from_on": "2027-02-01", "until_on": "2027-02-05", "scope": "firm", "change": "pause"},
        "/settings/seasons",
        204,
        refused=[
            ({**SEASON, "name": " "}, [invalid("name", "blank")]),
            ({**SEASON, "until_on": "2027-01-01"}, [invalid("until_on", "bad_range", limit=366)]),
            ({**SEASON, "factor": "0"}, [invalid("factor", "bad_factor")]),
            ({**SEASON, "scope": "owner"}, [not_an_option("scope", SCOPES)]),
        ],
        is_page=True,
    ),
    "a day of a calendar": Form(
        "admin",
        "/settings/calendars/1/days",
        {"day": "2026-12-30", "kind": "hours", "hours": "9-13", "waiting": "keep"},
        r"/settings/calendars/1\?year=2026",
        204,
        refused=[
            ({"day": "tomorrow", "kind": "closed"}, [invalid("day", "not_a_date")]),
            (
                {"day": "2026-12-30", "until": "2026-12-29", "kind": "closed"},
                [invalid("until", "bad_range", limit=366)],
            ),
            ({"day": "2026-12-30", "kind": "hours", "hours": "all day"}, [invalid("hours", "not_hours")]),
            ({"day": "2026-12-30", "kind": "hours", "hours": " "}, [invalid("hours", "no_hours")]),
            ({"day": "2026-12-30", "kind": "maybe"}, [not_an_option("kind", KINDS)]),
        ],
        is_page=True,
        is_same_twice=True,
    ),
    "a task without a deal": Form(
        "rep1",
        "/tasks",
        {"title": "Order the catalogue", "assignee_id": "{owner}", "acceptor_id": "usual", "working_days": "2"},
        r"/tasks/\d+",
        204,
        refused=[
            ({"title": "  ", "assignee_id": "{owner}"}, [invalid("title", "blank")]),
            ({"title": "Order", "assignee_id": "999"}, [invalid("assignee_id", "no_such_person")]),
            ({"title": "Order", "assignee_id": "{owner}", "due_at": "someday"}, [invalid("due_at", "not_a_time")]),
            (
                {"title": "Order", "assignee_id": "{owner}", "acceptor_id": "{owner}"},
                [invalid("acceptor_id", "own_work")],
            ),
        ],
        is_page=True,
    ),
    "a task on a deal": Form(
        "rep1",
        "/deals/{deal}/tasks",
        {"title": "Order the catalogue", "assignee_id": "{owner}"},
        "/deals/{deal}",
        part='id="deal-sheet"',
        refused=[
            ({"title": "  ", "assignee_id": "{owner}"}, [invalid("title", "blank")]),
            (
                {"title": "Order", "assignee_id": "{owner}", "working_days": "many"},
                [invalid("working_days", "bad_amount", limit=1000)],
            ),
            (
                {"title": "Order", "assignee_id": "{owner}", "working_days": "2", "due_at": "2026-12-01T10:00"},
                [invalid("working_days", "one_deadline")],
            ),
        ],
    ),
    "a task taken in hand": Form("rep1", "/tasks/{task}/starts", {}, "/tasks/{task}", part='data-state="in_progress"'),
    "a task handed in": Form(
        "rep1",
        "/tasks/{task}/submissions",
        {"result": "Agreed"},
        "/tasks/{task}",
        part='data-state="awaiting_acceptance"',
        refused=[({"result": TOO_LONG + "end"}, [invalid("result", "too_long", limit=10_000)])],
    ),
    "work accepted": Form(
        "north", "/tasks/{handed_in}/acceptances", {}, "/tasks/{handed_in}", part='data-state="done"'
    ),
    "work returned": Form(
        "north",
        "/tasks/{handed_in}/returns",
        {"reason": "Ask again"},
        "/tasks/{handed_in}",
        part='data-state="in_progress"',
        refused=[
            ({"reason": "  "}, [invalid("reason", "blank")]),
            ({"reason": TOO_LONG + "end"}, [invalid("reason", "too_long", limit=10_000)]),
        ],
    ),
    "a notification read": Form("rep1", "/notifications/{notification}/readings", {}, "/inbox", 204),
    "all notifications read": Form("rep1", "/inbox/readings", {}, "/inbox", part='id="inbox"', is_same_twice=True),
}
REFUSALS = [
    pytest.param(form, sends, says, id=f"{name}-{n}")
    for name, form in FORMS.items()
    for n, (sends, says) in enumerate(form.refused)
]


def send(who: Browser, at: Scene, form: Form, sends: dict[str, str] | None = None, **headers: str) -> Any:
    body = {key: at.fill(value) for key, value in (form.sends if sends is None else sends).items()}
    return who.post(at.fill(form.path), data=body, headers=headers)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_form_works_plain_and_by_htmx(app: Flask, clock: Any, form: Form) -> None:
    plain, parts = scene(app), scene(app, title="Deal of North-West")
    who, before = browser(app, form.who), rows(app)
    answer = send(who, plain, form)
    assert answer.status_code == 303, answer.text
    assert re.fullmatch(plain.fill(form.goes_to), answer.headers["Location"])
    assert who.get(answer.headers["Location"]).status_code == 200
    between = rows(app)
    assert between != before
    answer = send(who, parts, form, **HTMX)
    assert answer.status_code == form.htmx
    assert parts.fill(form.part) in answer.text
    assert "<html" not in answer.text
    assert (rows(app) == between) == form.is_same_twice
    if form.htmx == 204 and form.goes_to != "/inbox":
        assert re.fullmatch(parts.fill(form.goes_to), answer.headers["HX-Redirect"])


@dataclass(frozen=True)
class Firm:
    app: Flask
    locale: str
    scene: Scene
    people: dict[str, Browser]


@pytest.fixture(scope="module", params=["en", "ru"])
def firm(
    request: pytest.FixtureRequest,
    templates: dict[str, Any],
    redis_server: servers.RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Firm]:
    folder = tmp_path_factory.mktemp("litany")
    with standing_firm(templates, redis_server, folder, request.param) as app:
        yield Firm(app, request.param, scene(app), {name: browser(app, name) for name in PEOPLE})


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize(("form", "sends", "says"), REFUSALS)
def test_a_refused_form_keeps_what_was_typed_and_says_what_to_do(
    firm: Firm, form: Form, sends: dict[str, str], says: list[Refused], headers: dict[str, str]
) -> None:
    before = rows(firm.app)
    answer = send(firm.people[form.who], firm.scene, form, sends, **headers)
    shown = html.unescape(answer.text)
    assert answer.status_code == says[0].status
    for each in says:
        asked = [missing.label[firm.locale] for missing in each.missing]
        assert all(words in shown for words in asked or [said(firm.app, firm.locale, each)])
    for name, value in sends.items():
        typed = firm.scene.fill(value)
        is_kept = name not in (
            "version",
            "stage",
            "client",
            "responsible",
            "theme",
            "locale",
            "time_zone",
            "current",
            "password",
        )
        assert not is_kept or typed in ("huge", "maybe", "owner") or typed in shown, name
    assert ("<html" in shown) == (form.is_page or not headers)
    assert headers or f'<html lang="{firm.locale}"' in shown
    assert rows(firm.app) == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_write_without_the_pages_token_is_refused(firm: Firm, form: Form, headers: dict[str, str]) -> None:
    before, who = rows(firm.app), firm.people[form.who]
    for token in ("", firm.people["north" if form.who != "north" else "rep1"].token, "made up"):
        answer = send(who, firm.scene, form, **headers, **{"X-CSRFToken": token})
        assert answer.status_code == 400
        assert "<h1>" in answer.text or "<h3>" in answer.text
    assert rows(firm.app) == before


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_get_writes_nothing(firm: Firm, form: Form) -> None:
    before = rows(firm.app)
    path = firm.scene.fill(form.path)
    sends = {key: firm.scene.fill(value) for key, value in form.sends.items()}
    for method in ("GET", "HEAD"):
        answer = firm.people[form.who].open(path, method=method, query_string=sends)
        assert answer.status_code in (200, 405)
    assert rows(firm.app) == before
