"""What no honest page sends: markup in every text, rubbish in every field, columns that a form does not have."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company, servers
from tests.views.scenes import HTMX, Browser, Scene, browser, rows, scene, standing_firm
from tests.views.test_litany import FORMS, Form
from webapp.access.scopes import SYSTEM
from webapp.db import transaction
from webapp.models import Contact, Deal, Field, Robot, Stage, User
from webapp.services import contacts, deals, inquiries, invoices, tasks
from webapp.snapshots.setups import changed

PAYLOADS = (  # no longer than an invoice's number may be
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)></textarea></title><b id=injected>",
    "{{ 7*7 }}{% raw %}${7*7} %(deal)s %s {0} {deal.title}",
    '" autofocus onfocus=alert(1) x="&lt;b&gt;--><hx-partial>',
)


class Reading(HTMLParser):
    """Notes whatever a browser would run or take for our own markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.words: list[str] = []
        self.is_in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        if tag in ("img", "script") and not names.get("src", "").startswith("/static/"):
            self.found.append(f"<{tag} {names}>")
        self.found += [f"{tag}[{name}]" for name in names if name.startswith("on") or name == "srcdoc"]
        self.found += [f"{tag}#injected" for value in [names.get("id")] if value == "injected"]
        for name in ("href", "action", "formaction", "src", "hx-get", "hx-post"):
            value = names.get(name, "/")
            if not value.startswith(("/", "#", "tel:+", "mailto:")) or value.startswith("//"):
                self.found.append(f"{tag}[{name}={value}]")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(text: str) -> Reading:
    reading = Reading()
    reading.feed(text)
    reading.close()
    return reading


@dataclass(frozen=True)
class Firm:
    app: Flask
    scene: Scene
    who: dict[str, Browser]


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Firm]:
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("hostile")) as app:
        yield Firm(app, scene(app), {name: browser(app, name) for name in ("rep1", "rep2", "north", "admin")})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_any_text_is_shown_as_text_on_every_page(app: Flask, clock: Any, payload: str) -> None:
    at = scene(app)
    with app.app_context(), transaction() as current:
        by, boss = company.acting("rep1"), company.acting("north")
        deal, contact = current.get_one(Deal, at.deal), current.get_one(Contact, at.contact)
        deals.edit(deal, {"title": payload}, by=by)
        contacts.edit(contact, {"name": payload}, by, own={"vip": "on"}, company=payload)
        inquiries.receive("chat", {"name": payload, "external_id": contact.external_id}, payload, SYSTEM)
        invoices.issue(deal, payload, 100, by)
        task = tasks.create_by_hand(payload, payload, at.owner, boss, deal=deal, accept=True)
        tasks.submit(task, payload, by)
        tasks.send_back(task, payload, boss)
        tasks.submit(task, payload, by)
        current.get_one(User, at.owner).name = payload
        for robot in current.scalars(select(Robot)):
            robot.name = {"en": payload}
        current.scalars(select(Field).where(Field.key == "vip")).one().label = {"en": payload}
        current.scalars(select(Stage).where(Stage.key == "new")).one().name = {"en": payload}
        changed()
    paths = (
        "/",
        f"/deals/{at.deal}",
        f"/contacts/{at.contact}",
        "/contacts",
        "/inbox",
        "/bell",
        "/frame?seq=0",
        "/tasks?list=all",
        f"/tasks/{task.id}",
        f"/deals/{at.deal}/moves/new",
        "/profile",
        "/search?q=a",
        "/deals/new",
    )
    seen = ""
    for name in ("rep1", "north"):
        who = browser(app, name)
        for path in paths:
            reading = read(who.get(path, headers=HTMX if name == "north" else {}).text)
            assert reading.found == [], path
            seen += "".join(reading.words)
        sends = {"stage": "lost", "deal.lost_reason": payload * 200}
        refused = who.post(f"/deals/{at.deal}/moves", data=sends, headers=HTMX)
        assert (refused.status_code, read(refused.text).found) == (422, [])
    assert payload in seen


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_an_address_comes_back_as_text(firm: Firm, payload: str) -> None:
    names = ("q", "list", "mark", "tag", "responsible", "kind", "sort", "page", "seq", "before", "view")
    for path in ("/", "/contacts", "/search", "/deals", "/tasks", "/inbox", "/frame"):
        answer = firm.who["rep1"].get(path, query_string=dict.fromkeys(names, payload))
        assert (answer.status_code, read(answer.text).found) == (200, []), path
    for path, name in (("/deals/new", "stage"), ("/", "pipeline"), ("/sign-in", "next")):
        answer = firm.app.test_client().get(path, query_string={name: payload})
        assert read(answer.text).found == [], path
        assert read(firm.who["rep1"].get(path, query_string={name: payload}).text).found == [], path


