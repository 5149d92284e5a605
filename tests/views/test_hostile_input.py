"""What no honest page sends: markup in every text, rubbish in every field, columns that a form does not have."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import company, servers
from tests.views.scenes import HTMX, Browser, Scene, browser, row, rows, scene, standing_firm
from tests.views.test_litany import FORMS, ME, Form
from webapp.actors import SYSTEM
from webapp.db import session, transaction
from webapp.models import Company, Contact, Deal, Field, Message, Robot, Stage, User
from webapp.services import contacts, deals, inquiries, invoices, tasks
from webapp.setups import changed

PAYLOADS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)//",
    "{{ 7*7 }}{% raw %}${7*7}#{7*7}",
    "%(deal)s %s {0} {deal.title} {contact.__class__}",
    "<hx-partial hx-target='#toasts'><b id=injected>",
    "\" autofocus onfocus=alert(1) x=\"",
    "--><b id=injected>",
    "&lt;b&gt; &amp; &#39;",
)
ALLOWED = re.compile(r"^(?:[a-z0-9]+|svg|use|hx-partial)$")


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
        task = tasks.create_by_hand(payload, payload, by.user_id or 0, boss, deal=deal, accept=True)
        tasks.submit(task, payload, by)
        tasks.send_back(task, payload, boss)
        tasks.submit(task, payload, by)
        current.get_one(User, by.user_id).name = payload[:100]
        current.scalars(select(Robot)).first().name = {"en": payload}  # type: ignore[union-attr]
        current.scalars(select(Field).where(Field.key == "vip")).one().label = {"en": payload}
        current.scalars(select(Stage).where(Stage.key == "new")).one().name = {"en": payload}
        changed()
    seen = ""
    for name in ("rep1", "north"):
        who = browser(app, name)
        for path in ("/", f"/deals/{at.deal}", f"/contacts/{at.contact}", "/contacts", "/inbox", "/bell", "/frame?seq=0",
                     "/tasks?list=all", f"/tasks/{task.id}", f"/deals/{at.deal}/moves/new", "/profile", "/deals/new",
                     "/search?q=a", "/deals"):
            for headers in ({}, HTMX):
                answer = who.get(path, headers=headers)
                assert answer.status_code == 200, path
                reading = read(answer.text)
                assert reading.found == [], path
                assert "49" not in re.findall(r"\{\{ 7|49\$\{", answer.text)
                seen += "".join(reading.words)
        refused = who.post(f"/deals/{at.deal}/moves", data={"stage": "lost", "deal.lost_reason": payload * 200}, headers=HTMX)
        assert (refused.status_code, read(refused.text).found) == (422, [])
    assert payload in seen


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markup_in_an_address_comes_back_as_text(firm: Firm, payload: str) -> None:
    for path in ("/", "/contacts", "/search", "/deals", "/tasks", "/deals/new", "/inbox", "/frame"):
        for name in ("q", "list", "stage", "pipeline", "mark", "tag", "responsible", "kind", "sort", "page", "seq", "before"):
            answer = firm.who["rep1"].get(path, query_string={name: payload})
            assert answer.status_code in (200, 404), (path, name)
            assert read(answer.text).found == [], (path, name)
    signing_in = firm.app.test_client().get("/sign-in", query_string={"next": payload})
    assert read(signing_in.text).found == []


# Rubbish -------------------------------------------------------------------------------------------------------------

NAMES = (
    "title", "amount", "responsible", "version", "contact", "phone", "stage", "pipeline", "before", "after", "from",
    "deal.equipment_type", "deal.lost_reason", "deal.amount", "deal.title", "deal.", "contact.vip", "contact.name",
    "number", "due_on", "text", "name", "email", "company", "locale", "theme", "time_zone", "current", "password",
    "result", "reason", "prompt", "query", "deal", "quick", "next",
)
RUBBISH = (
    "",
    " ",
    "-1",
    "0",
    "1e309",
    "NaN",
    "9" * 30,
    "9" * 5000,
    "²",
    "٣",
    "1\x00",
    "\x00",
    "\x1b[2J",
    "\ud800",
    "\U0001f4a9" * 300,
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%00",
    "x" * 1_000_000,
    "[]",
    "null",
)


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
        yield Firm(app, scene(app), {name: browser(app, name) for name in ("rep1", "rep2", "north")})


def encoded(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


WRITES = {name: form for name, form in FORMS.items() if "deletion" not in name}


@pytest.mark.parametrize("form", WRITES.values(), ids=WRITES)
def test_rubbish_in_a_field_is_told_and_never_breaks_anything(app: Flask, clock: Any, form: Form) -> None:
    at = scene(app)
    who, path = browser(app, form.who), at.fill(form.path)
    good = {key: at.fill(value) for key, value in form.sends.items()}
    for name in dict.fromkeys((*good, *relevant(form))):
        for value in RUBBISH:
            body = "&".join(f"{quoted(key)}={quoted(each)}" for key, each in {**good, name: value}.items())
            answer = who.post(path, data=body, content_type="application/x-www-form-urlencoded", headers=HTMX)
            assert answer.status_code < 500, (name, value[:40])
            if answer.status_code >= 400:
                assert words_of(answer.text), (name, value[:40], answer.text[:300])
            if any(c in value for c in "\x00\x1b"):
                assert answer.status_code == 400


def relevant(form: Form) -> list[str]:
    """The fields that this kind of form reads, or that another form does."""
    kinds = {
        "/deals": ("title", "amount", "stage", "pipeline", "contact", "phone", "deal.equipment_type", "deal.amount"),
        "/deals/{deal}": ("title", "amount", "responsible", "version", "deal.equipment_type", "deal.title", "deal."),
        "/deals/{deal}/moves": ("stage", "before", "after", "from", "deal.lost_reason", "deal.amount", "contact.vip"),
        "/deals/{deal}/invoices": ("due_on",),
        "/invoices/{invoice}/payments": ("amount",),
        "/contacts": ("phone", "contact.vip", "contact.name"),
        "/contacts/{contact}": ("email", "company", "contact.vip"),
        "/profile": ("current", "password"),
    }
    return [*kinds.get(form.path, ()), "prompt"]


def quoted(value: str) -> str:
    from urllib.parse import quote

    return quote(encoded(value))


def words_of(text: str) -> str:
    """What a refusal says: a toast's or a page's heading, or the line beside the field."""
    found = re.findall(r'<h[13]>(?:<a[^>]*>)?([^<]+)<|class="wrong" role="alert">([^<]+)<', text)
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


def test_rubbish_in_an_address_is_no_page_or_passed_over(firm: Firm) -> None:
    paths = ("/", "/stages/new/cards", "/contacts", "/tasks", "/inbox", "/frame", "/deals", "/search", "/deals/new")
    names = ("q", "id", "position", "page", "before", "seq", "list", "mine", "mark", "tag", "responsible", "department",
             "least", "amount", "pipeline", "stage", "kind", "sort")
    for path in paths:
        for name in names:
            for value in RUBBISH[:-3]:
                query = f"{'id=1&position=1&' if 'cards' in path else ''}{name}={quoted(value[:3000])}"
                answer = firm.who["rep1"].get(f"{path}?{query}")
                assert answer.status_code in (200, 400, 404), (path, name, value[:40])
    for each in ("-1", "99999999999999999999", "1.5", "x", "%00", "1%00", "٣"):
        for path in ("/deals/{}", "/contacts/{}", "/tasks/{}", "/deals/{}/needs", "/deals/{}/moves/new"):
            assert firm.who["rep1"].get(path.format(each)).status_code in (400, 404), (path, each)


# Columns that a form does not have -----------------------------------------------------------------------------------

EXTRA = {
    "id": "999",
    "owner": "1",
    "owner_id": "1",
    "responsible_id": "1",
    "department_id": "1",
    "pipeline_id": "1",
    "stage_id": "5",
    "state": "done",
    "created_by": "1",
    "created_by_id": "1",
    "created_at": "2020-01-01T00:00:00Z",
    "closed_at": "2020-01-01",
    "deleted_at": "2020-01-01",
    "entered_at": "2020-01-01",
    "currency": "USD",
    "position": "5",
    "source": "api",
    "external_id": "taken over",
    "paid_minor": "100000",
    "amount_minor": "1",
    "is_admin": "1",
    "is_active": "0",
    "password_hash": "x",
    "role": "admin",
    "user_id": "1",
    "by_id": "1",
    "direction": "in",
    "assignee_id": "1",
    "acceptor_id": "1",
    "accept": "0",
    "fields": '{"vip": true}',
    "read_at": "2020-01-01",
    "seq": "1",
}


def made(app: Flask, before: dict[str, list[Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows that are there now and were not before, but for what is numbered or timed."""
    now = rows(app)
    passing = {"id", "key", "seq", "token_hash", "title", "number", "entity_id", "visit_id", "deal_id", "task_id"}
    return {
        table: [
            {key: value for key, value in each._mapping.items() if key not in passing}
            for each in now[table]
            if each not in before[table]
        ]
        for table in now
    }