# Rubbish -------------------------------------------------------------------------------------------------------------

RUBBISH = (
    "",
    "-1",
    "1e309",
    "NaN",
    "9" * 30,
    "9" * 5000,
    "²",
    "٣",
    "1\x00",
    "\ud800",
    "\U0001f4a9" * 300,
    "2026-02-30",
    "0001-01-01",
    "%00' OR 1=1 --",
)
HUGE = "x" * 1_000_000
FIELDS = {
    "/deals": (
        "title",
        "amount",
        "stage",
        "pipeline",
        "contact",
        "phone",
        "deal.equipment_type",
        "deal.amount",
        "quick",
    ),
    "/deals/{deal}": ("title", "amount", "responsible", "version", "deal.equipment_type", "deal.title", "deal."),
    "/deals/{deal}/moves": ("stage", "before", "after", "version", "deal.lost_reason", "deal.amount", "contact.vip"),
    "/deals/{deal}/invoices": ("number", "amount", "due_on"),
    "/invoices/{invoice}/payments": ("amount",),
    "/conversations/{conversation}/messages": ("text",),
    "/contacts": ("name", "phone", "email", "company", "contact.vip", "contact.name"),
    "/contacts/{contact}": ("name", "phone", "email", "company", "version", "contact.vip"),
    "/profile": ("name", "locale", "time_zone"),
    "/tasks/{task}/submissions": ("result",),
    "/tasks/{handed_in}/returns": ("reason", "prompt"),
    "/tasks/{handed_in}/acceptances": ("prompt",),
}
FUZZED = {name: form for name, form in FORMS.items() if form.path in FIELDS and "from" not in form.sends}


@pytest.mark.parametrize("form", FUZZED.values(), ids=FUZZED)
def test_rubbish_in_a_field_is_told_and_never_breaks_anything(firm: Firm, form: Form) -> None:
    at = scene(firm.app, title=f"Deal of {form.path}: {' '.join(form.sends)}")  # two forms have one path
    who, path = firm.who[form.who], at.fill(form.path)
    good = {key: at.fill(value) for key, value in form.sends.items() if key != "version"}
    for n, name in enumerate(FIELDS[form.path]):
        for value in (*RUBBISH, *([HUGE] if n == 0 else [])):
            sends = {**good, name: value, **({"stage": "lost"} if name == "deal.lost_reason" else {})}
            sends |= {"number": f"{n} {value[:9]}".replace("\x00", "")} if "number" in good and name != "number" else {}
            answer = who.post(path, data=body(sends), content_type="application/x-www-form-urlencoded", headers=HTMX)
            assert answer.status_code < 500, (name, value[:40])
            assert answer.status_code < 400 or words_of(answer.text), (name, value[:40], answer.text[:300])
            assert "\x00" not in value or answer.status_code == 400, (name, value[:40])


def body(sends: dict[str, str]) -> str:
    """A form as a browser sends it, lone surrogates and all."""
    return "&".join(f"{octets(key)}={octets(value)}" for key, value in sends.items())


def octets(value: str) -> str:
    return quote(value.encode("utf-8", "surrogatepass"))


def words_of(text: str) -> str:
    """What a refusal says: a toast's or a page's heading, or the line beside the field."""
    found = re.findall(r'<h[123]>(?:<a[^>]*>)?([^<]+)<|class="wrong" role="alert">([^<]+)<', text)
    return " ".join(html.unescape("".join(each)) for each in found).strip()


def test_a_body_that_is_too_large_is_told(firm: Firm) -> None:
    before = rows(firm.app)
    for headers in ({}, HTMX):
        answer = firm.who["rep1"].post("/deals", data={"title": "x" * (3 * 1024 * 1024)}, headers=headers)
        assert answer.status_code == 413
        assert words_of(answer.text)
    assert rows(firm.app) == before


def test_a_body_of_another_kind_is_no_form(firm: Firm) -> None:
    before, at = rows(firm.app), firm.scene
    for path in (f"/deals/{at.deal}/moves", "/deals", "/contacts"):
        for kind in ("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"):
            answer = firm.who["rep1"].post(path, data=b'{"stage": "won", "title": "x"}', content_type=kind)
            assert answer.status_code in (400, 404, 422), (path, kind)
    assert rows(firm.app) == before