@pytest.mark.parametrize("form", [form for name, form in FORMS.items()], ids=FORMS)
def test_what_a_form_does_not_have_changes_nothing(app: Flask, clock: Any, form: Form) -> None:
    """Two like deals, one form with the extra columns and one without: the same becomes of both."""
    plain, laden = scene(app, title="Deal A"), scene(app, title="Deal B")
    who, outcomes = browser(app, form.who), []
    people = rows(app)["app_user"]
    for at, extra in ((plain, {}), (laden, EXTRA)):
        before = rows(app)
        sends = {key: at.fill(value) for key, value in form.sends.items()}
        sends |= {"phone": f"+7 912 000-00-{10 + at.deal}"} if "phone" in sends else {}
        sends |= {"email": f"a{at.deal}@example.com"} if "email" in sends else {}
        answer = who.post(at.fill(form.path), data={**extra, **sends})
        outcomes.append((answer.status_code, made(app, before)))
    (status, without), (same, with_extra) = outcomes
    assert (status, same) == (303, 303)
    if form.path in ("/profile", "/inbox/readings"):  # one person, not two deals
        assert form.path != "/profile" or [each for each in rows(app)["app_user"] if each not in people]
        me = [each for each in rows(app)["app_user"] if each.email == company.email(form.who)][0]
        assert (me.is_admin, me.is_active, me.password_hash[:7]) == (False, True, "$argon2")
        return
    for table in without:
        assert len(without[table]) == len(with_extra[table]), table
        for one, other in zip(without[table], with_extra[table], strict=True):
            assert {k for k in one if one[k] != other[k]} <= SAID, table


SAID = {"name", "phone", "email", "external_id", "contact_id", "new", "old", "facts", "text", "position", "definition",
        "conversation_id", "message_id", "run_id", "invoice_id", "version", "key", "unread", "config_version", "result"}