PARAMETERS = {
    "/": ("q", "mine", "mark", "tag", "responsible", "department", "least", "amount", "pipeline"),
    "/pipelines/sales/stages/new/cards?id=1&position=1": ("q", "responsible"),
    "/pipelines/sales/stages/new/cards?id=1": ("position",),
    "/pipelines/sales/stages/new/cards?position=1": ("id",),
    "/contacts": ("q", "page"),
    "/deals": ("q", "page", "kind", "sort"),
    "/deals/new": ("stage",),
    "/tasks": ("list",),
    "/inbox": ("before",),
    "/frame": ("seq",),
    "/search": ("q",),
    "/sign-in": ("next",),
}


@pytest.mark.parametrize("path", PARAMETERS)
def test_rubbish_in_an_address_is_no_page_or_passed_over(firm: Firm, path: str) -> None:
    for name in PARAMETERS[path]:
        for value in ("", "-1", "1e309", "NaN", "9" * 5000, "²", "1\x00", "\ud800", "%00' OR 1=1 --"):
            answer = firm.who["rep1"].get(f"{path}{'&' if '?' in path else '?'}{name}={octets(value[:3000])}")
            told = 422 if (path, name) == ("/", "amount") else 200  # which somebody has typed
            assert answer.status_code in (200, 303, 400, 404, told), (name, value[:40])
            assert "\x00" not in value or answer.status_code == 400, (name, value[:40])


@pytest.mark.parametrize("each", ["-1", "99999999999999999999", "1.5", "x", "%00", "1%00"])
def test_rubbish_for_an_id_is_no_page(firm: Firm, each: str) -> None:
    for path in ("/deals/{}", "/contacts/{}", "/tasks/{}", "/deals/{}/needs", "/deals/{}/moves/new"):
        assert firm.who["rep1"].get(path.format(each)).status_code in (400, 404), path


# Columns that a form does not have -----------------------------------------------------------------------------------

PLANTED = "987654"
WHOLE = re.compile(rf"(?<![\d.]){PLANTED}(?!\d)")  # a card's place among others may have these digits in it by chance
EXTRA = (
    "id", "owner", "owner_id", "responsible_id", "department", "department_id", "pipeline_id", "stage_id", "visit_id",
    "state", "created_by", "created_by_id", "created_at", "closed_at", "deleted_at", "entered_at", "currency",
    "position", "source", "external_id", "paid_minor", "amount_minor", "is_admin", "is_active", "password_hash", "role",
    "user_id", "by_id", "direction", "at", "channel", "assignee_id", "acceptor_id", "creator_id", "accept",
    "returns_count", "fields", "facts", "read_at", "seq", "kind", "deal_id", "contact_id", "conversation_id",
)  # fmt: skip
OWN = {("/settings/firm", "currency"), ("/tasks", "acceptor_id"), ("/deals/{deal}/tasks", "acceptor_id")}
OWN |= {("/contacts/{contact}/merges", "external_id")}
numbers = count(100)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_a_form_does_not_have_changes_nothing(firm: Firm, form: Form) -> None:
    n = next(numbers)
    at = scene(firm.app, title=f"Deal {n}")
    sends = {key: at.fill(value) for key, value in form.sends.items()}
    sends |= {key: value for key, value in own_of(n) if key in sends}
    foreign = [each for each in EXTRA if (form.path, each) not in OWN]
    people = powers(firm.app)
    answer = firm.who[form.who].post(at.fill(form.path), data={**dict.fromkeys(foreign, PLANTED), **sends})
    assert answer.status_code == 303, answer.text
    found = [(table, row) for table, all_rows in rows(firm.app).items() for row in all_rows if WHOLE.search(str(row))]
    assert found == []
    assert "is_admin" in form.sends or powers(firm.app) == people  # an admin may make another one


def own_of(n: int) -> list[tuple[str, str]]:
    """What no other test has sent before: neither a number that is taken, nor a namesake, who is asked about."""
    return [("phone", f"+7 912 000-01-{n - 80}"), ("number", f"M-{n}"), ("contact", f"Client No. {n}")]


def powers(app: Flask) -> list[tuple[bool, bool]]:
    return [(each.is_admin, each.is_active) for each in rows(app)["app_user"]]
